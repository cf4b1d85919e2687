import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** x < y; false where one is NaN. */
export const lt: OpDef<"lt"> = binary({
  name: "lt",
  takes: ["f32", "i32"],
  gives: "bool",
  counts: "elementwise",
  of: (x, y) => (x < y ? 1 : 0),
  samples: [
    {
      name: "lt scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "lt of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "lt a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "lt a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "lt both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "lt a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "lt of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "lt integers",
      inputs: [
        { dtype: "i32", shape: [2, 3] },
        { dtype: "i32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "lt with ties",
      inputs: [
        { dtype: "f32", shape: [3], data: [1, 2, 3] },
        { dtype: "f32", shape: [3], data: [1, 3, 2] },
      ],
      attrs: {},
      expect: [[0, 1, 0]],
    },
  ],
});
