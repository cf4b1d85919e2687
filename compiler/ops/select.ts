import { broadcastArray, commonShape, emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { meet, unspread } from "./spread.js";
import { elements, traffic } from "./traffic.js";

/** (condition, then, otherwise): element by element; what is not chosen has no part in the derivative, NaN or not. */
export const select: OpDef<"select"> = {
  name: "select",
  infer(inputs, _, check) {
    const [condition, then, otherwise] = [0, 1, 2].map((i) => operand(inputs, i, "select", check));
    expectType(condition!, ["bool"], "select", check);
    check.that(then!.dtype === otherwise!.dtype, `\`select\` of ${then!.dtype} and ${otherwise!.dtype}`);
    return [{ dtype: then!.dtype, shape: meet([condition!, then!, otherwise!], check) }];
  },
  cost: (node) => ({ elementwise: elements(node.outputs[0]!), ...traffic(node) }),
  vjp(b, node, [cotangent]) {
    const [condition, then, otherwise] = node.inputs;
    if (!cotangent || then!.dtype !== "f32") return [undefined, undefined, undefined];
    const zero = b.scalar(0);
    return [
      undefined,
      unspread(b, b.op("select", [condition!, cotangent, zero], {}), then!),
      unspread(b, b.op("select", [condition!, zero, cotangent], {}), otherwise!),
    ];
  },
  evaluate([condition, then, otherwise]) {
    const shape = commonShape([condition!.shape, then!.shape, otherwise!.shape]);
    const result = emptyArray(then!.dtype, shape);
    const [c, t, o] = [condition!, then!, otherwise!].map((a) => broadcastArray(a, shape).data);
    for (let i = 0; i < result.data.length; i++) result.data[i] = c![i] ? t![i]! : o![i]!;
    return [result];
  },
  samples: [
    {
      name: "select scalars",
      inputs: [
        { dtype: "bool", shape: [] },
        { dtype: "f32", shape: [] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "select by a spread condition",
      inputs: [
        { dtype: "bool", shape: [3, 1] },
        { dtype: "f32", shape: [2, 3, 4] },
        { dtype: "f32", shape: [4] },
      ],
      attrs: {},
    },
    {
      name: "select between a tensor and a number",
      inputs: [
        { dtype: "bool", shape: [3, 4] },
        { dtype: "f32", shape: [2, 1, 3, 4] },
        { dtype: "f32", shape: [], data: [-3.4028234663852886e38] },
      ],
      attrs: {},
    },
    {
      name: "select integers, NaN left out",
      inputs: [
        { dtype: "bool", shape: [3], data: [1, 0, 1] },
        { dtype: "i32", shape: [3], data: [1, 2, 3] },
        { dtype: "i32", shape: [], data: [9] },
      ],
      attrs: {},
      expect: [[1, 9, 3]],
    },
    {
      name: "select of nothing",
      inputs: [
        { dtype: "bool", shape: [0, 2] },
        { dtype: "f32", shape: [2] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {},
    },
  ],
};
