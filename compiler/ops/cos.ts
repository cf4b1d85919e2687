import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The cosine of radians. */
export const cos: OpDef<"cos"> = unary({
  name: "cos",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.cos,
  vjp: (b, cotangent, x) => b.op("neg", [b.op("mul", [cotangent, b.op("sin", [x], {})], {})], {}),
  samples: [
    { name: "cos scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "cos matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "cos rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "cos of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
  ],
});
