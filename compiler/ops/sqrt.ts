import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The square root. */
export const sqrt: OpDef<"sqrt"> = unary({
  name: "sqrt",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.sqrt,
  vjp: (b, cotangent, _, result) => b.op("div", [b.op("mul", [cotangent, b.scalar(0.5)], {}), result], {}),
  samples: [
    { name: "sqrt scalar", inputs: [{ dtype: "f32", shape: [], fill: "positive" }], attrs: {} },
    { name: "sqrt matrix", inputs: [{ dtype: "f32", shape: [3, 5], fill: "positive" }], attrs: {} },
    { name: "sqrt rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2], fill: "positive" }], attrs: {} },
    { name: "sqrt of nothing", inputs: [{ dtype: "f32", shape: [0, 3], fill: "positive" }], attrs: {} },
    {
      name: "sqrt of squares",
      inputs: [{ dtype: "f32", shape: [4], data: [1, 4, 9, 0.25] }],
      attrs: {},
      expect: [[1, 2, 3, 0.5]],
    },
  ],
});
