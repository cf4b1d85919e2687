import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** One over the square root. */
export const rsqrt: OpDef<"rsqrt"> = unary({
  name: "rsqrt",
  takes: ["f32"],
  counts: "transcendental",
  of: (x) => 1 / Math.sqrt(x),
  vjp: (b, cotangent, _, result) => {
    const cube = b.op("mul", [b.op("mul", [result, result], {}), result], {});
    return b.op("mul", [b.op("mul", [cotangent, b.scalar(-0.5)], {}), cube], {});
  },
  samples: [
    { name: "rsqrt scalar", inputs: [{ dtype: "f32", shape: [], fill: "positive" }], attrs: {} },
    { name: "rsqrt matrix", inputs: [{ dtype: "f32", shape: [3, 5], fill: "positive" }], attrs: {} },
    { name: "rsqrt rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2], fill: "positive" }], attrs: {} },
    { name: "rsqrt of nothing", inputs: [{ dtype: "f32", shape: [0, 3], fill: "positive" }], attrs: {} },
    {
      name: "rsqrt of squares",
      inputs: [{ dtype: "f32", shape: [3], data: [1, 4, 0.25] }],
      attrs: {},
      expect: [[1, 0.5, 2]],
    },
  ],
});
