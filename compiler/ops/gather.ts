import { Dim } from "../dim/dim.js";
import { countOf, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { expectAxis } from "./reduce.js";
import { bytesOf, elements } from "./traffic.js";
import { inversePermutation } from "./transpose.js";

/**
 * (x [b.., pre.., N, post..], indices [b.., i..]) → [b.., pre.., i.., post..]: rows of x along `axis`. An index outside
 * 0 … N − 1 has no meaning; the evaluator gives NaN (0 where there is none), so that it is seen.
 */
export const gather: OpDef<"gather"> = {
  name: "gather",
  infer(inputs, { axis, batch }, check) {
    const x = operand(inputs, 0, "gather", check);
    const indices = operand(inputs, 1, "gather", check);
    expectType(indices, ["i32"], "gather", check);
    expectAxis(x, axis, check);
    check.that(
      batch <= axis && batch <= indices.shape.length,
      `${batch} axes cannot be shared by axis ${axis}`,
    );
    for (let i = 0; i < batch; i++) {
      check.same(x.shape[i] ?? Dim.one, indices.shape[i] ?? Dim.one, `shared axis ${i} of a gather`);
    }
    const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)];
    return [{ dtype: x.dtype, shape }];
  },
  // The table is not read, only the rows that are fetched.
  cost({ inputs, outputs, attrs }) {
    const [x, indices] = inputs;
    const [result] = outputs;
    const row = Dim.product(x!.shape.slice(attrs.axis + 1));
    return {
      gatherRows: row.isZero ? Dim.zero : elements(result!).over(row),
      gatherBytes: bytesOf(result!),
      bytesRead: bytesOf(result!).plus(bytesOf(indices!)),
      bytesWritten: bytesOf(result!),
    };
  },
  vjp(b, { inputs, attrs: { axis, batch } }, [cotangent]) {
    const [x, indices] = inputs;
    if (!cotangent || x!.dtype !== "f32") return [undefined, undefined];
    const size = x!.shape[axis]!;
    const picked = indices!.shape.length - batch;
    const pre = axis - batch;
    if (pre === 0) return [b.op("scatter_add", [indices!, cotangent], { batch, size }), undefined];
    // scatter_add wants the indices' axes right behind the shared ones.
    const range = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
    const post = range(axis + picked, cotangent.shape.length - axis - picked);
    const perm = [...range(0, batch), ...range(axis, picked), ...range(batch, pre), ...post];
    const updates = b.op("transpose", [cotangent], { perm });
    const added = b.op("scatter_add", [indices!, updates], { batch, size });
    const moved = [...range(0, batch), axis, ...range(batch, pre), ...range(axis + 1, post.length)];
    return [b.op("transpose", [added], { perm: inversePermutation(moved) }), undefined];
  },
  evaluate([x, indices], { axis, batch }) {
    const shape = [...x!.shape.slice(0, axis), ...indices!.shape.slice(batch), ...x!.shape.slice(axis + 1)];
    const result = emptyArray(x!.dtype, shape);
    const shared = countOf(x!.shape.slice(0, batch));
    const before = countOf(x!.shape.slice(batch, axis));
    const size = x!.shape[axis]!;
    const row = countOf(x!.shape.slice(axis + 1));
    const picked = countOf(indices!.shape.slice(batch));
    let at = 0;
    for (let s = 0; s < shared; s++) {
      for (let p = 0; p < before; p++) {
        for (let i = 0; i < picked; i++, at += row) {
          const index = indices!.data[s * picked + i]!;
          const from = ((s * before + p) * size + index) * row;
          if (index < 0 || index >= size) result.data.fill(Number.NaN, at, at + row);
          else if (row === 1) result.data[at] = x!.data[from]!;
          else result.data.set(x!.data.subarray(from, from + row), at);
        }
      }
    }
    return [result];
  },
  samples: [
    sample("rows of a table", [5, 3], [2, 3], 0, 0, 5),
    sample("one row", [5, 3], [], 0, 0, 5),
    sample("elements", [6], [4], 0, 0, 6),
    sample("columns", [3, 5], [2], 1, 0, 5),
    sample("rows of each", [2, 4, 3], [2, 3], 1, 1, 4),
    sample("elements of each", [2, 2, 5], [2, 2, 3], 2, 2, 5),
    sample("behind another axis, of each", [2, 3, 4, 2], [2, 5], 2, 1, 4),
    sample("by a matrix, of each", [2, 4], [2, 3, 2], 1, 1, 4),
    sample("from one row", [1, 3], [4], 0, 0, 1),
    sample("no rows", [5, 3], [0], 0, 0, 5),
    {
      name: "gather integers, one twice",
      inputs: [
        { dtype: "i32", shape: [2, 3], data: [1, 2, 3, 4, 5, 6] },
        { dtype: "i32", shape: [2, 2], data: [2, 2, 0, 1] },
      ],
      attrs: { axis: 1, batch: 1 },
      expect: [[3, 3, 4, 5]],
    },
  ],
};

function sample(
  name: string,
  shape: number[],
  indices: number[],
  axis: number,
  batch: number,
  below: number,
): Sample<"gather"> {
  const inputs = [
    { dtype: "f32" as const, shape },
    { dtype: "i32" as const, shape: indices, fill: { index: below } },
  ];
  return { name: `gather ${name}`, inputs, attrs: { axis, batch } };
}
