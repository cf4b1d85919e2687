import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import type { Type } from "../../compiler/ir/graph.js";
import type { OpName } from "../../compiler/ops/attrs.js";
import type { Cost } from "../../compiler/ops/cost-vector.js";
import type { OpDef } from "../../compiler/ops/define.js";
import { ops } from "../../compiler/ops/index.js";
import { nodeCost } from "../../compiler/ops/region-cost.js";
import { sampleInputs } from "../../compiler/ops/samples.js";

const table = Object.entries(ops) as unknown as [OpName, OpDef<OpName>][];

describe.each(table)("%s", (name, op) => {
  test("stands under its own name and has samples of different names", () => {
    expect(op.name).toBe(name);
    const names = op.samples.map((s) => s.name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(2);
  });

  test.each(op.samples.map((s) => [s.name, s] as const))("%s", (_, sample) => {
    const arrays = sampleInputs(sample);
    const b = new Builder();
    const inputs = sample.inputs.map((x, i) =>
      b.input({ dtype: x.dtype, shape: x.shape.map((n) => Dim.of(n)) }, `x${i}`),
    );
    const outputs = b.node(name, inputs, sample.attrs);
    const results = evaluateRegion(b.region(outputs), arrays);
    expect(results.map((r) => r.shape)).toEqual(outputs.map((v) => v.shape.map((d) => Number(d.int))));
    expect(results.map((r) => r.dtype)).toEqual(outputs.map((v) => v.dtype));
    for (const r of results) expect(r.data.length).toBe(r.shape.reduce((x, y) => x * y, 1));
    if (sample.expect) expect(results.map((r) => [...r.data].map((x) => x + 0))).toEqual(sample.expect);

    const cost = nodeCost(b.nodes[0]!);
    for (const entry of Object.values(cost) as Dim[]) expect(Dim.zero.atMost(entry)).toBe("yes");
  });

  test("the shape rule answers whatever it is given", () => {
    const types: Type[] = [
      { dtype: "bool", shape: [] },
      { dtype: "i32", shape: [Dim.symbol("seq"), Dim.of(3)] },
      { dtype: "f32", shape: [Dim.of(2), Dim.of(0), Dim.symbol("past", 0)] },
    ];
    const wrong: Type[][] = [[], ...types.map((t) => [t]), types, [...types].reverse(), [...types, ...types]];
    for (const sample of op.samples) {
      for (const inputs of wrong) {
        let reports = 0;
        const count = (ok: boolean) => void (reports += ok ? 0 : 1);
        const outputs = op.infer(inputs, sample.attrs, {
          that: count,
          same: (x, y) => count(x.compare(y) !== "different"),
          atMost: (x, y) => count(x.atMost(y) !== "no"),
        });
        expect(outputs.length).toBeGreaterThan(0);
        if (sample.inputs.length > 0 && inputs.length === 0) expect(reports).toBeGreaterThan(0);
      }
    }
  });
});

describe("costs", () => {
  const batch = Dim.symbol("batch");
  const seq = Dim.symbol("seq");
  const f32 = (...shape: Dim[]): Type => ({ dtype: "f32", shape });
  const i32 = (...shape: Dim[]): Type => ({ dtype: "i32", shape });
  const cost = <K extends OpName>(
    op: K,
    types: Type[],
    attrs: Parameters<typeof Builder.prototype.node<K>>[2],
  ): Record<string, string> => {
    const b = new Builder();
    b.node(
      op,
      types.map((t) => b.input(t, "x")),
      attrs,
    );
    const found: Partial<Cost> = nodeCost(b.nodes[0]!);
    return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, `${value}`]));
  };

  test("einsum counts one multiply-add for every combination of letters", () => {
    const types = [f32(batch, seq, Dim.of(768)), f32(Dim.of(768), Dim.of(3072))];
    expect(cost("einsum", types, { equation: "btd,df->btf" })).toEqual({
      macs: "2359296*batch*seq",
      bytesRead: "3072*batch*seq + 9437184",
      bytesWritten: "12288*batch*seq",
    });
  });

  test("gather reads rows, not the table", () => {
    const types = [f32(Dim.of(50257), Dim.of(768)), i32(batch, seq)];
    expect(cost("gather", types, { axis: 0, batch: 0 })).toEqual({
      gatherRows: "batch*seq",
      gatherBytes: "3072*batch*seq",
      bytesRead: "3076*batch*seq",
      bytesWritten: "3072*batch*seq",
    });
  });

  test("views move nothing", () => {
    expect(cost("reshape", [f32(batch, seq)], { shape: [seq, batch] })).toEqual({});
    expect(cost("stop_gradient", [f32(batch, seq)], {})).toEqual({});
    expect(cost("size", [], { dim: seq })).toEqual({});
  });

  test("selecting counts n·log2 n comparisons", () => {
    expect(cost("topk", [f32(seq, Dim.of(512))], { k: Dim.of(32) }).compares).toBe("4608*seq");
    expect(cost("argsort", [i32(Dim.of(5))], {}).compares).toBe("15");
  });

  test("map is its body, as often as it runs", () => {
    const b = new Builder();
    const x = b.input(f32(seq, Dim.of(4)), "x");
    const inner = new Builder(b);
    const slice = inner.input(f32(Dim.of(4)), "slice");
    const body = inner.region([inner.op("exp", [slice], {})]);
    b.node("map", [x], { mapped: 1, body });
    expect(`${nodeCost(b.nodes[0]!).transcendental}`).toBe("4*seq");
  });
});
