import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";
import { unspread } from "./spread.js";

/** x to the y. The derivative by y is taken as 0 where x ≤ 0, that by x as 0 where y is 0. */
export const pow: OpDef<"pow"> = binary({
  name: "pow",
  takes: ["f32"],
  counts: "transcendental",
  of: Math.pow,
  vjp: (b, cotangent, x, y, result) => {
    const [zero, one] = [b.scalar(0), b.scalar(1)];
    const slope = b.op("mul", [y, b.op("pow", [x, b.op("sub", [y, one], {})], {})], {});
    const byX = b.op("select", [b.op("eq", [y, zero], {}), zero, slope], {});
    const positive = b.op("lt", [zero, x], {});
    const log = b.op("log", [b.op("select", [positive, x, one], {})], {});
    const byY = b.op("mul", [b.op("select", [positive, result, zero], {}), log], {});
    return [
      unspread(b, b.op("mul", [cotangent, byX], {}), x),
      unspread(b, b.op("mul", [cotangent, byY], {}), y),
    ];
  },
  samples: [
    {
      name: "pow scalars",
      inputs: [
        { dtype: "f32", shape: [], fill: "positive" },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "pow of equal shapes",
      inputs: [
        { dtype: "f32", shape: [2, 3], fill: "positive" },
        { dtype: "f32", shape: [2, 3] },
      ],
      attrs: {},
    },
    {
      name: "pow a row",
      inputs: [
        { dtype: "f32", shape: [4, 3], fill: "positive" },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "pow a column",
      inputs: [
        { dtype: "f32", shape: [4, 1], fill: "positive" },
        { dtype: "f32", shape: [4, 3] },
      ],
      attrs: {},
    },
    {
      name: "pow both spread",
      inputs: [
        { dtype: "f32", shape: [2, 1, 3], fill: "positive" },
        { dtype: "f32", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "pow a scalar",
      inputs: [
        { dtype: "f32", shape: [2, 2, 1, 3], fill: "positive" },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "pow of nothing",
      inputs: [
        { dtype: "f32", shape: [0, 3], fill: "positive" },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "pow of negative numbers",
      inputs: [
        { dtype: "f32", shape: [3], data: [-2, -1, 3] },
        { dtype: "f32", shape: [], data: [3] },
      ],
      attrs: {},
      expect: [[-8, -1, 27]],
    },
    {
      name: "pow with exponent 0",
      inputs: [
        { dtype: "f32", shape: [3], data: [0, 2, -1] },
        { dtype: "f32", shape: [3], data: [0, 0, 0] },
      ],
      attrs: {},
      expect: [[1, 1, 1]],
    },
  ],
});
