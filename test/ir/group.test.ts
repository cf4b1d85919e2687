import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { Graph, Node, Value } from "../../compiler/ir/graph.js";
import { groupMatrices } from "../../compiler/ir/passes/group.js";
import { optimize } from "../../compiler/ir/passes/optimize.js";
import { eachNode } from "../../compiler/ir/traverse.js";
import { verify } from "../../compiler/ir/verify.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";

const count = (shape: readonly number[]) => shape.reduce((a, n) => a * n, 1);
const floats = (shape: number[], phase: number): NdArray =>
  arrayOf(
    "f32",
    shape,
    Array.from({ length: count(shape) }, (_, i) => Math.sin(1.3 * i + phase)),
  );

/** An einsum of rows `x` and a gather from `table`, as `build` makes it of them. */
function graphOf(
  [x, table, picks]: readonly NdArray[],
  build: (b: Builder, x: Value, table: Value, picks: Value) => readonly Value[],
): { graph: Graph; inputs: Record<string, NdArray> } {
  const b = new Builder();
  const given = { x: x!, table: table!, picks: picks! };
  const values = Object.entries(given).map(([name, { dtype, shape }]) =>
    b.input({ dtype, shape: shape.map((n) => Dim.of(n)) }, name),
  );
  const outputs = build(b, values[0]!, values[1]!, values[2]!);
  const inputPorts = values.map((value) => ({ role: "data", name: value.name, value }) as const);
  const outputPorts = outputs.map((value, i) => ({ role: "data", name: `y${i}`, value }) as const);
  const graph = { name: "test", ...b.region(outputs), inputPorts, outputPorts, symbols: [], assumptions: [] };
  return { graph, inputs: given };
}

function ops(graph: Graph): Node["op"][] {
  const found: Node["op"][] = [];
  eachNode(graph, (node) => found.push(node.op));
  return found;
}

const picked = (shape: number[], below: number) =>
  arrayOf(
    "i32",
    shape,
    Array.from({ length: count(shape) }, (_, i) => (5 * i + 1) % below),
  );

/** Equation, shape of the other operand, of the table, of the indices. */
const forms: readonly (readonly [string, string, number[], number[], number[]])[] = [
  ["the same row for several", "td,trdf->trf", [3, 4], [5, 4, 6], [3, 2]],
  ["summed over what was picked", "trf,trfd->td", [3, 2, 6], [5, 6, 4], [3, 2]],
  ["a row for each", "td,tdf->tf", [3, 4], [5, 4, 6], [3]],
  ["matrices that stand turned", "td,tfd->tf", [3, 4], [5, 6, 4], [3]],
  ["several axes on both sides", "tdk,tdkhf->thf", [3, 4, 2], [5, 4, 2, 3, 6], [3]],
  ["turned, several axes, in another order", "kdt,tfdk->ft", [2, 4, 3], [5, 6, 4, 2], [3]],
  ["one row for all", "d,tdf->tf", [4], [5, 4, 6], [3]],
];

describe("a product with gathered matrices", () => {
  test.each(forms)("is one op: %s", (_, equation, x, table, picks) => {
    for (const swapped of [false, true]) {
      const [operands, result] = equation.split("->") as [string, string];
      const [a, b] = operands.split(",") as [string, string];
      const { graph, inputs } = graphOf(
        [floats(x, 0.1), floats(table, 0.7), picked(picks, table[0]!)],
        (builder, rows, matrices, indices) => {
          const gathered = builder.op("gather", [matrices, indices], { axis: 0, batch: 0 });
          const own = swapped ? [gathered, rows] : [rows, gathered];
          const text = swapped ? `${b},${a}->${result}` : `${a},${b}->${result}`;
          return [builder.op("einsum", own, { equation: text })];
        },
      );
      const better = optimize(graph);
      expect(verify(better)).toEqual([]);
      expect(ops(better)).toContain("gather_matmul");
      expect(ops(better)).not.toContain("gather");
      const [before, after] = [evaluateGraph(graph, inputs).y0!, evaluateGraph(better, inputs).y0!];
      expect(after.shape).toEqual(before.shape);
      for (const [i, v] of before.data.entries()) expect(after.data[i]).toBeCloseTo(v, 12);
    }
  });

  test("in the bodies of calls and maps as well", () => {
    const { graph, inputs } = graphOf(
      [floats([3, 4], 0.1), floats([5, 4, 6], 0.7), picked([3, 2], 5)],
      (b, x, table, picks) =>
        b.call("layer", [x, table, picks], (inner, [rows, matrices, indices]) => {
          const trip = new Builder(inner);
          const row = trip.input({ dtype: "f32", shape: [Dim.of(4)] }, "row");
          const own = trip.input({ dtype: "i32", shape: [Dim.of(2)] }, "own");
          const gathered = trip.op("gather", [trip.use(matrices!), own], { axis: 0, batch: 0 });
          const body = trip.region([trip.op("einsum", [row, gathered], { equation: "d,rdf->rf" })]);
          return inner.node("map", [rows!, indices!, ...trip.captured], { mapped: 2, body });
        }),
    );
    const better = optimize(graph);
    expect(verify(better)).toEqual([]);
    expect(ops(better)).toContain("gather_matmul");
    const [before, after] = [evaluateGraph(graph, inputs).y0!, evaluateGraph(better, inputs).y0!];
    for (const [i, v] of before.data.entries()) expect(after.data[i]).toBeCloseTo(v, 12);
  });

  const [x, table, picks] = [floats([3, 4], 0.1), floats([5, 4, 6], 0.7), picked([3], 5)];
  type Build = Parameters<typeof graphOf>[1];
  const others: readonly (readonly [string, readonly NdArray[], Build])[] = [
    [
      "the gathered matrices are read by others as well",
      [x, table, picks],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        const product = b.op("einsum", [rows, gathered], { equation: "td,tdf->tf" });
        return [product, b.op("exp", [gathered], {})];
      },
    ],
    [
      "they are a result",
      [x, table, picks],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        return [gathered, b.op("einsum", [rows, gathered], { equation: "td,tdf->tf" })];
      },
    ],
    [
      "rows, not matrices, are gathered",
      [floats([3], 0.1), floats([5, 4], 0.7), picks],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        return [b.op("einsum", [rows, gathered], { equation: "t,td->td" })];
      },
    ],
    [
      "an axis of the matrices is no sum",
      [x, table, picks],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        return [b.op("einsum", [rows, gathered], { equation: "td,tdf->tdf" })];
      },
    ],
    [
      "a matrix is for many rows",
      [floats([3, 7, 4], 0.1), table, picks],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        return [b.op("einsum", [rows, gathered], { equation: "tnd,tdf->tnf" })];
      },
    ],
    [
      "there are more matrices than are written out one by one",
      [floats([3, 2], 0.1), floats([513, 2, 2], 0.7), picked([3], 513)],
      (b, rows, matrices, indices) => {
        const gathered = b.op("gather", [matrices, indices], { axis: 0, batch: 0 });
        return [b.op("einsum", [rows, gathered], { equation: "td,tdf->tf" })];
      },
    ],
  ];

  test.each(others)("stays as it is where %s", (_, arrays, build) => {
    const { graph } = graphOf(arrays, build);
    expect(groupMatrices(graph)).toBe(graph);
  });
});
