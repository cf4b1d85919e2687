import { Dim } from "../dim/dim.js";
import { countOf, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { elements, traffic } from "./traffic.js";

/**
 * (indices [b.., i..], updates [b.., i.., post..]) → [b.., size, post..]: zeros to which every row of updates is added
 * at its index. What lies outside 0 … size − 1 has no meaning; the evaluator leaves it out.
 */
export const scatterAdd: OpDef<"scatter_add"> = {
  name: "scatter_add",
  infer(inputs, { batch, size }, check) {
    const indices = operand(inputs, 0, "scatter_add", check);
    const updates = operand(inputs, 1, "scatter_add", check);
    const rank = indices.shape.length;
    expectType(indices, ["i32"], "scatter_add", check);
    expectType(updates, ["f32", "i32"], "scatter_add", check);
    check.that(
      batch <= rank && rank <= updates.shape.length,
      "updates must begin with the axes of the indices",
    );
    for (const [i, n] of indices.shape.entries()) {
      check.same(n, updates.shape[i] ?? n, `axis ${i} of indices and updates`);
    }
    return [
      { dtype: updates.dtype, shape: [...updates.shape.slice(0, batch), size, ...updates.shape.slice(rank)] },
    ];
  },
  cost: (node) => ({ elementwise: elements(node.inputs[1]!), ...traffic(node) }),
  vjp(b, { inputs, attrs: { batch } }, [cotangent]) {
    const [indices, updates] = inputs;
    if (!cotangent || updates!.dtype !== "f32") return [undefined, undefined];
    return [undefined, b.op("gather", [cotangent, indices!], { axis: batch, batch })];
  },
  evaluate([indices, updates], { batch, size }, context) {
    const rank = indices!.shape.length;
    const length = context.size(size);
    const post = updates!.shape.slice(rank);
    const result = emptyArray(updates!.dtype, [...updates!.shape.slice(0, batch), length, ...post]);
    const [row, shared] = [countOf(post), countOf(indices!.shape.slice(0, batch))];
    const picked = countOf(indices!.shape.slice(batch));
    for (let s = 0, from = 0; s < shared; s++) {
      for (let i = 0; i < picked; i++) {
        const index = indices!.data[s * picked + i]!;
        const to = (s * length + index) * row;
        const inside = index >= 0 && index < length;
        for (let j = 0; j < row; j++, from++) if (inside) result.data[to + j]! += updates!.data[from]!;
      }
    }
    return [result];
  },
  samples: [
    sample("rows", [4], [4, 3], 0, 5),
    sample("rows by a matrix", [2, 3], [2, 3, 2], 0, 4),
    sample("elements", [6], [6], 0, 3),
    sample("rows of each", [2, 3], [2, 3, 2], 1, 4),
    sample("elements of each", [2, 2, 3], [2, 2, 3], 2, 5),
    sample("by a scalar", [], [3], 0, 2),
    sample("to one row", [3], [3, 2], 0, 1),
    sample("nothing", [0], [0, 2], 0, 3),
    {
      name: "scatter_add to one place twice",
      inputs: [
        { dtype: "i32", shape: [3], data: [2, 0, 2] },
        { dtype: "f32", shape: [3], data: [1, 10, 100] },
      ],
      attrs: { batch: 0, size: Dim.of(4) },
      expect: [[10, 0, 101, 0]],
    },
  ],
};

function sample(
  name: string,
  indices: number[],
  updates: number[],
  batch: number,
  size: number,
): Sample<"scatter_add"> {
  const inputs = [
    { dtype: "i32" as const, shape: indices, fill: { index: size } },
    { dtype: "f32" as const, shape: updates },
  ];
  return { name: `scatter_add ${name}`, inputs, attrs: { batch, size: Dim.of(size) } };
}
