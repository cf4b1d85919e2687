import { Dim } from "../dim/dim.js";
import { broadcastArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { operand } from "./elementwise.js";
import { unspread } from "./spread.js";
import { traffic } from "./traffic.js";

/** Spreads axes of constant size 1 to the sizes of `shape`, which has the same rank. */
export const broadcast: OpDef<"broadcast"> = {
  name: "broadcast",
  infer(inputs, { shape }, check) {
    const x = operand(inputs, 0, "broadcast", check);
    check.that(
      x.shape.length === shape.length,
      `a shape of ${x.shape.length} axes spread to ${shape.length}`,
    );
    for (const [i, size] of x.shape.entries()) {
      if (!size.isOne) check.same(size, shape[i] ?? size, `axis ${i}, spread`);
    }
    return [{ dtype: x.dtype, shape }];
  },
  cost: traffic,
  vjp(b, { inputs }, [cotangent]) {
    if (!cotangent || inputs[0]!.dtype !== "f32") return [undefined];
    return [unspread(b, cotangent, inputs[0]!)];
  },
  evaluate: ([x], { shape }, context) => [
    broadcastArray(
      x!,
      shape.map((d) => context.size(d)),
    ),
  ],
  samples: [
    sample("a row", [1, 3], [2, 3]),
    sample("a column", [2, 1], [2, 3]),
    sample("several axes", [1, 2, 1, 3], [2, 2, 4, 3]),
    sample("to the same", [2, 3], [2, 3]),
    sample("a scalar", [], []),
    sample("to nothing", [1, 3], [0, 3]),
    {
      name: "broadcast flags",
      inputs: [{ dtype: "bool", shape: [1, 2], data: [1, 0] }],
      attrs: { shape: [2, 2].map(Dim.of) },
      expect: [[1, 0, 1, 0]],
    },
  ],
};

function sample(name: string, shape: number[], to: number[]): Sample<"broadcast"> {
  return { name: `broadcast ${name}`, inputs: [{ dtype: "f32", shape }], attrs: { shape: to.map(Dim.of) } };
}
