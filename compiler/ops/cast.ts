import { emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { operand } from "./elementwise.js";
import { elements, traffic } from "./traffic.js";

/** To another dtype: floats truncate to integers, flags are 0 and 1, to a flag is `!= 0`. */
export const cast: OpDef<"cast"> = {
  name: "cast",
  infer(inputs, { to }, check) {
    return [{ dtype: to, shape: operand(inputs, 0, "cast", check).shape }];
  },
  cost: (node) => ({ elementwise: elements(node.outputs[0]!), ...traffic(node) }),
  vjp: (_, { inputs, attrs }, [cotangent]) => [
    inputs[0]!.dtype === "f32" && attrs.to === "f32" ? cotangent : undefined,
  ],
  evaluate([x], { to }) {
    const result = emptyArray(to, x!.shape);
    for (let i = 0; i < result.data.length; i++) {
      const value = x!.data[i]!;
      result.data[i] = to === "f32" ? value : to === "i32" ? Math.trunc(value) : Number(value !== 0);
    }
    return [result];
  },
  samples: [
    {
      name: "cast truncates",
      inputs: [{ dtype: "f32", shape: [5], data: [-1.75, -0.5, 0, 0.5, 2.75] }],
      attrs: { to: "i32" },
      expect: [[-1, 0, 0, 0, 2]],
    },
    {
      name: "cast integers to floats",
      inputs: [{ dtype: "i32", shape: [2, 2], data: [1, -2, 0, 7] }],
      attrs: { to: "f32" },
      expect: [[1, -2, 0, 7]],
    },
    {
      name: "cast flags to floats",
      inputs: [{ dtype: "bool", shape: [2], data: [0, 1] }],
      attrs: { to: "f32" },
      expect: [[0, 1]],
    },
    {
      name: "cast flags to integers",
      inputs: [{ dtype: "bool", shape: [2], data: [0, 1] }],
      attrs: { to: "i32" },
      expect: [[0, 1]],
    },
    {
      name: "cast floats to flags",
      inputs: [{ dtype: "f32", shape: [4], data: [-0.5, 0, 0.25, 3] }],
      attrs: { to: "bool" },
      expect: [[1, 0, 1, 1]],
    },
    {
      name: "cast integers to flags",
      inputs: [{ dtype: "i32", shape: [3], data: [-1, 0, 256] }],
      attrs: { to: "bool" },
      expect: [[1, 0, 1]],
    },
    { name: "cast floats to floats", inputs: [{ dtype: "f32", shape: [2, 1, 3] }], attrs: { to: "f32" } },
    { name: "cast scalar", inputs: [{ dtype: "i32", shape: [] }], attrs: { to: "f32" } },
  ],
};
