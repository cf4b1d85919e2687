import type { OpDef } from "./define.js";
import { extremeVjp, reduction, reductionSamples } from "./reduce.js";

/** The least over `axes`, which go; NaN where one is. Elements equal to it share the cotangent evenly. */
export const reduceMin: OpDef<"reduce_min"> = reduction({
  name: "reduce_min",
  start: Infinity,
  step: (a, b) => Math.min(a, b),
  vjp: extremeVjp,
  samples: [
    ...reductionSamples("reduce_min"),
    {
      name: "reduce_min of integers",
      inputs: [{ dtype: "i32", shape: [2, 3], data: [1, 2, 3, -4, -5, -6] }],
      attrs: { axes: [1] },
      expect: [[1, -6]],
    },
    {
      name: "reduce_min with ties",
      inputs: [{ dtype: "f32", shape: [2, 3], data: [3, 1, 3, 2, 2, 2] }],
      attrs: { axes: [1] },
      expect: [[1, 2]],
    },
  ],
});
