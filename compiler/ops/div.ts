import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** x / y of floats. */
export const div: OpDef<"div"> = binary({
  name: "div",
  takes: ["f32"],
  counts: "elementwise",
  of: (x, y) => x / y,
  vjp: (b, cotangent, x, y, result) => {
    const over = b.op("div", [cotangent, y], {});
    return [unspread(b, over, x), b.op("neg", [unspread(b, b.op("mul", [over, result], {}), y)], {})];
  },
  samples: [
    {
      name: "div scalars",
      inputs: [
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [2, 3], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div a row",
      inputs: [
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [3], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div a column",
      inputs: [
        { dtype: "f32", shape: [4, 1] },
        { dtype: "f32", shape: [4, 3], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3] },
        { dtype: "f32", shape: [4, 1], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3] },
        { dtype: "f32", shape: [], fill: "positive" },
      ],
      attrs: {},
    },
    {
      name: "div of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3] },
        { dtype: "f32", shape: [3], fill: "positive" },
      ],
      attrs: {},
    },
  ],
});
