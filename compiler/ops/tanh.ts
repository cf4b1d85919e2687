import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The hyperbolic tangent. */
export const tanh: OpDef<"tanh"> = unary({
  name: "tanh",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.tanh,
  vjp: (b, cotangent, _, result) =>
    b.op("mul", [cotangent, b.op("sub", [b.scalar(1), b.op("mul", [result, result], {})], {})], {}),
  samples: [
    { name: "tanh scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "tanh matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "tanh rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "tanh of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "tanh far out",
      inputs: [{ dtype: "f32", shape: [3], data: [-100, 0, 100] }],
      attrs: {},
      expect: [[-1, 0, 1]],
    },
  ],
});
