import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** The greater of x and y; NaN where one is. Among equals the whole cotangent goes to x. */
export const maximum: OpDef<"maximum"> = binary({
  name: "maximum",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: Math.max,
  vjp: (b, cotangent, x, y) => {
    const first = b.op("le", [y, x], {});
    const zero = b.scalar(0);
    return [
      unspread(b, b.op("select", [first, cotangent, zero], {}), x),
      unspread(b, b.op("select", [first, zero, cotangent], {}), y),
    ];
  },
  samples: [
    {
      name: "maximum scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "maximum of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "maximum a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "maximum a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "maximum both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "maximum a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "maximum of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "maximum integers",
      inputs: [
        { dtype: "i32", shape: [3], data: [1, -2, 7] },
        { dtype: "i32", shape: [], data: [3] },
      ],
      attrs: {},
      expect: [[3, 3, 7]],
    },
    {
      name: "maximum with ties",
      inputs: [
        { dtype: "f32", shape: [3], data: [1, 2, 3] },
        { dtype: "f32", shape: [3], data: [1, 3, 2] },
      ],
      attrs: {},
      expect: [[1, 3, 3]],
    },
  ],
});
