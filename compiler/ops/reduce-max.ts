import type { OpDef } from "./define.js";
import { extremeVjp, reduction, reductionSamples } from "./reduce.js";

/** The greatest over `axes`, which go; NaN where one is. Elements equal to it share the cotangent evenly. */
export const reduceMax: OpDef<"reduce_max"> = reduction({
  name: "reduce_max",
  start: -Infinity,
  step: (a, b) => Math.max(a, b),
  vjp: extremeVjp,
  samples: [
    ...reductionSamples("reduce_max"),
    {
      name: "reduce_max of integers",
      inputs: [{ dtype: "i32", shape: [2, 3], data: [1, 2, 3, -4, -5, -6] }],
      attrs: { axes: [1] },
      expect: [[3, -4]],
    },
    {
      name: "reduce_max with ties",
      inputs: [{ dtype: "f32", shape: [2, 3], data: [3, 1, 3, 2, 2, 2] }],
      attrs: { axes: [1] },
      expect: [[3, 2]],
    },
  ],
});
