import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** x ≤ y; false where one is NaN. */
export const le: OpDef<"le"> = binary({
  name: "le",
  takes: ["f32", "i32"],
  gives: "bool",
  counts: "elementwise",
  of: (x, y) => (x <= y ? 1 : 0),
  samples: [
    {
      name: "le scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "le of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "le a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "le a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "le both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "le a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "le of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "le integers",
      inputs: [
        { dtype: "i32", shape: [2, 3] },
        { dtype: "i32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "le with ties",
      inputs: [
        { dtype: "f32", shape: [3], data: [1, 2, 3] },
        { dtype: "f32", shape: [3], data: [1, 3, 2] },
      ],
      attrs: {},
      expect: [[1, 1, 0]],
    },
  ],
});
