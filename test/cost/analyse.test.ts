import { describe, expect, test } from "vitest";
import { costOf, sizesAt } from "../../compiler/cost/analyse.js";
import { metric } from "../../compiler/cost/metrics.js";
import { Dim } from "../../compiler/dim/dim.js";
import { optimize } from "../../compiler/ir/passes/optimize.js";
import { verify } from "../../compiler/ir/verify.js";
import { gpt, gpt2Small, gpt2Xl, gptGraph } from "./mini-gpt.js";

const batch = Dim.symbol("batch");
const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);
const at1024 = { batch: 1n, seq: 1024n, past: 0n };

const read = (
  instance: ReturnType<typeof gpt>,
  name: string,
  point: Record<string, bigint>,
  words: string[] = [],
) => {
  const found = metric(instance, name, words, point);
  if (found.kind !== "value") throw new Error(found.why);
  return found.value;
};

describe("a GPT-2 built by hand", () => {
  const small = gpt(gpt2Small);

  test("the graphs are sound", () => {
    expect(verify(small.start)).toEqual([]);
    expect(verify(small.step)).toEqual([]);
  });

  test("flops are L(24Td² + 4T²d) + 2TdV", () => {
    const [layers, d, vocab] = [12, 768, 50257];
    const cost = costOf(small.start);
    const tokens = batch.times(seq);
    const expected = tokens
      .times(24 * d * d)
      .plus(tokens.times(seq).times(4 * d))
      .times(layers)
      .plus(tokens.times(2 * d * vocab));
    expect(cost.flops.minus(expected).isZero).toBe(true);
    expect(read(small, "flops.forward", at1024)).toEqual([291_648_307_200n, 1n]);
  });

  test("attention is told from products with weights, and its mask counted exactly", () => {
    const cost = costOf(small.step);
    const [layers, d] = [12, 768];
    const pairs = seq.times(past.plus(seq));
    expect(cost.total.attentionMacs.equals(batch.times(pairs).times(2 * d * layers))).toBe(true);
    const seen = seq.times(seq.plus(1)).over(2).plus(seq.times(past));
    const useful = cost.total.macs.plus(batch.times(seen).times(2 * d * layers)).times(2);
    expect(cost.flopsUseful.equals(useful)).toBe(true);
    expect(cost.counted.size).toBe(0);
  });

  test("a window counts the pairs within it", () => {
    const config = { vocab: 7, context: 64, dim: 8, heads: 2, layers: 1, window: 3 };
    const cost = costOf(gptGraph(config, "start"));
    for (const n of [1n, 2n, 3n, 5n, 9n]) {
      let pairs = 0n;
      for (let i = 0n; i < n; i++) pairs += i < 3n ? i + 1n : 3n;
      const attention = cost.flopsUseful.minus(cost.total.macs.times(2)).evaluate({ batch: 2n, seq: n });
      expect(attention).toEqual([2n * 2n * 2n * 8n * pairs, 1n]);
    }
  });

  test("parameters", () => {
    expect(read(small, "params.total", at1024)).toEqual([124_439_808n, 1n]);
    expect(read(small, "params.active", at1024)).toEqual([124_439_808n, 1n]);
    expect(read(gpt(gpt2Xl), "params.total", at1024)).toEqual([1_557_611_200n, 1n]);
  });

  test("a table that is only looked up counts one row a token", () => {
    const untied = gpt({ ...gpt2Small, untied: true });
    const total = 124_439_808n + 50_257n * 768n;
    expect(read(untied, "params.total", at1024)).toEqual([total, 1n]);
    expect(read(untied, "params.active", { ...at1024, batch: 3n })).toEqual([total - 50_256n * 768n, 1n]);
  });

  test("a decoded token", () => {
    const [layers, d, vocab] = [12n, 768n, 50257n];
    const expected = layers * (24n * d * d + 4n * 1024n * d) + 2n * d * vocab;
    expect(read(small, "flops.decode", at1024)).toEqual([expected, 1n]);
    expect(read(small, "flops.decode", { ...at1024, past: 1023n })).toEqual([expected, 1n]);
  });

  test("the cache is 2·L·d·4 bytes a position", () => {
    expect(read(small, "memory.cache", { batch: 2n, seq: 100n })).toEqual([
      2n * 12n * 768n * 4n * 100n * 2n,
      1n,
    ]);
  });

  test("growth", () => {
    expect(read(small, "growth", at1024, ["seq"])).toEqual([2n, 1n]);
    expect(read(small, "growth", at1024, ["batch"])).toEqual([1n, 1n]);
    expect(read(small, "growth", at1024, ["past"])).toEqual([1n, 1n]);
  });

  test("what is not there yet says so", () => {
    expect(metric(small, "time.train", ["adam"], at1024).kind).toBe("not-yet");
    expect(metric(small, "time.decode", [], at1024).kind).toBe("not-yet");
    expect(metric(small, "flops.forward", [], { batch: 1n }).kind).toBe("no-data");
    expect(metric(small, "flops.typo", [], at1024).kind).toBe("no-data");
  });

  test("passes change no product", () => {
    const plain = costOf(small.step);
    const better = costOf(optimize(small.step));
    expect(better.flops.equals(plain.flops)).toBe(true);
    expect(better.flopsUseful.equals(plain.flopsUseful)).toBe(true);
    expect(sizesAt(better, at1024).unmasked).toEqual([]);
  });
});
