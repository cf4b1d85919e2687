import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import { gradient } from "../../compiler/ir/grad.js";
import type { Region, Value } from "../../compiler/ir/graph.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { errorFunction } from "../../compiler/ops/error-function.js";
import { ops } from "../../compiler/ops/index.js";
import { generator, sampleInputs } from "../../compiler/ops/samples.js";

describe("erf to 1e-15", () => {
  // Values of Python's math.erf.
  test.each([
    [0, 0.0],
    [1e-300, 1.1283791670955126e-300],
    [1e-8, 1.1283791670955126e-8],
    [0.01, 0.011283415555849616],
    [0.1, 0.1124629160182849],
    [0.3, 0.3286267594591274],
    [0.5, 0.5204998778130465],
    [0.75, 0.7111556336535151],
    [1, 0.8427007929497149],
    [1.3, 0.9340079449406524],
    [1.7, 0.9837904585907745],
    [2, 0.9953222650189527],
    [2.25, 0.9985372834133188],
    [2.49, 0.9995707121322661],
    [2.5, 0.999593047982555],
    [2.51, 0.9996142945182758],
    [2.75, 0.9998993780778803],
    [3, 0.9999779095030014],
    [3.5, 0.9999992569016276],
    [4, 0.9999999845827421],
    [5, 0.9999999999984626],
    [5.9, 0.9999999999999999],
    [6.1, 1.0],
  ])("at %f", (x, expected) => {
    expect(Math.abs(errorFunction(x) - expected)).toBeLessThanOrEqual(1e-15 * expected);
    expect(errorFunction(-x)).toBe(-errorFunction(x));
  });
  test("NaN stays", () => expect(errorFunction(Number.NaN)).toBeNaN());
});

describe("einsum against its definition", () => {
  const equations = [
    "ab,bc->ac",
    "abc,cb->ab",
    "abc,bcd->dab",
    "ab,ab->",
    "a,b->ba",
    "abcd,abed->abec",
    "ab,->ba",
  ];
  test.each(equations)("%s", (equation) => {
    const sizes: Record<string, number> = { a: 2, b: 3, c: 4, d: 2, e: 5 };
    const [left = "", right = "", result = ""] = equation.split(/,|->/);
    const shape = (letters: string) => [...letters].map((c) => sizes[c]!);
    const [x, y] = sampleInputs({
      name: equation,
      inputs: [left, right].map((letters) => ({ dtype: "f32" as const, shape: shape(letters) })),
    });
    const letters = [...new Set(left + right)];
    const place = (of: string, at: Map<string, number>) =>
      [...of].reduce((sum, c) => sum * sizes[c]! + at.get(c)!, 0);
    const expected = new Float64Array(shape(result).reduce((p, n) => p * n, 1));
    const total = letters.reduce((p, c) => p * sizes[c]!, 1);
    for (let i = 0; i < total; i++) {
      let rest = i;
      const at = new Map<string, number>();
      for (const c of letters) {
        at.set(c, rest % sizes[c]!);
        rest = Math.floor(rest / sizes[c]!);
      }
      expected[place(result, at)]! += x!.data[place(left, at)]! * y!.data[place(right, at)]!;
    }
    const [found] = ops.einsum.evaluate([x!, y!], { equation }, noContext);
    for (const [i, value] of expected.entries()) expect(found!.data[i]).toBeCloseTo(value, 12);
  });
});

const noContext = {
  size: (dim: Dim) => Number(dim.int),
  run: (_: Region): readonly NdArray[] => [],
};

describe("NaN and order", () => {
  const row = (...data: number[]) => arrayOf("f32", [data.length], data);
  test("topk and argsort put NaN last, argmax passes it over", () => {
    const x = row(1, Number.NaN, 3, -1);
    expect([...ops.topk.evaluate([x], { k: Dim.of(4) }, noContext)[1]!.data]).toEqual([2, 0, 3, 1]);
    expect([...ops.argsort.evaluate([x], {}, noContext)[0]!.data]).toEqual([3, 0, 2, 1]);
    expect([...ops.argmax.evaluate([row(Number.NaN, 1, 2)], { axis: 0 }, noContext)[0]!.data]).toEqual([2]);
  });

  test("topk is the head of a stable sort", () => {
    const draw = generator("head of a sort");
    for (let round = 0; round < 50; round++) {
      const data = Array.from({ length: 40 }, () => Math.floor(draw() * 12));
      const k = 1 + Math.floor(draw() * 40);
      const order = data.map((_, i) => i).sort((a, b) => data[b]! - data[a]! || a - b);
      expect([...ops.topk.evaluate([row(...data)], { k: Dim.of(k) }, noContext)[1]!.data]).toEqual(
        order.slice(0, k),
      );
    }
  });

  test("a gather outside the table is seen", () => {
    const at = arrayOf("i32", [2], [1, 9]);
    expect([...ops.gather.evaluate([row(5, 6), at], { axis: 0, batch: 0 }, noContext)[0]!.data]).toEqual([
      6,
      Number.NaN,
    ]);
  });
});

describe("sizes of run time", () => {
  const [batch, seq, past] = [Dim.symbol("batch"), Dim.symbol("seq"), Dim.symbol("past", 0)];

  /** Every op whose rule reads a shape, on symbolic dims, with its derivative. */
  function traced(): { region: Region; wrt: readonly Value[] } {
    const b = new Builder();
    const x = b.input({ dtype: "f32", shape: [batch, seq, Dim.of(4)] }, "x");
    const cache = b.input({ dtype: "f32", shape: [batch, past, Dim.of(4)] }, "cache");
    const bias = b.input({ dtype: "f32", shape: [Dim.of(4)] }, "bias");
    const all = b.op("concat", [cache, b.op("add", [x, bias], {})], { axis: 1 });
    const scores = b.op("einsum", [x, all], { equation: "btd,bsd->bts" });
    const most = b.op("reshape", [b.op("reduce_max", [scores], { axes: [2] })], {
      shape: [batch, seq, Dim.one],
    });
    const weights = b.op("exp", [b.op("sub", [scores, most], {})], {});
    const mixed = b.op("einsum", [weights, all], { equation: "bts,bsd->btd" });
    const merged = b.op("reshape", [mixed], { shape: [batch.times(seq), Dim.of(4)] });
    const padded = b.op("pad", [merged], { axis: 0, before: past, after: Dim.one, value: 0 });
    const end = b.op("slice", [padded], { axis: 0, start: past.plus(1), size: batch.times(seq) });
    const running = b.op("cumsum", [end], { axis: 0, reverse: false });
    const index = b.op("mod", [b.op("iota", [], { size: seq }), b.op("size", [], { dim: past.plus(1) })], {});
    const rows = b.op("gather", [running, index], { axis: 0, batch: 0 });
    const inner = new Builder(b);
    const line = inner.input({ dtype: "f32", shape: [Dim.of(4)] }, "line");
    const outer = inner.use(bias);
    const body = inner.region([inner.op("mul", [line, outer], {})]);
    const result = b.op("map", [rows, ...inner.captured], { mapped: 1, body });
    const seed = b.input({ dtype: "f32", shape: result.shape }, "seed");
    const wrt = [x, cache, bias];
    const found = gradient(b, b.nodes, [result], [seed], wrt);
    return { region: b.region([result, ...found.map((v) => v!)]), wrt };
  }

  test.each([
    [2, 3, 2],
    [1, 1, 0],
  ])("derivatives with batch %i, seq %i, past %i", (nb, ns, np) => {
    const { region, wrt } = traced();
    for (const [i, value] of wrt.entries()) {
      expect(region.outputs[i + 1]!.shape.map(String)).toEqual(value.shape.map(String));
    }
    const inputs = sampleInputs({
      name: "run time",
      inputs: [[nb, ns, 4], [nb, np, 4], [4], [ns, 4]].map((shape) => ({ dtype: "f32" as const, shape })),
    });
    const run = (args: readonly NdArray[]) => evaluateRegion(region, args, { batch: nb, seq: ns, past: np });
    const loss = (args: readonly NdArray[]) => {
      let sum = 0;
      for (const [i, value] of run(args)[0]!.data.entries()) sum += value * inputs[3]!.data[i]!;
      return sum;
    };
    const found = run(inputs).slice(1);
    for (const [i, derivative] of found.entries()) {
      for (let at = 0; at < derivative.data.length; at++) {
        const moved = (by: number) => {
          const data = Float64Array.from(inputs[i]!.data);
          data[at]! += by;
          return loss(inputs.map((a, k) => (k === i ? { ...a, data } : a)));
        };
        const slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
        expect(Math.abs(derivative.data[at]! - slope) / (1 + Math.abs(slope))).toBeLessThan(1e-6);
      }
    }
  });
});
