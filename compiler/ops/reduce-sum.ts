import type { OpDef } from "./define.js";
import { reduction, reductionSamples, respread } from "./reduce.js";

/** Sums over `axes`, which go; the sum of nothing is 0. */
export const reduceSum: OpDef<"reduce_sum"> = reduction({
  name: "reduce_sum",
  start: 0,
  step: (total, next) => total + next,
  vjp: (b, cotangent, x, _, axes) => respread(b, cotangent, x, axes),
  samples: [
    ...reductionSamples("reduce_sum"),
    {
      name: "reduce_sum of integers",
      inputs: [{ dtype: "i32", shape: [2, 3], data: [1, 2, 3, -4, -5, -6] }],
      attrs: { axes: [1] },
      expect: [[6, -15]],
    },
    {
      name: "reduce_sum of nothing",
      inputs: [{ dtype: "f32", shape: [2, 0] }],
      attrs: { axes: [1] },
      expect: [[0, 0]],
    },
  ],
});
