import { beforeAll, describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { modelOf } from "./models.js";
import { expectNear } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { stirred } from "./stirred.js";
import { type Built, buildWith, on, SLOW, targets, toleranceOf } from "./targets.js";

/*
 * Attention where some rows see nothing at all: a sequence that is padding from end to end, and one that is padded on
 * the left, whose first positions see no token where attention is causal. WebGPU's softmax gives NaN for such a row if
 * it is masked by the least of all numbers.
 */

const LENGTH = 6;
const masks = [
  [0, 0, 0, 0, 0, 0],
  [0, 0, 1, 1, 1, 1],
  [1, 1, 1, 1, 1, 0],
];

const whole = (data: readonly number[]): HostTensor => ({
  dtype: "i32",
  shape: [masks.length, LENGTH],
  data: Int32Array.from(data),
});
const ids = masks.flat().map((_, i) => (i * 13 + 5) % 50);

describe.each([
  { spec: "specs/small-family.arch", model: "TinyLlamaLike", more: {} },
  {
    spec: "test/parity/fixtures/bert.arch",
    model: "SmallBert",
    more: { token_type_ids: whole(ids.map((id) => id % 2)) },
  },
])("rows that see nothing: $model", ({ spec, model: name, more }) => {
  const inputs: Tensors = { input_ids: whole(ids), attention_mask: whole(masks.flat()), ...more };
  let built: Built;
  let due: Tensors;

  beforeAll(async () => {
    built = await buildWith(modelOf(spec, name), stirred);
    due = (await on(built, "reference", (model) => fullPass(model, inputs))).outputs;
  });

  it.each(targets)("are finite, and the reference's: %s", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (model) => fullPass(model, inputs));
    for (const [output, expected] of Object.entries(due)) {
      expect(outputs[output]!.data.every(Number.isFinite), output).toBe(true);
      expectNear(outputs[output], expected, toleranceOf(target), output);
    }
  });
});
