import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** The lesser of x and y; NaN where one is. Among equals the whole cotangent goes to x. */
export const minimum: OpDef<"minimum"> = binary({
  name: "minimum",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: Math.min,
  vjp: (b, cotangent, x, y) => {
    const first = b.op("le", [x, y], {});
    const zero = b.scalar(0);
    return [
      unspread(b, b.op("select", [first, cotangent, zero], {}), x),
      unspread(b, b.op("select", [first, zero, cotangent], {}), y),
    ];
  },
  samples: [
    {
      name: "minimum scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "minimum of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "minimum a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "minimum a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "minimum both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "minimum a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "minimum of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "minimum integers",
      inputs: [
        { dtype: "i32", shape: [3], data: [1, -2, 7] },
        { dtype: "i32", shape: [], data: [3] },
      ],
      attrs: {},
      expect: [[1, -2, 3]],
    },
    {
      name: "minimum with ties",
      inputs: [
        { dtype: "f32", shape: [3], data: [1, 2, 3] },
        { dtype: "f32", shape: [3], data: [1, 3, 2] },
      ],
      attrs: {},
      expect: [[1, 2, 2]],
    },
  ],
});
