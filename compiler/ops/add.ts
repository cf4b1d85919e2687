import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** x + y. */
export const add: OpDef<"add"> = binary({
  name: "add",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: (x, y) => x + y,
  vjp: (b, cotangent, x, y) => [unspread(b, cotangent, x), unspread(b, cotangent, y)],
  samples: [
    {
      name: "add scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "add of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "add a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "add a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "add both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "add a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "add of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "add integers",
      inputs: [
        { dtype: "i32", shape: [3], data: [1, -2, 2147483646] },
        { dtype: "i32", shape: [], data: [1] },
      ],
      attrs: {},
      expect: [[2, -1, 2147483647]],
    },
  ],
});
