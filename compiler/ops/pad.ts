import { Dim } from "../dim/dim.js";
import { around, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { operand } from "./elementwise.js";
import { expectAxis } from "./reduce.js";
import { traffic } from "./traffic.js";

/** `before` and `after` times `value` around what is there, along `axis`. */
export const pad: OpDef<"pad"> = {
  name: "pad",
  infer(inputs, { axis, before, after }, check) {
    const x = operand(inputs, 0, "pad", check);
    expectAxis(x, axis, check);
    check.atMost(Dim.zero, before, "padding before");
    check.atMost(Dim.zero, after, "padding after");
    const size = Dim.sum([before, x.shape[axis] ?? Dim.one, after]);
    return [{ dtype: x.dtype, shape: x.shape.map((n, i) => (i === axis ? size : n)) }];
  },
  cost: traffic,
  vjp(b, { inputs, attrs: { axis, before } }, [cotangent]) {
    const [x] = inputs;
    if (!cotangent || x!.dtype !== "f32") return [undefined];
    return [b.op("slice", [cotangent], { axis, start: before, size: x!.shape[axis]! })];
  },
  evaluate([x], { axis, before, after, value }, context) {
    const [outer, size, inner] = around(x!.shape, axis);
    const [first, last] = [context.size(before), context.size(after)];
    const total = first + size + last;
    const result = emptyArray(
      x!.dtype,
      x!.shape.map((n, i) => (i === axis ? total : n)),
    );
    result.data.fill(value);
    for (let o = 0; o < outer; o++) {
      const run = x!.data.subarray(o * size * inner, (o + 1) * size * inner);
      result.data.set(run, (o * total + first) * inner);
    }
    return [result];
  },
  samples: [
    sample("of a vector", [3], 0, 1, 2),
    sample("of rows", [2, 3], 0, 0, 1),
    sample("of columns", [2, 3], 1, 2, 0),
    sample("of an inner axis", [2, 1, 2, 3], 1, 1, 1),
    sample("with nothing", [2, 2], 1, 0, 0),
    sample("of nothing", [2, 0], 1, 1, 1),
    {
      name: "pad integers with a value",
      inputs: [{ dtype: "i32", shape: [2, 2], data: [1, 2, 3, 4] }],
      attrs: { axis: 1, before: Dim.one, after: Dim.zero, value: -1 },
      expect: [[-1, 1, 2, -1, 3, 4]],
    },
  ],
};

function sample(name: string, shape: number[], axis: number, before: number, after: number): Sample<"pad"> {
  const attrs = { axis, before: Dim.of(before), after: Dim.of(after), value: 0.5 };
  return { name: `pad ${name}`, inputs: [{ dtype: "f32", shape }], attrs };
}
