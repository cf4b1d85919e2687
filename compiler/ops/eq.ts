import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** x = y; false where one is NaN. */
export const eq: OpDef<"eq"> = binary({
  name: "eq",
  takes: ["f32", "i32", "bool"],
  gives: "bool",
  counts: "elementwise",
  of: (x, y) => (x === y ? 1 : 0),
  samples: [
    {
      name: "eq scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "eq of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "eq a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "eq a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "eq both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "eq a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "eq of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "eq integers",
      inputs: [
        { dtype: "i32", shape: [2, 3] },
        { dtype: "i32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "eq with ties",
      inputs: [
        { dtype: "f32", shape: [3], data: [1, 2, 3] },
        { dtype: "f32", shape: [3], data: [1, 3, 2] },
      ],
      attrs: {},
      expect: [[1, 0, 0]],
    },
    {
      name: "eq of flags",
      inputs: [
        { dtype: "bool", shape: [2, 2], data: [0, 0, 1, 1] },
        { dtype: "bool", shape: [2, 2], data: [0, 1, 0, 1] },
      ],
      attrs: {},
      expect: [[1, 0, 0, 1]],
    },
  ],
});
