import { describe, expect, test } from "vitest";
import { costOf, sizesAt } from "../../compiler/cost/analyse.js";
import { countWeights } from "../../compiler/cost/params.js";
import { partTable } from "../../compiler/cost/part-table.js";
import { costReport } from "../../compiler/cost/report.js";
import { costJson, costText } from "../../compiler/cost/report-text.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph, InputPort, Value } from "../../compiler/ir/graph.js";
import { cpuTime } from "../support/cpu-time.js";
import { gpt, gpt2Small, gpt2Xl } from "./mini-gpt.js";

const at = { batch: 1n, seq: 1024n };

describe("the report of a GPT-2", () => {
  const report = costReport(gpt(gpt2Small), at);

  test("its parts add up", () => {
    const sum = (of: (part: (typeof report.parts)[number]) => bigint) =>
      report.parts.reduce((a, p) => a + of(p), 0n);
    expect(sum((p) => p.params)).toBe(124_439_808n);
    expect(sum((p) => p.flops)).toBe(291_648_307_200n);
    expect(sum((p) => p.cacheBytes)).toBe(2n * 12n * 768n * 4n * 1024n);
    expect(report.ops.reduce((a, op) => a + op.flops, 0n)).toBe(291_648_307_200n);
    expect(report.parts.map((p) => p.path)).toEqual(
      expect.arrayContaining(["embed", "positions", "blocks.0", "blocks.11", "norm", "head"]),
    );
    expect(report.parts.find((p) => p.path === "blocks.3")!.slots).toEqual({ attn: "attention", ffn: "mlp" });
  });

  test("as JSON it has flat keys and exact numbers", () => {
    const json = costJson(report);
    expect(json).toMatchObject({
      model: "gpt",
      "params.total": 124_439_808n,
      "params.active": 124_439_808n,
      "flops.forward": 291_648_307_200n,
      "growth.seq": 2,
      "growth.batch": 1,
    });
    expect(json["flops.polynomial"]).toBe("36864*batch*seq^2 + 247064064*batch*seq");
    expect(json["growth.seq.leading"]).toBe("36864*batch*seq^2");
    const terms = ["weights", "buffers", "states", "activations", "workspace"];
    const total = terms.reduce((a, term) => a + (json[`memory.inference.${term}`] as bigint), 0n);
    expect(json["memory.inference"]).toBe(total);
    expect(json).not.toHaveProperty("memory.train");
  });

  test("as text it shows figures, the polynomial, and equal blocks as one line", () => {
    const text = costText(report);
    expect(text).toMatch(/^gpt at batch = 1, seq = 1024\n/);
    expect(text).toMatch(/params\.total +124\.4M +124,439,808\n/);
    expect(text).toMatch(/flops\.forward +291\.6 GFLOP +291,648,307,200\n/);
    expect(text).toContain("flops.forward = 36864*batch*seq^2 + 247064064*batch*seq\n");
    expect(text).toContain("growth: linear in batch, quadratic in seq (36864*batch*seq^2)");
    expect(text).toMatch(/blocks\.0 \.\. 11 +12 x 7\.09M +attn attention, ffn mlp +85\.1M +85\.1M/);
    expect(text).toMatch(/^total +124\.4M +124\.4M +291\.6 GFLOP .* 72\.0 MiB$/m);
  });

  test("groups only blocks of one stack that are exactly alike, and adds up what it shows", () => {
    const part = (path: string, params: bigint, slots: Record<string, string> = {}) => ({
      path,
      slots,
      params,
      active: [params, 2n] as const,
      flops: 0n,
      activationBytes: 1024n * params,
      cacheBytes: 0n,
    });
    const text = partTable([
      part("a.0", 1000n, { ffn: "mlp" }),
      part("a.1", 1000n, { ffn: "mlp" }),
      part("a.2", 1001n, { ffn: "mlp" }),
      part("b.0", 1001n, { ffn: "mlp" }),
      part("b.1", 1001n, { ffn: "pkm" }),
      part("", 1n),
    ]);
    const rows = text
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(rows).toEqual([
      ["part", "params each", "params", "active", "flops", "activations", "cache"],
      ["a.0 .. 1", "2 x 1,000", "ffn mlp", "2,000", "1,000", "-", "1.95 MiB", "-"],
      ["a.2", "ffn mlp", "1,001", "500.5", "-", "1001.0 KiB", "-"],
      ["b.0", "ffn mlp", "1,001", "500.5", "-", "1001.0 KiB", "-"],
      ["b.1", "ffn pkm", "1,001", "500.5", "-", "1001.0 KiB", "-"],
      ["(model)", "1", "0.5", "-", "1.00 KiB", "-"],
      ["total", "5,004", "2,502", "-", "4.89 MiB", "-"],
    ]);
    expect(partTable([part("a.0", 1n)])).not.toContain("each");
  });

  test("a new point takes milliseconds, for XL too", () => {
    const xl = gpt(gpt2Xl);
    costReport(xl, at);
    const times = [512n, 256n, 128n].map((seq) => cpuTime(() => costReport(xl, { batch: 2n, seq })));
    expect(Math.min(...times)).toBeLessThan(200);
  });
});

const seq = Dim.symbol("seq");
const n = (x: number) => Dim.of(x);

/** A graph with weights by name and an f32 input [seq, 4]. */
function graphOf(
  weights: Readonly<Record<string, { shape: number[]; lookup?: boolean }>>,
  build: (b: Builder, x: Value, w: Record<string, Value>) => Value,
): Graph {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [seq, n(4)] }, "x");
  const inputPorts: InputPort[] = [{ role: "data", name: "x", value: x }];
  const values: Record<string, Value> = {};
  for (const [name, { shape, lookup }] of Object.entries(weights)) {
    const value = b.input({ dtype: "f32", shape: shape.map(n) }, name);
    values[name] = value;
    const weight = {
      kind: "weight",
      init: { kind: "ones" },
      lookup: lookup ?? false,
      within: undefined,
    } as const;
    inputPorts.push({ role: "weight", name, value, weight });
  }
  const y = build(b, x, values);
  const outputPorts = [{ role: "data" as const, name: "y", value: y }];
  return {
    name: "test",
    ...b.region([y]),
    inputPorts,
    outputPorts,
    symbols: [{ name: "seq", least: 1n }],
    assumptions: [],
  };
}

describe("what counts as what", () => {
  const lookup = { table: { shape: [64, 4], lookup: true }, keys: { shape: [64, 4] } };
  /** Two rows of a memory a position, weighted: a small product-key read. */
  const memory = (b: Builder, x: Value, w: Record<string, Value>): Value => {
    const scores = b.op("einsum", [x, w.keys!], { equation: "td,nd->tn" });
    const [best, index] = b.node("topk", [scores], { k: n(2) });
    const rows = b.op("gather", [w.table!, index!], { axis: 0, batch: 0 });
    return b.op("einsum", [best!, rows], { equation: "tr,trd->td" });
  };

  test("rows of a table are weights, and active are those read", () => {
    const cost = costOf(graphOf(lookup, memory));
    expect(cost.total.attentionMacs.isZero).toBe(true);
    expect(cost.total.macs.equals(seq.times(64 * 4 + 2 * 4))).toBe(true);
    const [table] = countWeights(cost, seq);
    expect(table!.total.int).toBe(256n);
    expect(table!.active.int).toBe(8n);
  });

  test("rows through a reshape and a scale are rows still", () => {
    const cost = costOf(
      graphOf(lookup, (b, x, w) => {
        const flat = b.op("reshape", [w.table!], { shape: [n(64), n(4)] });
        return memory(b, x, { keys: w.keys!, table: b.op("mul", [flat, b.scalar(2)], {}) });
      }),
    );
    expect(cost.total.attentionMacs.isZero).toBe(true);
    // Scaling reads the whole table.
    expect(countWeights(cost, seq)[0]!.active.int).toBe(256n);
  });

  test("products of two activations are attention; with a weight's product, they are not", () => {
    const both = costOf(graphOf({}, (b, x) => b.op("einsum", [x, x], { equation: "td,sd->ts" })));
    // `s` and `t` are one symbol, so the same letter would be summed; two letters spell all pairs.
    expect(both.total.attentionMacs.equals(seq.times(seq).times(4))).toBe(true);
    const square = { a: { shape: [4, 4] }, c: { shape: [4, 4] } };
    const weights = costOf(
      graphOf(square, (b, x, { a, c }) => {
        const product = b.op("einsum", [a!, c!], { equation: "ij,jk->ik" });
        return b.op("einsum", [x, product], { equation: "td,de->te" });
      }),
    );
    expect(weights.total.attentionMacs.isZero).toBe(true);
  });

  test("a mask of another slope is counted at the point", () => {
    const graph = graphOf({}, (b, x) => {
      const rows = b.op("reshape", [b.op("iota", [], { size: seq })], { shape: [seq, n(1)] });
      const half = b.op("floor_div", [rows, b.scalar(2, "i32")], {});
      const seen = b.op("le", [b.op("iota", [], { size: seq }), half], {});
      const scores = b.op("einsum", [x, x], { equation: "td,sd->ts" });
      return b.op("select", [seen, scores, b.scalar(0)], {});
    });
    const cost = costOf(graph);
    expect(cost.counted.size).toBe(1);
    const { sizes, unmasked } = sizesAt(cost, { seq: 7n });
    // Rows of 1, 1, 2, 2, 3, 3, 4.
    expect(cost.flopsUseful.evaluate(sizes)).toEqual([2n * 4n * 16n, 1n]);
    expect(unmasked).toEqual([]);
    const large = sizesAt(cost, { seq: 5000n });
    expect(large.unmasked).toEqual(["mask1"]);
    expect(cost.flopsUseful.evaluate(large.sizes)).toEqual(cost.flops.evaluate({ seq: 5000n }));
  });

  test("a mask on data takes nothing away", () => {
    const graph = graphOf({}, (b, x) => {
      const scores = b.op("einsum", [x, x], { equation: "td,sd->ts" });
      return b.op("select", [b.op("lt", [scores, b.scalar(0)], {}), scores, b.scalar(0)], {});
    });
    const cost = costOf(graph);
    expect(cost.flopsUseful.equals(cost.flops)).toBe(true);
  });

  test("what is read of scores without their mask counts in full", () => {
    const graph = graphOf({}, (b, x) => {
      const rows = b.op("reshape", [b.op("iota", [], { size: seq })], { shape: [seq, n(1)] });
      const seen = b.op("le", [b.op("iota", [], { size: seq }), rows], {});
      const scores = b.op("einsum", [x, x], { equation: "td,sd->ts" });
      return b.op("add", [b.op("select", [seen, scores, b.scalar(0)], {}), scores], {});
    });
    const cost = costOf(graph);
    expect(cost.flopsUseful.equals(cost.flops)).toBe(true);
  });

  test("a map's body counts once a trip", () => {
    const square = { w: { shape: [4, 4] } };
    const plain = costOf(
      graphOf(square, (b, x, { w }) => b.op("einsum", [x, w!], { equation: "td,de->te" })),
    );
    const mapped = costOf(
      graphOf(square, (b, x, { w }) => {
        const inner = new Builder(b);
        const row = inner.input({ dtype: "f32", shape: [n(4)] }, "row");
        const tall = inner.op("reshape", [row], { shape: [n(1), n(4)] });
        const product = inner.op("einsum", [tall, w!], { equation: "td,de->te" });
        const body = inner.region([inner.op("reshape", [product], { shape: [n(4)] })]);
        return b.node("map", [x, ...inner.captured], { mapped: 1, body })[0]!;
      }),
    );
    expect(mapped.flops.equals(plain.flops)).toBe(true);
  });

  test("an adaptive span's products count those of its band alone", () => {
    const kept = 6;
    const graph = graphOf({ wq: { shape: [4, 4] } }, (b, x, { wq }) => {
      const all = b.op("pad", [x], { axis: 0, before: n(kept), after: n(0), value: 0 });
      const q = b.op("einsum", [x, wq!], { equation: "td,de->te" });
      const k = b.op("einsum", [all, wq!], { equation: "td,de->te" });
      const total = seq.plus(kept);
      const flat = (v: Value, size: Dim) => b.op("reshape", [v], { shape: [size] });
      // unskew: the row of position m becomes the `kept` places before it.
      const scores = b.op("einsum", [q, k], { equation: "md,sd->ms" });
      const grown = b.op("pad", [flat(scores, seq.times(total))], {
        axis: 0,
        before: n(0),
        after: seq,
        value: 0,
      });
      const wide = b.op("reshape", [grown], { shape: [seq, total.plus(1)] });
      const near = b.op("slice", [wide], { axis: 1, start: n(0), size: n(kept) });
      const weights = b.op("exp", [near], {});
      // skew: back to a row over all positions, 0 outside the band.
      const padded = b.op("pad", [weights], { axis: 1, before: n(0), after: seq.plus(1), value: 0 });
      const line = flat(padded, seq.times(seq.plus(kept + 1)));
      const cut = b.op("slice", [line], { axis: 0, start: n(0), size: seq.times(total) });
      const back = b.op("reshape", [cut], { shape: [seq, total] });
      return b.op("einsum", [back, k], { equation: "ms,sd->md" });
    });
    const cost = costOf(graph);
    expect(cost.total.attentionMacs.equals(seq.times(seq.plus(kept)).times(8))).toBe(true);
    expect(cost.flopsUseful.minus(cost.total.macs.times(2)).equals(seq.times(kept * 16))).toBe(true);
  });

  test("an op without a rule is an error, never 0", () => {
    const graph = graphOf({}, (b, x) => b.op("exp", [x], {}));
    const strange = { ...graph.nodes[0]!, op: "mystery" } as unknown as (typeof graph.nodes)[number];
    expect(() => costOf({ ...graph, nodes: [strange] })).toThrow("the op `mystery` has no cost rule");
  });
});
