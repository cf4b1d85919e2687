import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** x · y. */
export const mul: OpDef<"mul"> = binary({
  name: "mul",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: (x, y) => x * y,
  vjp: (b, cotangent, x, y) => [
    unspread(b, b.op("mul", [cotangent, y], {}), x),
    unspread(b, b.op("mul", [cotangent, x], {}), y),
  ],
  samples: [
    {
      name: "mul scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "mul of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "mul a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "mul a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "mul both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "mul a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "mul of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "mul integers",
      inputs: [
        { dtype: "i32", shape: [3], data: [1, -2, 7] },
        { dtype: "i32", shape: [], data: [3] },
      ],
      attrs: {},
      expect: [[3, -6, 21]],
    },
  ],
});
