import { Dim } from "../dim/dim.js";
import { withShape } from "./array.js";
import type { OpDef } from "./define.js";
import { operand } from "./elementwise.js";
import { elements } from "./traffic.js";

/** The same elements in row-major order under another shape; moves no bytes. */
export const reshape: OpDef<"reshape"> = {
  name: "reshape",
  infer(inputs, { shape }, check) {
    const x = operand(inputs, 0, "reshape", check);
    check.same(elements(x), Dim.product(shape), "elements before and after a reshape");
    return [{ dtype: x.dtype, shape }];
  },
  cost: () => ({}),
  vjp(b, { inputs }, [cotangent]) {
    if (!cotangent || inputs[0]!.dtype !== "f32") return [undefined];
    return [b.op("reshape", [cotangent], { shape: inputs[0]!.shape })];
  },
  evaluate: ([x], { shape }, context) => [
    withShape(
      x!,
      shape.map((d) => context.size(d)),
    ),
  ],
  samples: [
    {
      name: "reshape split",
      inputs: [{ dtype: "f32", shape: [2, 6] }],
      attrs: { shape: [2, 3, 2].map(Dim.of) },
    },
    {
      name: "reshape merge",
      inputs: [{ dtype: "f32", shape: [2, 3, 1, 2] }],
      attrs: { shape: [Dim.of(12)] },
    },
    { name: "reshape to a scalar", inputs: [{ dtype: "f32", shape: [1, 1] }], attrs: { shape: [] } },
    { name: "reshape from a scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: { shape: [Dim.one] } },
    {
      name: "reshape integers",
      inputs: [{ dtype: "i32", shape: [4] }],
      attrs: { shape: [2, 2].map(Dim.of) },
    },
    { name: "reshape flags", inputs: [{ dtype: "bool", shape: [4] }], attrs: { shape: [2, 2].map(Dim.of) } },
    {
      name: "reshape nothing",
      inputs: [{ dtype: "f32", shape: [0, 3] }],
      attrs: { shape: [2, 0].map(Dim.of) },
    },
  ],
};
