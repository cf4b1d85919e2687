import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/reformer/${name}`, import.meta.url));
const spec = "test/parity/fixtures/reformer/models.arch";
const expected = await readTensors(fixture("expected.safetensors"));
const about = JSON.parse(readFileSync(fixture("about.json"), "utf8")) as {
  parameters: Readonly<Record<string, number>>;
};

/** Both sides hash by the same rotations, and no position is near a bucket's border, so that all sort alike. */
const runs = [
  { model: "Local", peer: "local" },
  { model: "Lsh", peer: "lsh" },
  { model: "Factored", peer: "factored" },
  { model: "Mixed", peer: "mixed" },
  { model: "MixedApart", peer: "mixed" },
  { model: "Encoder", peer: "encoder" },
] as const;

describe.each(runs)("$model: a Reformer of Python's transformers", async ({ model, peer }) => {
  const built = await buildFrom(modelOf(spec, model), fixture(`${peer}.safetensors`));

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[peer]!));
  });

  it.each(targets)("gives the same logits, whatever the length: %s", { timeout: SLOW }, async (target) => {
    await on(built, target, async (loaded) => {
      for (const length of [40, 27, 5]) {
        const { outputs } = await fullPass(loaded, {
          input_ids: expected[`${peer}.${length}.input_ids`]!,
        });
        const due = expected[`${peer}.${length}.logits`]!;
        expectNear(outputs.logits, due, toleranceOf(target), `logits of ${length} tokens`);
      }
    });
  });
});

describe.each([
  ["MixedPadded", "mixed"],
  ["EncoderPadded", "encoder"],
] as const)("%s: a Reformer of Python's transformers over a batch with padding", async (model, peer) => {
  const built = await buildFrom(modelOf(spec, model), fixture(`${peer}.safetensors`));
  const inputs: Tensors = {
    input_ids: expected[`${peer}.padded.input_ids`]!,
    attention_mask: expected[`${peer}.padded.attention_mask`]!,
  };

  it.each(targets)("gives the same logits: %s", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (loaded) => fullPass(loaded, inputs));
    // What stands at padding means nothing: each sequence's tokens alone.
    for (const [row, real] of [40, 29].entries()) {
      const tokens = (logits: Tensors[string]) => slice(slice(logits, 0, row, 1), 1, 0, real);
      const due = tokens(expected[`${peer}.padded.logits`]!);
      expectNear(tokens(outputs.logits!), due, toleranceOf(target), `logits of sequence ${row}`);
    }
  });
});

describe.each([
  ["Lucidrains", "lucidrains"],
  ["LucidrainsWithin", "lucidrains-within"],
] as const)("%s: a Reformer of reformer-pytorch", async (model, peer) => {
  const built = await buildFrom(modelOf(spec, model), fixture(`${peer}.safetensors`));

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[peer]!));
  });

  it.each(targets)("gives the same logits: %s", { timeout: SLOW }, async (target) => {
    const inputs = { input_ids: expected[`${peer}.input_ids`]! };
    const { outputs } = await on(built, target, (loaded) => fullPass(loaded, inputs));
    // Keys are of length 1 but for 1e-6 under the root there, nothing under it here: 1e-5 of a score.
    expectNear(outputs.logits, expected[`${peer}.logits`]!, Math.max(toleranceOf(target), 5e-5), "logits");
  });
});

describe("a Reformer of local layers decodes as it computes at once", async () => {
  const built = await buildFrom(modelOf(spec, "Local"), fixture("local.safetensors"));
  const inputs = { input_ids: expected["local.40.input_ids"]! };

  it.each(targets)("in pieces and token by token: %s", { timeout: SLOW }, async (target) => {
    for (const pieces of [[13, 1, 9, 17], new Array<number>(40).fill(1)]) {
      const { parts, states } = await on(built, target, (loaded) => inPieces(loaded, inputs, pieces));
      for (const { begin, length, outputs } of parts) {
        const due = slice(expected["local.40.logits"]!, 1, begin, length);
        expectNear(outputs.logits, due, toleranceOf(target), `logits from position ${begin}`);
      }
      // Two chunks before the token's own, whose first token has none beside it.
      for (const state of Object.values(states)) expect(state.shape).toEqual([2, 2, 23, 8]);
    }
  });
});
