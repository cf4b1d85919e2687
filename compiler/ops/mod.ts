import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** x − y · ⌊x / y⌋ of integers: the sign of the divisor; undefined where y is 0. */
export const mod: OpDef<"mod"> = binary({
  name: "mod",
  takes: ["i32"],
  counts: "elementwise",
  of: (x, y) => x - y * Math.floor(x / y),
  samples: [
    {
      name: "mod of all signs",
      inputs: [
        { dtype: "i32", shape: [6], data: [7, -7, 7, -7, 6, 0] },
        { dtype: "i32", shape: [6], data: [2, 2, -2, -2, 3, 5] },
      ],
      attrs: {},
      expect: [[1, 1, -1, -1, 0, 0]],
    },
    {
      name: "mod by a row",
      inputs: [
        { dtype: "i32", shape: [4, 3] },
        { dtype: "i32", shape: [3], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "mod by a scalar",
      inputs: [
        { dtype: "i32", shape: [2, 1, 3] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "mod scalars",
      inputs: [
        { dtype: "i32", shape: [] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "mod of nothing",
      inputs: [
        { dtype: "i32", shape: [0] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
  ],
});
