import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/x-transformers/${name}`, import.meta.url));
const spec = "test/parity/fixtures/x-transformers/models.arch";
const due = await readTensors(fixture("expected.safetensors"));
/** The peer takes shares in single precision, whatever the type of its weights. */
const tolerance = (target: string) => Math.max(toleranceOf(target), 1e-5);
const about = JSON.parse(readFileSync(fixture("about.json"), "utf8")) as {
  segments: number[];
  parameters: Readonly<Record<string, number>>;
};

describe.each([
  ["Grouped", "grouped"],
  ["Persistent", "persistent"],
  ["Only", "only"],
] as const)("%s: a decoder of x-transformers, its file read by the checkpoint", async (model, peer) => {
  const built = await buildFrom(modelOf(spec, model), fixture(`${peer}.safetensors`));
  const inputs = { input_ids: due[`${peer}.input_ids`]! };
  const logits = due[`${peer}.logits`]!;
  const length = logits.shape[1]!;

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[peer]!));
  });

  it.each(targets)(
    "gives the same logits at once and step by step: %s",
    { timeout: SLOW },
    async (target) => {
      await on(built, target, async (loaded) => {
        const { outputs } = await fullPass(loaded, inputs);
        expectNear(outputs.logits, logits, tolerance(target), "logits");
        for (const pieces of [[6, length - 6], new Array<number>(length).fill(1)]) {
          const { parts } = await inPieces(loaded, inputs, pieces);
          for (const part of parts) {
            const expected = slice(logits, 1, part.begin, part.length);
            expectNear(
              part.outputs.logits,
              expected,
              tolerance(target),
              `logits from position ${part.begin}`,
            );
          }
        }
      });
    },
  );
});

describe("a decoder of x-transformers with a memory of earlier segments", async () => {
  const built = await buildFrom(modelOf(spec, "Recurrent"), fixture("recurrent.safetensors"));
  const inputs = { input_ids: due["recurrent.input_ids"]! };

  it("has as many parameters", () => {
    expect(figure(spec, "Recurrent", "params.total")).toBe(BigInt(about.parameters.recurrent!));
  });

  it.each(targets)("gives the same logits, segment after segment: %s", { timeout: SLOW }, async (target) => {
    const { parts, states } = await on(built, target, (loaded) => inPieces(loaded, inputs, about.segments));
    expect(parts).toHaveLength(5);
    for (const { begin, length, outputs } of parts) {
      const expected = slice(due["recurrent.logits"]!, 1, begin, length);
      expectNear(outputs.logits, expected, tolerance(target), `logits from position ${begin}`);
    }
    for (const state of Object.values(states)) expect(state.shape).toEqual([2, 7, 24]);
  });
});
