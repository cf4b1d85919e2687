import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** |x|; the derivative at 0 is 0. */
export const abs: OpDef<"abs"> = unary({
  name: "abs",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: Math.abs,
  vjp: (b, cotangent, x) => b.op("mul", [cotangent, b.op("sign", [x], {})], {}),
  samples: [
    { name: "abs scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "abs matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "abs rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "abs of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "abs integers",
      inputs: [{ dtype: "i32", shape: [4], data: [0, 3, -7, -2147483647] }],
      attrs: {},
      expect: [[0, 3, 7, 2147483647]],
    },
    {
      name: "abs at 0",
      inputs: [{ dtype: "f32", shape: [3], data: [-1.5, 0, 2] }],
      attrs: {},
      expect: [[1.5, 0, 2]],
    },
  ],
});
