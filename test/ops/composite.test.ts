import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { bindSizes, EvaluationError, evaluateGraph, evaluateRegion } from "../../compiler/ir/evaluate.js";
import { gradient } from "../../compiler/ir/grad.js";
import type { Graph, Type, Value } from "../../compiler/ir/graph.js";
import { arrayOf } from "../../compiler/ops/array.js";
import { sampleInputs } from "../../compiler/ops/samples.js";
import { checkGradient } from "./differences.js";

function floats(name: string, ...shapes: number[][]) {
  return sampleInputs({ name, inputs: shapes.map((shape) => ({ dtype: "f32" as const, shape })) });
}

function softmax(b: Builder, x: Value): Value {
  return b.call("softmax", [x], (inner, [v]) => {
    const axis = v!.shape.length - 1;
    const column = [...v!.shape.slice(0, axis), Dim.one];
    const most = inner.op("reduce_max", [v!], { axes: [axis] });
    const shifted = inner.op(
      "sub",
      [v!, inner.op("reshape", [inner.op("stop_gradient", [most], {})], { shape: column })],
      {},
    );
    const e = inner.op("exp", [shifted], {});
    const sum = inner.op("reshape", [inner.op("reduce_sum", [e], { axes: [axis] })], { shape: column });
    return [inner.op("div", [e, sum], {})];
  })[0]!;
}

function attention(b: Builder, [x, query, key, value, out]: readonly Value[]): Value {
  const [q, k, v] = [query, key, value].map((w) => b.op("einsum", [x!, w!], { equation: "btd,dhk->bhtk" }));
  const length = x!.shape[1]!;
  const at = b.op("iota", [], { size: length });
  const column = b.op("reshape", [at], { shape: [length, Dim.one] });
  const score = b.op("mul", [b.op("einsum", [q!, k!], { equation: "bhtk,bhsk->bhts" }), b.scalar(0.5)], {});
  const seen = b.op("le", [at, column], {});
  const weights = softmax(b, b.op("select", [seen, score, b.scalar(-3.4028234663852886e38)], {}));
  const mixed = b.op("einsum", [weights, v!], { equation: "bhts,bhsk->bthk" });
  return b.op("einsum", [mixed, out!], { equation: "bthk,hkd->btd" });
}

describe("gradients of whole layers", () => {
  test("causal attention", () => {
    const inputs = floats("attention", [2, 3, 4], [4, 2, 2], [4, 2, 2], [4, 2, 2], [2, 2, 4]);
    const compared = checkGradient((b, values) => [attention(b, values)], inputs);
    expect(compared).toBe(24 + 4 * 16);
  });

  test("layer norm in a call", () => {
    const inputs = floats("layer norm", [2, 5], [5], [5]);
    const compared = checkGradient(
      (b, values) =>
        b.call("layer_norm", values, (inner, [x, scale, shift]) => {
          const mean = (v: Value) => {
            const sum = inner.op("reduce_sum", [v], { axes: [1] });
            const average = inner.op("div", [sum, inner.scalar(5)], {});
            return inner.op("reshape", [average], { shape: [v.shape[0]!, Dim.one] });
          };
          const centred = inner.op("sub", [x!, mean(x!)], {});
          const variance = inner.op(
            "add",
            [mean(inner.op("mul", [centred, centred], {})), inner.scalar(1e-5)],
            {},
          );
          const scaled = inner.op(
            "mul",
            [inner.op("mul", [centred, inner.op("rsqrt", [variance], {})], {}), scale!],
            {},
          );
          return [inner.op("add", [scaled, shift!], {})];
        }),
      inputs,
    );
    expect(compared).toBe(20);
  });

  test("product keys: topk of sums of topk, then rows of a table", () => {
    const inputs = sampleInputs({
      name: "product keys",
      inputs: [
        { dtype: "f32", shape: [3, 2, 4] },
        { dtype: "f32", shape: [2, 5, 4] },
        { dtype: "f32", shape: [25, 3] },
      ],
    });
    const compared = checkGradient((b, [q, keys, table]) => {
      const [v, i] = b.node("topk", [b.op("einsum", [q!, keys!], { equation: "tsk,snk->tsn" })], {
        k: Dim.of(3),
      });
      const half = (x: Value, at: number, shape: number[]) =>
        b.op("reshape", [b.op("slice", [x], { axis: 1, start: Dim.of(at), size: Dim.one })], {
          shape: shape.map((n) => Dim.of(n)),
        });
      const sums = b.op("add", [half(v!, 0, [3, 3, 1]), half(v!, 1, [3, 1, 3])], {});
      const high = b.op("mul", [half(i!, 0, [3, 3, 1]), b.scalar(5, "i32")], {});
      const slots = b.op("add", [high, half(i!, 1, [3, 1, 3])], {});
      const flat = [3, 9].map((n) => Dim.of(n));
      const [w, j] = b.node("topk", [b.op("reshape", [sums], { shape: flat })], { k: Dim.of(3) });
      const chosen = b.op("gather", [b.op("reshape", [slots], { shape: flat }), j!], { axis: 1, batch: 1 });
      const rows = b.op("gather", [table!, chosen], { axis: 0, batch: 0 });
      return [b.op("einsum", [softmax(b, w!), rows], { equation: "tr,trv->tv" })];
    }, inputs);
    expect(compared).toBeGreaterThan(120);
  });

  test("a map over chunks that uses an outer table, with a call in it", () => {
    const inputs = floats("chunks", [4, 2, 3], [3, 3], [4]);
    const compared = checkGradient((b, [x, table, scale]) => {
      const inner = new Builder(b);
      const chunk = inner.input({ dtype: "f32", shape: x!.shape.slice(1) }, "chunk");
      const factor = inner.input({ dtype: "f32", shape: [] }, "factor");
      const scores = inner.op("einsum", [chunk, table!], { equation: "ak,kc->ac" });
      const body = inner.region([inner.op("mul", [softmax(inner, scores), factor], {})]);
      return b.node("map", [x!, scale!, ...inner.captured], { mapped: 2, body });
    }, inputs);
    expect(compared).toBe(24 + 9 + 4);
  });

  test("a value used twice gets the sum; one not used, none", () => {
    const b = new Builder();
    const type: Type = { dtype: "f32", shape: [] };
    const [x, y] = [b.input(type, "x"), b.input(type, "y")];
    const product = b.op("mul", [x, b.op("add", [x, x], {})], {});
    const [dx, dy] = gradient(b, b.nodes, [product], [b.scalar(1)], [x, y]);
    expect(dy).toBeUndefined();
    const [result] = evaluateRegion(b.region([dx!]), [arrayOf("f32", [], [3]), arrayOf("f32", [], [0])]);
    expect(result!.data[0]).toBe(12);
  });

  test("a derivative of a derivative", () => {
    const b = new Builder();
    const x = b.input({ dtype: "f32", shape: [] }, "x");
    const cube = b.op("mul", [b.op("mul", [x, x], {}), x], {});
    const [first] = gradient(b, b.nodes, [cube], [b.scalar(1)], [x]);
    const [second] = gradient(b, b.nodes, [first!], [b.scalar(1)], [x]);
    const [result] = evaluateRegion(b.region([second!]), [arrayOf("f32", [], [2])]);
    expect(result!.data[0]).toBe(12);
  });
});

describe("evaluateGraph", () => {
  const seq = Dim.symbol("seq");
  const past = Dim.symbol("past", 0);

  function joined(): Graph {
    const b = new Builder();
    const before = b.input({ dtype: "f32", shape: [past, Dim.of(2)] }, "before");
    const now = b.input({ dtype: "f32", shape: [seq, Dim.of(2)] }, "now");
    const mask = b.input({ dtype: "f32", shape: [past.plus(seq), Dim.one] }, "mask");
    const all = b.op("mul", [b.op("concat", [before, now], { axis: 0 }), mask], {});
    const count = b.op("size", [], { dim: past.plus(seq) });
    const region = b.region([all, count]);
    const data = (value: Value) => ({ role: "data" as const, name: value.name, value });
    return {
      ...region,
      name: "joined",
      inputPorts: region.inputs.map(data),
      outputPorts: [
        { role: "data", name: "all", value: all },
        { role: "data", name: "count", value: count },
      ],
      symbols: [
        { name: "seq", least: 1n },
        { name: "past", least: 0n },
      ],
      assumptions: [{ left: past.plus(seq), relation: "<=", right: Dim.of(4), reason: "positions end at 4" }],
    };
  }
  const column = (n: number) => arrayOf("f32", [n, 1], new Array<number>(n).fill(2));
  const pairs = (n: number) =>
    arrayOf(
      "f32",
      [n, 2],
      Array.from({ length: 2 * n }, (_, i) => i),
    );

  test("sizes follow from the shapes", () => {
    const { all, count } = evaluateGraph(joined(), { before: pairs(1), now: pairs(2), mask: column(3) });
    expect([...all!.data]).toEqual([0, 2, 0, 2, 4, 6]);
    expect([...count!.data]).toEqual([3]);
  });

  test("a size of 0", () => {
    const { all } = evaluateGraph(joined(), { before: pairs(0), now: pairs(1), mask: column(1) });
    expect(all!.shape).toEqual([1, 2]);
  });

  test.each([
    ["missing", { now: pairs(2), mask: column(3) }, "the input `before` is missing"],
    [
      "wrong shape",
      { before: pairs(1), now: pairs(2), mask: column(2) },
      "`mask` is f32 [2,1], the graph wants f32 [3,1]",
    ],
    [
      "wrong dtype",
      { before: pairs(1), now: arrayOf("i32", [1, 2], [0, 1]), mask: column(2) },
      "`now` is i32 [1,2], the graph wants f32 [1,2]",
    ],
    [
      "assumption",
      { before: pairs(3), now: pairs(2), mask: column(5) },
      "past <= 4 does not hold: positions end at 4",
    ],
  ])("%s", (_, inputs, message) => {
    const run = () => evaluateGraph(joined(), inputs);
    expect(run).toThrow(EvaluationError);
    expect(run).toThrow(message);
  });

  test("a dim linear in one unknown is solved", () => {
    const b = new Builder();
    const x = b.input({ dtype: "f32", shape: [seq.times(2).plus(1)] }, "x");
    expect(bindSizes([x], [arrayOf("f32", [7], new Array(7).fill(0))])).toEqual({ seq: 3 });
  });
});
