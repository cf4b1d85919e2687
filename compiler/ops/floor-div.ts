import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** ⌊x / y⌋ of integers, towards minus infinity; undefined where y is 0. */
export const floorDiv: OpDef<"floor_div"> = binary({
  name: "floor_div",
  takes: ["i32"],
  counts: "elementwise",
  of: (x, y) => Math.floor(x / y),
  samples: [
    {
      name: "floor_div of all signs",
      inputs: [
        { dtype: "i32", shape: [6], data: [7, -7, 7, -7, 6, 0] },
        { dtype: "i32", shape: [6], data: [2, 2, -2, -2, 3, 5] },
      ],
      attrs: {},
      expect: [[3, -4, -4, 3, 2, 0]],
    },
    {
      name: "floor_div by a row",
      inputs: [
        { dtype: "i32", shape: [4, 3] },
        { dtype: "i32", shape: [3], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "floor_div by a scalar",
      inputs: [
        { dtype: "i32", shape: [2, 1, 3] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "floor_div scalars",
      inputs: [
        { dtype: "i32", shape: [] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "floor_div of nothing",
      inputs: [
        { dtype: "i32", shape: [0] },
        { dtype: "i32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
  ],
});
