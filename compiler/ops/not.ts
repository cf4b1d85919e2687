import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** Yes for no. */
export const not: OpDef<"not"> = unary({
  name: "not",
  takes: ["bool"],
  counts: "elementwise",
  of: (x) => 1 - x,
  samples: [
    {
      name: "not of both",
      inputs: [{ dtype: "bool", shape: [2], data: [0, 1] }],
      attrs: {},
      expect: [[1, 0]],
    },
    { name: "not scalar", inputs: [{ dtype: "bool", shape: [] }], attrs: {} },
    { name: "not rank 4", inputs: [{ dtype: "bool", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "not of nothing", inputs: [{ dtype: "bool", shape: [0] }], attrs: {} },
  ],
});
