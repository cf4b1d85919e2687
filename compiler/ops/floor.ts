import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** The greatest whole number not above x, still a float; no derivative. */
export const floor: OpDef<"floor"> = unary({
  name: "floor",
  takes: ["f32"],
  counts: "elementwise",
  of: Math.floor,
  samples: [
    { name: "floor scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "floor matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "floor rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "floor of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "floor of both signs",
      inputs: [{ dtype: "f32", shape: [5], data: [-1.5, -1, -0.25, 1.75, 2] }],
      attrs: {},
      expect: [[-2, -1, -1, 1, 2]],
    },
  ],
});
