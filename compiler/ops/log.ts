import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The natural logarithm. */
export const log: OpDef<"log"> = unary({
  name: "log",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.log,
  vjp: (b, cotangent, x) => b.op("div", [cotangent, x], {}),
  samples: [
    { name: "log scalar", inputs: [{ dtype: "f32", shape: [], fill: "positive" }], attrs: {} },
    { name: "log matrix", inputs: [{ dtype: "f32", shape: [3, 5], fill: "positive" }], attrs: {} },
    { name: "log rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2], fill: "positive" }], attrs: {} },
    { name: "log of nothing", inputs: [{ dtype: "f32", shape: [0, 3], fill: "positive" }], attrs: {} },
    { name: "log of 1", inputs: [{ dtype: "f32", shape: [1], data: [1] }], attrs: {}, expect: [[0]] },
  ],
});
