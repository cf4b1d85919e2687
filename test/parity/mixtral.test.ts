import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { exported } from "./exported.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("mixtral.json"), "utf8")) as { parameters: number };
const due = await readTensors(fixture("mixtral.expected.safetensors"));
const file = fixture("mixtral.weights.safetensors");
const spec = "test/parity/fixtures/mixtral.arch";
const built = await buildFrom(modelOf(spec, "SmallMixtral"), file);

describe("a Mixtral of Python's transformers, its file read by the checkpoint", () => {
  it("has as many parameters, of which a token uses 2 of 5 experts and one row of the embedding", () => {
    const total = BigInt(about.parameters);
    expect(figure(spec, "SmallMixtral", "params.total")).toBe(total);
    const unused = 2n * 3n * 3n * 32n * 24n + 127n * 32n;
    const at = { batch: 3n, seq: 64n };
    expect(figure(spec, "SmallMixtral", "params.active", at)).toBe(total - unused);
  });

  it.each(targets)("gives the same logits: %s", async (target) => {
    const { outputs } = await on(built, target, (model) => fullPass(model, { input_ids: due.input_ids! }));
    // The peer takes norms, angles and shares in single precision, whatever the type of its weights.
    expectNear(outputs.logits, due.logits!, Math.max(toleranceOf(target), 1e-5), "logits");
  });

  it.each(targets)("gives the same logits one token at a time: %s", { timeout: SLOW }, async (target) => {
    const inputs = { input_ids: due.input_ids! };
    const ones = new Array<number>(inputs.input_ids.shape[1]!).fill(1);
    const { parts } = await on(built, target, (model) => inPieces(model, inputs, ones));
    for (const { begin, outputs } of parts) {
      const wanted = slice(due.logits!, 1, begin, 1);
      expectNear(outputs.logits, wanted, Math.max(toleranceOf(target), 1e-5), `logits of position ${begin}`);
    }
  });

  it("comes back as it was, a tensor for each expert", async () => {
    expect(await exported(built)).toEqual(await readTensors(file));
  });
});
