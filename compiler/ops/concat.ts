import { Dim } from "../dim/dim.js";
import { around, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { operand } from "./elementwise.js";
import { expectAxis } from "./reduce.js";
import { traffic } from "./traffic.js";

/** Any number of operands, one behind the other along `axis`. */
export const concat: OpDef<"concat"> = {
  name: "concat",
  infer(inputs, { axis }, check) {
    const first = operand(inputs, 0, "concat", check);
    expectAxis(first, axis, check);
    for (const other of inputs.slice(1)) {
      check.that(other.dtype === first.dtype, `\`concat\` of ${first.dtype} and ${other.dtype}`);
      check.that(other.shape.length === first.shape.length, "`concat` of different numbers of axes");
      for (const [i, size] of first.shape.entries()) {
        if (i !== axis) check.same(size, other.shape[i] ?? size, `axis ${i} of what is concatenated`);
      }
    }
    const size = Dim.sum(inputs.map((x) => x.shape[axis] ?? Dim.one));
    return [{ dtype: first.dtype, shape: first.shape.map((n, i) => (i === axis ? size : n)) }];
  },
  cost: traffic,
  vjp(b, { inputs, attrs: { axis } }, [cotangent]) {
    if (!cotangent || inputs[0]!.dtype !== "f32") return inputs.map(() => undefined);
    let start = Dim.zero;
    return inputs.map((x) => {
      const size = x.shape[axis]!;
      const part = b.op("slice", [cotangent], { axis, start, size });
      start = start.plus(size);
      return part;
    });
  },
  evaluate(inputs, { axis }) {
    const [first] = inputs;
    const sizes = inputs.map((x) => x.shape[axis]!);
    const total = sizes.reduce((a, b) => a + b, 0);
    const shape = first!.shape.map((n, i) => (i === axis ? total : n));
    const result = emptyArray(first!.dtype, shape);
    const [outer, , inner] = around(shape, axis);
    for (let o = 0, at = 0; o < outer; o++) {
      for (const [i, x] of inputs.entries()) {
        const run = sizes[i]! * inner;
        result.data.set(x.data.subarray(o * run, (o + 1) * run), at);
        at += run;
      }
    }
    return [result];
  },
  samples: [
    sample("of vectors", 0, [3], [2]),
    sample("of rows", 0, [2, 3], [1, 3]),
    sample("of columns", 1, [2, 3], [2, 1], [2, 2]),
    sample("of a cache and what is new", 2, [1, 2, 3, 2], [1, 2, 1, 2]),
    sample("of one alone", 0, [2, 2]),
    sample("with nothing", 1, [2, 0], [2, 3]),
    {
      name: "concat integers",
      inputs: [
        { dtype: "i32", shape: [2, 1], data: [1, 2] },
        { dtype: "i32", shape: [2, 2], data: [3, 4, 5, 6] },
      ],
      attrs: { axis: 1 },
      expect: [[1, 3, 4, 2, 5, 6]],
    },
  ],
};

function sample(name: string, axis: number, ...shapes: number[][]): Sample<"concat"> {
  return {
    name: `concat ${name}`,
    inputs: shapes.map((shape) => ({ dtype: "f32", shape })),
    attrs: { axis },
  };
}
