import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** 1 / (1 + e^−x), without overflow on either side. */
export const logistic: OpDef<"logistic"> = unary({
  name: "logistic",
  takes: ["f32"],
  counts: "transcendental",
  of: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
  vjp: (b, cotangent, _, result) =>
    b.op("mul", [cotangent, b.op("mul", [result, b.op("sub", [b.scalar(1), result], {})], {})], {}),
  samples: [
    { name: "logistic scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "logistic matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "logistic rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "logistic of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "logistic far out",
      inputs: [{ dtype: "f32", shape: [3], data: [-1000, 0, 1000] }],
      attrs: {},
      expect: [[0, 0.5, 1]],
    },
  ],
});
