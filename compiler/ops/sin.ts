import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The sine of radians. */
export const sin: OpDef<"sin"> = unary({
  name: "sin",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.sin,
  vjp: (b, cotangent, x) => b.op("mul", [cotangent, b.op("cos", [x], {})], {}),
  samples: [
    { name: "sin scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "sin matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "sin rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "sin of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
  ],
});
