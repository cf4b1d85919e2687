import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";

/** −x. */
export const neg: OpDef<"neg"> = unary({
  name: "neg",
  takes: ["f32", "i32"],
  counts: "elementwise",
  of: (x) => 0 - x,
  vjp: (b, cotangent) => b.op("neg", [cotangent], {}),
  samples: [
    { name: "neg scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "neg matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "neg rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "neg of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "neg integers",
      inputs: [{ dtype: "i32", shape: [4], data: [0, 3, -7, 2147483647] }],
      attrs: {},
      expect: [[0, -3, 7, -2147483647]],
    },
  ],
});
