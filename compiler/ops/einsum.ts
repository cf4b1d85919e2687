import { Dim } from "../dim/dim.js";
import type { Type } from "../ir/graph.js";
import { countOf, emptyArray, transposeArray, withShape } from "./array.js";
import type { Check, NdArray, OpDef, Sample } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { traffic } from "./traffic.js";

/** The letters of `"btd,dhk->bthk"`. */
export function parseEquation(equation: string): { left: string[]; right: string[]; result: string[] } {
  const [operands = "", result = ""] = equation.split("->");
  const [left = "", right = ""] = operands.split(",");
  return { left: [...left], right: [...right], result: [...result] };
}

/** What each letter does: `batch` is in all three, `rows` and `columns` in one operand, `summed` in both and not in the result. */
export interface EinsumRoles {
  readonly batch: readonly string[];
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly summed: readonly string[];
}

/** The roles of the letters, in the order of the result and, for `summed`, of the left operand. */
export function einsumRoles(equation: string): EinsumRoles {
  const { left, right, result } = parseEquation(equation);
  return {
    batch: result.filter((c) => left.includes(c) && right.includes(c)),
    rows: result.filter((c) => !right.includes(c)),
    columns: result.filter((c) => !left.includes(c)),
    summed: left.filter((c) => right.includes(c) && !result.includes(c)),
  };
}

/** The size of every letter. */
export function einsumSizes(equation: string, inputs: readonly Type[], check?: Check): Map<string, Dim> {
  const { left, right } = parseEquation(equation);
  const sizes = new Map<string, Dim>();
  for (const [i, letters] of [left, right].entries()) {
    for (const [axis, letter] of letters.entries()) {
      const size = inputs[i]?.shape[axis] ?? Dim.one;
      const known = sizes.get(letter);
      if (known) check?.same(known, size, `\`${letter}\` in "${equation}"`);
      else sizes.set(letter, size);
    }
  }
  return sizes;
}

/** Sums of products of two operands, one letter per axis. Its derivatives are einsums again. */
export const einsum: OpDef<"einsum"> = {
  name: "einsum",
  infer(inputs, { equation }, check) {
    const { left, right, result } = parseEquation(equation);
    check.that(
      /^[a-zA-Z]*,[a-zA-Z]*->[a-zA-Z]*$/.test(equation),
      `"${equation}" is not an equation of two operands`,
    );
    for (const letters of [left, right, result]) {
      check.that(
        new Set(letters).size === letters.length,
        `a letter stands twice in one term of "${equation}"`,
      );
    }
    for (const [i, letters] of [left, right].entries()) {
      const type = operand(inputs, i, "einsum", check);
      expectType(type, ["f32"], "einsum", check);
      check.that(
        type.shape.length === letters.length,
        `operand ${i + 1} of "${equation}" has ${type.shape.length} axes`,
      );
    }
    const all = [...left, ...right];
    check.that(
      result.every((c) => all.includes(c)),
      `a letter of the result of "${equation}" is in no operand`,
    );
    const alone = all.filter((c) => !(left.includes(c) && right.includes(c)) && !result.includes(c));
    check.that(alone.length === 0, `"${equation}" sums \`${alone.join("")}\` of one operand; sum it first`);
    const sizes = einsumSizes(equation, inputs, check);
    return [{ dtype: "f32", shape: result.map((c) => sizes.get(c) ?? Dim.one) }];
  },
  cost: (node) => ({
    macs: Dim.product([...einsumSizes(node.attrs.equation, node.inputs).values()]),
    ...traffic(node),
  }),
  vjp(b, node, [cotangent]) {
    if (!cotangent) return [undefined, undefined];
    const [x, y] = node.inputs;
    const [operands = "", result = ""] = node.attrs.equation.split("->");
    const [left = "", right = ""] = operands.split(",");
    return [
      b.op("einsum", [cotangent, y!], { equation: `${result},${right}->${left}` }),
      b.op("einsum", [x!, cotangent], { equation: `${left},${result}->${right}` }),
    ];
  },
  evaluate: ([x, y], { equation }) => [contract(x!, y!, equation)],
  samples: [
    sample("matrix product", "mk,kn->mn", [3, 4], [4, 2]),
    sample("matrix times vector", "mk,k->m", [3, 4], [4]),
    sample("inner product", "k,k->", [5], [5]),
    sample("outer product", "m,n->nm", [3], [2]),
    sample("times a scalar", "mn,->mn", [2, 3], []),
    sample("scalars", ",->", [], []),
    sample("elementwise", "mn,nm->mn", [2, 3], [3, 2]),
    sample("projection to heads", "btd,dhk->bhtk", [2, 3, 4], [4, 2, 3]),
    sample("projection from heads", "bthk,hkd->btd", [2, 3, 2, 3], [2, 3, 4]),
    sample("scores", "bhtk,bhsk->bhts", [2, 2, 3, 4], [2, 2, 5, 4]),
    sample("mixing", "bhts,bhsk->bthk", [1, 2, 3, 5], [1, 2, 5, 4]),
    sample("grouped queries", "bthgk,bshk->bhgts", [1, 3, 2, 2, 4], [1, 5, 2, 4]),
    sample("axes of 1", "ab,bc->ac", [1, 1], [1, 3]),
    sample("over nothing", "mk,kn->mn", [2, 0], [0, 3]),
    sample("of nothing", "mk,kn->mn", [0, 2], [2, 3]),
    {
      ...sample("exact", "mk,kn->mn", [2, 2], [2, 2]),
      inputs: [
        { dtype: "f32", shape: [2, 2], data: [1, 2, 3, 4] },
        { dtype: "f32", shape: [2, 2], data: [5, 6, 7, 8] },
      ],
      expect: [[19, 22, 43, 50]],
    },
  ],
};

function sample(name: string, equation: string, left: number[], right: number[]): Sample<"einsum"> {
  const inputs = [left, right].map((shape) => ({ dtype: "f32" as const, shape }));
  return { name: `einsum ${name}`, inputs, attrs: { equation } };
}

/** Both operands as stacks of matrices, multiplied, and the result put in order. */
function contract(x: NdArray, y: NdArray, equation: string): NdArray {
  const { left, right, result } = parseEquation(equation);
  const { batch, rows, columns, summed } = einsumRoles(equation);
  const sizes = new Map<string, number>();
  for (const [i, letter] of left.entries()) sizes.set(letter, x.shape[i]!);
  for (const [i, letter] of right.entries()) sizes.set(letter, y.shape[i]!);
  const shapeOf = (letters: readonly string[]) => letters.map((c) => sizes.get(c)!);
  const arrange = (a: NdArray, from: string[], to: string[]) =>
    transposeArray(
      a,
      to.map((c) => from.indexOf(c)),
    ).data;
  const a = arrange(x, left, [...batch, ...rows, ...summed]);
  const c = arrange(y, right, [...batch, ...summed, ...columns]);
  const [stack, m, n, k] = [batch, rows, columns, summed].map((letters) => countOf(shapeOf(letters)));
  const order = [...batch, ...rows, ...columns];
  const product = emptyArray("f32", shapeOf(order));
  matrixProducts(a, c, product.data, stack!, m!, n!, k!);
  const done = transposeArray(
    product,
    result.map((letter) => order.indexOf(letter)),
  );
  return withShape(done, shapeOf(result));
}

function matrixProducts(
  a: ArrayLike<number>,
  c: ArrayLike<number>,
  out: NdArray["data"],
  stack: number,
  m: number,
  n: number,
  k: number,
): void {
  for (let s = 0; s < stack; s++) {
    for (let i = 0; i < m; i++) {
      const row = (s * m + i) * n;
      for (let j = 0; j < k; j++) {
        const factor = a[(s * m + i) * k + j]!;
        const start = (s * k + j) * n;
        for (let col = 0; col < n; col++) out[row + col]! += factor * c[start + col]!;
      }
    }
  }
}
