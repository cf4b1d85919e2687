import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { addMasks, scaleOperands } from "../../../compiler/emit/onnx/passes/scores.js";
import { mergeProjections } from "../../../compiler/emit/passes/merge.js";
import { weightsOf } from "../../../compiler/emit/passes/rewrite.js";
import type { Builder } from "../../../compiler/ir/build.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { Graph, Type, Value } from "../../../compiler/ir/graph.js";
import { verify } from "../../../compiler/ir/verify.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { softmaxBody } from "./bodies.js";
import { decode, distance, operators, withWeights } from "./support.js";

type Pass = (graph: Graph, paths: Map<Value, string>) => Graph;
type Body = (b: Builder, inputs: readonly Value[]) => readonly Value[];

const [batch, seq, whole] = ["batch", "seq", "whole"].map((n) => Dim.symbol(n)) as [Dim, Dim, Dim];
const sizes = { batch: 2, seq: 3, whole: 5 };
const f32 = (...shape: (Dim | number)[]): Type => ({
  dtype: "f32",
  shape: shape.map((d) => (typeof d === "number" ? Dim.of(d) : d)),
});
const merge: Pass = (graph, paths) => mergeProjections(graph, weightsOf(graph), paths);
const lowest = -3.4028234663852886e38;

/** The graph after a pass: sound, and with the results it had. */
function rewritten(pass: Pass, types: readonly Type[], shapes: readonly number[][], body: Body): Graph {
  const weights = shapes.map((shape, i) => ({ name: `w${i}`, shape }));
  const symbols = Object.keys(sizes).map((name) => ({ name, least: 1n }));
  const graph = { ...withWeights(types, weights, body).graph, symbols };
  const result = pass(graph, new Map());
  expect(verify(result)).toEqual([]);
  const inputs = sampleInputs({
    name: "pass",
    inputs: graph.inputs.map((v) => ({ dtype: v.dtype, shape: v.shape.map((d) => d.at(sizes)) })),
  });
  const got = evaluateRegion(result, inputs, sizes);
  evaluateRegion(graph, inputs, sizes).forEach((expected, i) => {
    expect(distance(got[i]!, expected)).toBeLessThan(1e-12);
  });
  return result;
}

const ops = (graph: Graph): string[] => graph.nodes.map((node) => node.op);

describe("projections of one value", () => {
  const x = f32(batch, seq, 6);
  const heads: Body = (b, [v, q, k, u, qb, kb, ub]) => {
    const project = (equation: string, w: Value, shift: Value, shape: number[]): Value => {
      const moved = b.op("reshape", [shift], { shape: shape.map((n) => Dim.of(n)) });
      return b.op("add", [b.op("einsum", [v!, w], { equation }), moved], {});
    };
    return [
      project("btd,dhgk->bhgtk", q!, qb!, [2, 3, 1, 4]),
      project("btd,dhk->bhtk", k!, kb!, [2, 1, 4]),
      project("btd,dhk->bhtk", u!, ub!, [2, 1, 4]),
    ];
  };
  const shapes = [
    [6, 2, 3, 4],
    [6, 2, 4],
    [6, 2, 4],
    [2, 3, 4],
    [2, 4],
    [2, 4],
  ];

  it("become one product, one addition and one Split, with groups of queries", () => {
    const result = rewritten(merge, [x], shapes, heads);
    expect(ops(result).filter((op) => op === "einsum" || op === "add")).toEqual(["einsum", "add"]);
    const { bytes } = withWeights(
      [x],
      shapes.map((shape, i) => ({ name: `w${i}`, shape })),
      heads,
    );
    expect(operators(decode(bytes).graph!)).toEqual([
      "Concat",
      "MatMul",
      "Concat",
      "Add",
      "Reshape",
      "Transpose",
      "Split",
      "Reshape",
    ]);
  });

  it("become one product where not all are shifted, whose additions stay", () => {
    const result = rewritten(merge, [x], [[6, 5], [6, 7], [5]], (b, [v, g, h, shift]) => [
      b.op("add", [b.op("einsum", [v!, g!], { equation: "btd,df->btf" }), shift!], {}),
      b.op("einsum", [v!, h!], { equation: "btd,df->btf" }),
    ]);
    expect(ops(result).filter((op) => op === "einsum" || op === "add")).toEqual(["einsum", "add"]);
  });

  it.each<[string, number[][], Body]>([
    [
      "of different layout",
      [
        [6, 2, 4],
        [6, 2, 4],
      ],
      (b, [v, a, c]) => [
        b.op("einsum", [v!, a!], { equation: "btd,dhk->bhtk" }),
        b.op("einsum", [v!, c!], { equation: "btd,dhk->bthk" }),
      ],
    ],
    [
      "by a weight that is read elsewhere",
      [
        [6, 4],
        [6, 4],
      ],
      (b, [v, a, c]) => [
        b.op("einsum", [v!, a!], { equation: "btd,df->btf" }),
        b.op("einsum", [v!, c!], { equation: "btd,df->btf" }),
        b.op("neg", [a!], {}),
      ],
    ],
    [
      "by weights so large that it no longer matters",
      [
        [6, 1 << 20],
        [6, 1 << 20],
      ],
      (b, [v, a, c]) => [
        b.op("einsum", [v!, a!], { equation: "btd,df->btf" }),
        b.op("einsum", [v!, c!], { equation: "btd,df->btf" }),
      ],
    ],
  ])("stay apart: %s", (_, weights, body) => {
    const { graph } = withWeights(
      [x],
      weights.map((shape, i) => ({ name: `w${i}`, shape })),
      body,
    );
    expect(merge(graph, new Map())).toBe(graph);
  });
});

describe("scores of attention", () => {
  const operands = [f32(batch, 2, seq, 4), f32(batch, 2, whole, 4)];
  const equation = "bhtk,bhsk->bhts";

  it("are divided by dividing the queries, by a vector", () => {
    const result = rewritten(scaleOperands, operands, [], (b, [q, k]) => [
      b.op("div", [b.op("einsum", [q!, k!], { equation }), b.scalar(2)], {}),
    ]);
    expect(ops(result)).toEqual(["constant", "div", "einsum", "constant"]);
    expect(result.nodes[0]!.outputs[0]!.shape.map(String)).toEqual(["4"]);
  });

  it("are divided themselves where something else reads them", () => {
    rewritten(scaleOperands, operands, [], (b, [q, k]) => {
      const score = b.op("einsum", [q!, k!], { equation });
      return [score, b.op("div", [score, b.scalar(2)], {})];
    });
  });

  const masked =
    (low: number, use: (b: Builder, x: Value) => Value): Body =>
    (b, [score, limit]) => {
      const seen = b.op("lt", [limit!, b.scalar(0.1)], {});
      return [use(b, b.op("select", [seen, score!, b.scalar(low)], {}))];
    };
  const softmax = (b: Builder, x: Value): Value =>
    b.call("softmax", [x], (inner, [v]) => [softmaxBody(inner, v!)], { args: { axis: 3 } })[0]!;
  const types = [f32(batch, 2, seq, whole), f32(seq, whole)];

  it.each([lowest, lowest / 2])(
    "get a mask of %d added before a softmax, rows of nothing but it too",
    (low) => {
      const result = rewritten(addMasks, types, [], masked(low, softmax));
      expect(ops(result)).toContain("add");
      rewritten(addMasks, types, [], (b, inputs) =>
        masked(low, softmax)(b, [inputs[0]!, b.op("add", [inputs[1]!, b.scalar(100)], {})]),
      );
    },
  );

  it.each<[string, number, (b: Builder, x: Value) => Value]>([
    ["another number shows in the sum", -1e4, softmax],
    ["something else than a softmax reads them", lowest, (b, x) => b.op("neg", [x], {})],
  ])("are selected where %s", (_, low, use) => {
    const result = rewritten(addMasks, types, [], masked(low, use));
    expect(ops(result)).not.toContain("add");
  });
});
