import { Dim } from "../dim/dim.js";
import { transposeArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { operand } from "./elementwise.js";
import { traffic } from "./traffic.js";

/** Axes in another order: axis i of the result is axis perm[i]. */
export const transpose: OpDef<"transpose"> = {
  name: "transpose",
  infer(inputs, { perm }, check) {
    const x = operand(inputs, 0, "transpose", check);
    const sorted = [...perm].sort((a, b) => a - b);
    check.that(
      perm.length === x.shape.length && sorted.every((axis, i) => axis === i),
      `[${perm}] does not order ${x.shape.length} axes`,
    );
    return [{ dtype: x.dtype, shape: perm.map((axis) => x.shape[axis] ?? Dim.one) }];
  },
  cost: traffic,
  vjp(b, { inputs, attrs }, [cotangent]) {
    if (!cotangent || inputs[0]!.dtype !== "f32") return [undefined];
    return [b.op("transpose", [cotangent], { perm: inversePermutation(attrs.perm) })];
  },
  evaluate: ([x], { perm }) => [transposeArray(x!, perm)],
  samples: [
    sample("of a matrix", [2, 3], [1, 0]),
    sample("around", [2, 3, 4], [2, 0, 1]),
    sample("of heads", [2, 3, 2, 4], [0, 2, 1, 3]),
    sample("of axes of 1", [1, 3, 1], [2, 1, 0]),
    sample("of five axes", [2, 3, 2, 2, 3], [0, 2, 4, 1, 3]),
    sample("of six axes", [2, 1, 3, 2, 2, 2], [5, 4, 3, 2, 1, 0]),
    sample("of nothing to do", [2, 3], [0, 1]),
    sample("of a scalar", [], []),
    sample("of nothing", [0, 2], [1, 0]),
    {
      name: "transpose integers",
      inputs: [{ dtype: "i32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }],
      attrs: { perm: [1, 0] },
      expect: [[1, 4, 2, 5, 3, 6]],
    },
  ],
};

/** The permutation that undoes another. */
export function inversePermutation(perm: readonly number[]): number[] {
  return perm.map((_, axis) => perm.indexOf(axis));
}

function sample(name: string, shape: number[], perm: number[]): Sample<"transpose"> {
  return { name: `transpose ${name}`, inputs: [{ dtype: "f32", shape }], attrs: { perm } };
}
