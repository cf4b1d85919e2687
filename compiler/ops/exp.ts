import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** e to the x. */
export const exp: OpDef<"exp"> = unary({
  name: "exp",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.exp,
  vjp: (b, cotangent, _, result) => b.op("mul", [cotangent, result], {}),
  samples: [
    { name: "exp scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "exp matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "exp rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "exp of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "exp of very little",
      inputs: [{ dtype: "f32", shape: [3], data: [-3.4028234663852886e38, -1000, 0] }],
      attrs: {},
      expect: [[0, 0, 1]],
    },
  ],
});
