import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { present } from "../runtime/present.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { stirred } from "./stirred.js";
import { type Built, buildFrom, buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("perceiver.json"), "utf8")) as {
  parameters: Record<string, number>;
};
const spec = "test/parity/fixtures/perceiver.arch";
const small = "specs/small-perceiver.arch";

describe.each([
  ["lm", "SmallPerceiverLm", ["input_ids", "attention_mask"]],
  ["image", "SmallPerceiverImage", ["pixel_values"]],
])("a Perceiver IO of Python's transformers, its file read by the checkpoint: %s", (name, model, given) => {
  let built: Built;
  let due: Tensors;
  let inputs: Tensors;

  beforeAll(async () => {
    built = await buildFrom(modelOf(spec, model), fixture(`perceiver-${name}.weights.safetensors`));
    due = await readTensors(fixture(`perceiver-${name}.expected.safetensors`));
    inputs = Object.fromEntries(given.map((input) => [input, due[input]!]));
  });

  it("has as many parameters", () => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[name]!));
  });

  it.each(targets)("gives the same logits: %s", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (run) => fullPass(run, inputs));
    // The peer takes angles in single precision, whatever the type of its weights.
    expectNear(outputs.logits, due.logits!, Math.max(toleranceOf(target), 1e-4), "logits");
  });
});

describe("small Perceivers", () => {
  const images = { pixel_values: wave([2, 8, 8, 3]) };
  it.each([
    ["TinyPerceiver", { inputs: wave([2, 11, 16]) }],
    ["TinyPerceiverImage", images],
    ["TinyPerceiverConv", images],
  ])("are one model everywhere: %s", { timeout: SLOW }, async (model, inputs) => {
    const built = await buildWith(modelOf(small, model), stirred);
    const due = await on(built, "reference", (run) => fullPass(run, inputs));
    for (const target of targets.filter((t) => t !== "reference")) {
      const { outputs } = await on(built, target, (run) => fullPass(run, inputs));
      for (const [output, tensor] of Object.entries(due.outputs))
        expectNear(outputs[output], tensor, toleranceOf(target), `${output} on ${target}`);
    }
  });

  it("read what the mask leaves, and nothing behind it", async () => {
    const built = await buildWith(modelOf(small, "TinyPerceiverLm"), stirred);
    const run = (ids: readonly number[], mask: readonly number[]) =>
      on(built, "reference", (model) =>
        fullPass(model, {
          input_ids: { dtype: "i32", shape: [1, 4], data: Int32Array.from(ids) },
          attention_mask: { dtype: "i32", shape: [1, 4], data: Int32Array.from(mask) },
        }),
      );
    const kept = [1, 1, 1, 0];
    const first = (await run([3, 9, 27, 5], kept)).outputs.logits!;
    expect((await run([3, 9, 27, 6], kept)).outputs.logits).toEqual(first);
    const seen = (await run([3, 9, 28, 5], kept)).outputs.logits!;
    for (let position = 0; position < 4; position++)
      expect(slice(seen, 1, position, 1)).not.toEqual(slice(first, 1, position, 1));
  });

  it("run their stack again with the same weights: more work, no more parameters or blocks", () => {
    const flops = (model: string) => figure(spec, model, "flops.forward", { seq: 11n });
    const [once, twice, thrice] = ["PerceiverOnce", "PerceiverTwice", "PerceiverThrice"].map(flops);
    expect(twice! - once!).toBe(thrice! - twice!);
    // Two blocks of six latents: four projections of 32 x 32, 6 x 6 x 32 twice, a feed-forward of 2 x 32 x 32.
    expect(twice! - once!).toBe(2n * 2n * (6n * 4n * 32n * 32n + 2n * 6n * 6n * 32n + 6n * 2n * 32n * 32n));
    expect(figure(spec, "PerceiverOnce", "params.total")).toBe(
      figure(spec, "PerceiverThrice", "params.total"),
    );
    expect(modelOf(spec, "PerceiverThrice").blocks.map((b) => b.path)).toEqual(["blocks.0", "blocks.1"]);
  });
});

for (const { name, backend, absent } of await present()) {
  if (!backend) console.warn(`${small} is not run on \`${name}\`: ${absent}`);
}

function wave(shape: readonly number[]) {
  const size = shape.reduce((a, b) => a * b, 1);
  return {
    dtype: "f32" as const,
    shape,
    data: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 0.7)),
  };
}
