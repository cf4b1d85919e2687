import { Dim } from "../dim/dim.js";
import { around, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { operand } from "./elementwise.js";
import { expectAxis } from "./reduce.js";
import { bytesOf } from "./traffic.js";

/** `size` neighbours along `axis`, from `start`. */
export const slice: OpDef<"slice"> = {
  name: "slice",
  infer(inputs, { axis, start, size }, check) {
    const x = operand(inputs, 0, "slice", check);
    expectAxis(x, axis, check);
    check.atMost(Dim.zero, start, "start of a slice");
    check.atMost(Dim.zero, size, "size of a slice");
    check.atMost(start.plus(size), x.shape[axis] ?? Dim.one, `end of a slice of axis ${axis}`);
    return [{ dtype: x.dtype, shape: x.shape.map((n, i) => (i === axis ? size : n)) }];
  },
  // Only what is kept is read.
  cost: ({ outputs }) => ({ bytesRead: bytesOf(outputs[0]!), bytesWritten: bytesOf(outputs[0]!) }),
  vjp(b, { inputs, attrs: { axis, start, size } }, [cotangent]) {
    const [x] = inputs;
    if (!cotangent || x!.dtype !== "f32") return [undefined];
    const after = x!.shape[axis]!.minus(start).minus(size);
    return [b.op("pad", [cotangent], { axis, before: start, after, value: 0 })];
  },
  evaluate([x], { axis, start, size }, context) {
    const [first, count] = [context.size(start), context.size(size)];
    const [outer, length, inner] = around(x!.shape, axis);
    const result = emptyArray(
      x!.dtype,
      x!.shape.map((n, i) => (i === axis ? count : n)),
    );
    for (let o = 0; o < outer; o++) {
      const from = (o * length + first) * inner;
      result.data.set(x!.data.subarray(from, from + count * inner), o * count * inner);
    }
    return [result];
  },
  samples: [
    sample("of a vector", [5], 0, 1, 3),
    sample("of rows", [4, 3], 0, 2, 2),
    sample("of columns", [4, 3], 1, 0, 1),
    sample("of an inner axis", [2, 3, 2, 2], 1, 1, 2),
    sample("of all", [2, 3], 1, 0, 3),
    sample("of nothing", [2, 3], 1, 3, 0),
    {
      name: "slice of integers",
      inputs: [{ dtype: "i32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }],
      attrs: { axis: 1, start: Dim.of(1), size: Dim.of(2) },
      expect: [[2, 3, 5, 6]],
    },
  ],
};

function sample(name: string, shape: number[], axis: number, start: number, size: number): Sample<"slice"> {
  const attrs = { axis, start: Dim.of(start), size: Dim.of(size) };
  return { name: `slice ${name}`, inputs: [{ dtype: "f32", shape }], attrs };
}
