import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** −1, 0 or 1; no derivative. */
export const sign: OpDef<"sign"> = unary({
  name: "sign",
  takes: ["f32"],
  counts: "elementwise",
  of: Math.sign,
  samples: [
    { name: "sign scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "sign matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "sign rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "sign of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "sign at 0",
      inputs: [{ dtype: "f32", shape: [3], data: [-1.5, 0, 2] }],
      attrs: {},
      expect: [[-1, 0, 1]],
    },
  ],
});
