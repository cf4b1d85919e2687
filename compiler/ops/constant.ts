import { Dim } from "../dim/dim.js";
import { arrayOf, countOf } from "./array.js";
import type { OpDef } from "./define.js";

/** Numbers known now. They are part of the program, so that running it moves no bytes. */
export const constant: OpDef<"constant"> = {
  name: "constant",
  infer(_, { dtype, shape, data }, check) {
    check.that(data.length === countOf(shape), `${data.length} numbers for a shape of ${countOf(shape)}`);
    return [{ dtype, shape: shape.map((n) => Dim.of(n)) }];
  },
  cost: () => ({}),
  vjp: () => [],
  evaluate: (_, { dtype, shape, data }) => [arrayOf(dtype, shape, data)],
  samples: [
    {
      name: "constant scalar",
      inputs: [],
      attrs: { dtype: "f32", shape: [], data: [0.5] },
      expect: [[0.5]],
    },
    {
      name: "constant lowest",
      inputs: [],
      attrs: { dtype: "f32", shape: [1], data: [-3.4028234663852886e38] },
      expect: [[-3.4028234663852886e38]],
    },
    {
      name: "constant integers",
      inputs: [],
      attrs: { dtype: "i32", shape: [2, 2], data: [1, -2, 3, 2147483647] },
      expect: [[1, -2, 3, 2147483647]],
    },
    {
      name: "constant flags",
      inputs: [],
      attrs: { dtype: "bool", shape: [2], data: [1, 0] },
      expect: [[1, 0]],
    },
    { name: "constant nothing", inputs: [], attrs: { dtype: "f32", shape: [0], data: [] }, expect: [[]] },
  ],
};
