import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** x − y. */
export const sub: OpDef<"sub"> = binary({
  name: "sub",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: (x, y) => x - y,
  vjp: (b, cotangent, x, y) => [unspread(b, cotangent, x), b.op("neg", [unspread(b, cotangent, y)], {})],
  samples: [
    {
      name: "sub scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "sub of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "sub a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "sub a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "sub both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "sub a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "sub of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "sub integers",
      inputs: [
        { dtype: "i32", shape: [3], data: [1, -2, 7] },
        { dtype: "i32", shape: [], data: [3] },
      ],
      attrs: {},
      expect: [[-2, -5, 4]],
    },
  ],
});
