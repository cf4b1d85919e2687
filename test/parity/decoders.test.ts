import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { exported } from "./exported.js";
import { figure, modelOf, service } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

/** Models of decoders.arch, and the files that tools/fixtures/decoders.py wrote for them. */
const families = [
  ["SmallLlama3", "llama3"],
  ["SmallMistral", "mistral"],
  ["SmallQwen2", "qwen2"],
  ["SmallQwen3", "qwen3"],
  ["SmallQwen3Moe", "qwen3_moe"],
  ["SmallQwen2Moe", "qwen2_moe"],
  ["SmallGemma", "gemma"],
  ["SmallGemma2", "gemma2"],
  ["SmallOlmo2", "olmo2"],
  ["SmallOlmoe", "olmoe"],
  ["SmallPhi", "phi"],
  ["SmallPhi3", "phi3"],
  ["SmallNeox", "neox"],
  ["SmallGptJ", "gptj"],
  ["SmallBloom", "bloom"],
  ["SmallMpt", "mpt"],
  ["SmallFalcon", "falcon"],
  ["SmallFalconNew", "falcon_new"],
] as const;

const spec = "test/parity/fixtures/decoders.arch";
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/decoders/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("decoders.json"), "utf8")) as {
  parameters: Readonly<Record<string, number>>;
  padded: number;
  pieces: readonly number[];
};

/** Peers take norms, angles and routers in single precision, whatever the type of their weights. */
const within = (target: string) => Math.max(toleranceOf(target), 1e-5);

it("holds every model of the spec", () => {
  expect(service.models(spec)).toEqual(families.map(([model]) => model));
});

describe.each(families)("%s, with the file of Python's transformers", async (model, name) => {
  const due = await readTensors(fixture(`${name}.expected.safetensors`));
  const file = fixture(`${name}.weights.safetensors`);
  const built = await buildFrom(modelOf(spec, model), file);
  const inputs = { input_ids: due.input_ids!, attention_mask: due.attention_mask! };

  /** Logits of positions from `begin` on. The second row begins with padding, where they mean nothing. */
  const expectTokens = (logits: HostTensor | undefined, begin: number, target: string) => {
    const length = logits?.shape[1] ?? 0;
    const wanted = slice(due.logits!, 1, begin, length);
    const skipped = Math.min(length, Math.max(0, about.padded - begin));
    for (const [row, from] of [
      [0, 0],
      [1, skipped],
    ] as const) {
      const part = (t: HostTensor) => slice(slice(t, 0, row, 1), 1, from, length - from);
      expectNear(part(logits!), part(wanted), within(target), `logits of row ${row} from ${begin + from} on`);
    }
  };

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[name]!));
  });

  it.each(targets)("gives the same logits in one pass: %s", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (m) => fullPass(m, inputs));
    expectTokens(outputs.logits, 0, target);
  });

  it.each(targets)("gives the same logits from its cache: %s", { timeout: SLOW }, async (target) => {
    const { parts } = await on(built, target, (m) => inPieces(m, inputs, about.pieces));
    expect(parts).toHaveLength(about.pieces.length);
    for (const { begin, outputs } of parts) expectTokens(outputs.logits, begin, target);
  });

  it("comes back as it was", async () => {
    const ours: Record<string, HostTensor> = { ...(await exported(built)) };
    const theirs = await readTensors(file);
    // A file of tied weights has the table once; an export writes each of its names.
    if (!("lm_head.weight" in theirs)) delete ours["lm_head.weight"];
    expect(ours).toEqual(theirs);
  });
});
