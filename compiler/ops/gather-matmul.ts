import { Dim } from "../dim/dim.js";
import type { Type } from "../ir/graph.js";
import { countOf, emptyArray } from "./array.js";
import type { OpDef, Sample } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { bytesOf, elements } from "./traffic.js";

/**
 * (x [i.., K], table [E, K, F], indices [i..]) → [i.., F]: each row of x times the matrix of the table that its index
 * picks; `turned`: the table is [E, F, K]. It is what `gather` and `einsum` give together, without the gathered matrices:
 * backends bring the rows of one matrix together (a mixture of experts; Gale et al., MegaBlocks, arXiv 2211.15841). An
 * index outside 0 … E − 1 has no meaning; the evaluator gives NaN.
 */
export const gatherMatmul: OpDef<"gather_matmul"> = {
  name: "gather_matmul",
  infer(inputs, { turned }, check) {
    const x = operand(inputs, 0, "gather_matmul", check);
    const table = operand(inputs, 1, "gather_matmul", check);
    const indices = operand(inputs, 2, "gather_matmul", check);
    expectType(x, ["f32"], "gather_matmul", check);
    expectType(table, ["f32"], "gather_matmul", check);
    expectType(indices, ["i32"], "gather_matmul", check);
    check.that(table.shape.length === 3, `a table of matrices has 3 axes, not ${table.shape.length}`);
    check.that(x.shape.length === indices.shape.length + 1, "`x` has a row for each index");
    for (const [i, n] of indices.shape.entries())
      check.same(n, x.shape[i] ?? n, `axis ${i} of x and indices`);
    const [inner, columns] = sidesOf(table, turned);
    check.same(x.shape.at(-1) ?? inner, inner, "the rows of x and of the matrices");
    return [{ dtype: "f32", shape: [...indices.shape, columns] }];
  },
  // Each matrix is read once at most; rows are brought together, and put back.
  cost({ inputs, outputs }) {
    const [x, table, indices] = inputs;
    const [result] = outputs;
    const rows = elements(indices!);
    const matrix = Dim.product(table!.shape.slice(1));
    const matrices = table!.shape[0] ?? Dim.one;
    const moved = bytesOf(x!).plus(bytesOf(result!));
    return {
      macs: rows.times(matrix),
      gatherRows: rows.times(2),
      gatherBytes: moved,
      bytesRead: fewest(rows, matrices).times(matrix).times(4).plus(bytesOf(x!)).plus(bytesOf(indices!)),
      bytesWritten: bytesOf(result!),
      workspace: moved,
    };
  },
  vjp(b, { inputs, attrs: { turned } }, [cotangent]) {
    if (!cotangent) return [undefined, undefined, undefined];
    const [x, table, indices] = inputs;
    const letters = "abcdefghij".slice(0, indices!.shape.length);
    const [left, right] = turned ? [cotangent, x!] : [x!, cotangent];
    const outer = b.op("einsum", [left, right], { equation: `${letters}y,${letters}z->${letters}yz` });
    return [
      b.op("gather_matmul", [cotangent, table!, indices!], { turned: !turned }),
      b.op("scatter_add", [indices!, outer], { batch: 0, size: table!.shape[0]! }),
      undefined,
    ];
  },
  evaluate([x, table, indices], { turned }) {
    const [matrices, height, width] = table!.shape as [number, number, number];
    const [inner, columns] = turned ? [width, height] : [height, width];
    const [down, across] = turned ? [1, width] : [width, 1];
    const result = emptyArray("f32", [...indices!.shape, columns]);
    const count = countOf(indices!.shape);
    for (let row = 0; row < count; row++) {
      const index = indices!.data[row]!;
      if (index < 0 || index >= matrices) {
        result.data.fill(Number.NaN, row * columns, (row + 1) * columns);
        continue;
      }
      for (let k = 0; k < inner; k++) {
        const factor = x!.data[row * inner + k]!;
        const start = index * height * width + k * down;
        for (let f = 0; f < columns; f++)
          result.data[row * columns + f]! += factor * table!.data[start + f * across]!;
      }
    }
    return [result];
  },
  samples: [
    sample("rows", [5, 3], [4, 3, 2], 4),
    sample("rows of axes", [2, 3, 4], [3, 4, 5], 3),
    sample("one row", [4], [3, 4, 2], 3),
    sample("of one matrix", [6, 2], [1, 2, 3], 1),
    sample("more matrices than rows", [2, 3], [9, 3, 4], 9),
    sample("turned", [5, 3], [4, 2, 3], 4, true),
    sample("turned, of axes", [2, 3, 4], [3, 5, 4], 3, true),
    sample("no rows", [0, 3], [4, 3, 2], 4),
    sample("no rows, turned", [0, 3], [4, 2, 3], 4, true),
    {
      name: "gather_matmul with matrices that no row picks",
      inputs: [
        { dtype: "f32", shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
        { dtype: "f32", shape: [4, 2, 1], data: [1, 0, 7, 7, 0, 1, 9, 9] },
        { dtype: "i32", shape: [3], data: [2, 0, 2] },
      ],
      attrs: { turned: false },
      expect: [[2, 3, 6]],
    },
  ],
};

/** What is summed over, and the columns of the result. */
function sidesOf(table: Type, turned: boolean): [Dim, Dim] {
  const [height, width] = [table.shape[1] ?? Dim.one, table.shape[2] ?? Dim.one];
  return turned ? [width, height] : [height, width];
}

function fewest(a: Dim, b: Dim): Dim {
  return a.atMost(b) === "yes" ? a : b.atMost(a) === "yes" ? b : a.min(b);
}

function sample(
  name: string,
  x: number[],
  table: number[],
  below: number,
  turned = false,
): Sample<"gather_matmul"> {
  const inputs = [
    { dtype: "f32" as const, shape: x },
    { dtype: "f32" as const, shape: table },
    { dtype: "i32" as const, shape: x.slice(0, -1), fill: { index: below } },
  ];
  return { name: `gather_matmul ${name}`, inputs, attrs: { turned } };
}
