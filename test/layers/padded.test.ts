import { describe, expect, it } from "vitest";
import { costOf } from "../../compiler/cost/analyse.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { filled, model, wave, weights } from "../check/support.js";
import { figure } from "../parity/models.js";

/**
 * Layers that cut a sequence into parts take any length: the last part is filled up. What a position gets is what it gets
 * at the next length that divides, where nobody sees the positions behind it (they come later, or are masked); and the
 * cost counts the filled-up rows, by formulas written here from the layers' definitions.
 */
const [D, H, K] = [12, 2, 6];

interface Padded {
  readonly layer: string;
  /** Positions of a part. */
  readonly part: number;
  /** A position sees those behind it, or sorts among them, unless they are masked. */
  readonly masked?: true;
  /** Weights of the model besides, and how the layer takes them. */
  readonly extra?: string;
  /** Multiply-adds with weights, at `n` positions that fill up to `full`. */
  readonly macs: (n: number, full: number) => number;
  /** Multiply-adds between two activations. */
  readonly attention: (n: number, full: number) => number;
}

/** Maps to queries, keys and values and back, which no part needs: of the positions that there are alone. */
const maps = (n: number) => 4 * n * D * D;
/** Scores and mixing of so many positions with `seen` others each, in all heads. */
const pairs = (rows: number, seen: number) => 2 * H * rows * seen * K;

const cases: readonly Padded[] = [
  {
    layer: "local_attention(2, chunk = 4, causal = true)",
    part: 4,
    macs: maps,
    attention: (_, full) => pairs(full, 8),
  },
  {
    layer: "local_attention(2, chunk = 5, before = 2, causal = true)",
    part: 5,
    macs: maps,
    attention: (_, full) => pairs(full, 15),
  },
  {
    layer: "local_attention(2, chunk = 4, after = 1)",
    part: 4,
    masked: true,
    macs: maps,
    attention: (_, full) => pairs(full, 12),
  },
  {
    layer: "local_attention(2, chunk = 4, before = 1, after = 1, around = true)",
    part: 4,
    masked: true,
    macs: maps,
    attention: (_, full) => pairs(full, 12),
  },
  {
    layer: "lsh_attention(2, chunk = 4, rounds = 2, buckets = [6], causal = true)",
    part: 4,
    masked: true,
    // One map for queries and keys; rotations are drawn, and stored as weights are: 3 directions in each round.
    macs: (n) => 3 * n * D * D + n * H * K * 2 * 3,
    attention: (_, full) => 2 * pairs(full, 8),
  },
  {
    layer: "lsh_attention(2, chunk = 5, before = 1, after = 1, buckets = [2, 4], across = false)",
    part: 5,
    masked: true,
    macs: (n) => 3 * n * D * D + n * H * K * 3,
    attention: (_, full) => pairs(full, 15),
  },
  {
    // Buckets follow from a longest sequence that no chunk divides: floor(13 / 4) = 3 chunks have 4 of them.
    layer: "lsh_attention(2, chunk = 4, seq = 13, causal = true, apart = true)",
    part: 4,
    masked: true,
    macs: (n) => 3 * n * D * D + n * H * K * 2,
    attention: (_, full) => pairs(full, 8),
  },
  {
    layer: "sparse_attention(2, strided_rows(4), bias = false)",
    part: 4,
    macs: maps,
    attention: (_, full) => pairs(full, 8),
  },
  {
    layer: "sparse_attention(2, strided_columns(4), bias = false)",
    part: 4,
    macs: maps,
    attention: (_, full) => pairs(full, full / 4),
  },
  {
    layer: "sparse_attention(2, strided_rows(3), strided_columns(3, apart = 3), bias = false)",
    part: 3,
    macs: maps,
    attention: (_, full) => pairs(full, 6 + full / 3),
  },
  {
    layer: "sparse_attention(2, fixed_rows(4), bias = false)",
    part: 4,
    macs: maps,
    attention: (_, full) => pairs(full, 4),
  },
  {
    // Every position asks the two summaries of each block, the last block's too where it is not whole.
    layer: "sparse_attention(2, fixed_columns(4, summary = 2), bias = false)",
    part: 4,
    macs: maps,
    attention: (n, full) => pairs(n, (2 * full) / 4),
  },
  {
    // A block of 4 has 4 + 5 keys, of which each query has a vector for 5 distances; the window before is projected too.
    // What is shorter than a block is one, and nothing is filled up.
    layer: "span_attention(2, 5, table = places, ramp = 2, block = 4)",
    part: 4,
    extra: `weight places: [K = ${K}, A = 5]`,
    macs: (n, full) => 2 * n * D * D + 2 * (n + 5) * D * D + H * (n < 4 ? n : full) * K * 5,
    attention: (n, full) => (n < 4 ? pairs(n, n + 5) : pairs(full, 4 + 5)),
  },
  {
    layer: "chunked(mlp(hidden = 20), size = 4)",
    part: 4,
    macs: (_, full) => 2 * full * D * 20,
    attention: () => 0,
  },
  {
    layer: `chunked(untied(${D}), size = 5)`,
    part: 5,
    macs: (_, full) => full * D * D,
    attention: () => 0,
  },
];

const instanceOf = ({ layer, extra = "" }: Padded, masked: boolean) =>
  model(
    masked
      ? `model M {\n  ${extra}\n  forward(x: [B T D = ${D}], keep: [B T] int) -> (y: [B T D]) { return mix(x) }\n  slot mix: layer = ${layer.replace("(2, ", "(2, mask = keep, ")}\n}`
      : `model M {\n  ${extra}\n  slot mix: layer = ${layer}\n  forward(x: [B T D = ${D}]) -> (y: [B T D]) { return mix(x) }\n}`,
  );

const lengths = [1, 3, 4, 5, 7, 10, 11, 13];
const filledUp = (n: number, part: number) => Math.ceil(n / part) * part;

describe.each(cases)("$layer", (given) => {
  const odd = instanceOf(given, false);
  const even = given.masked ? instanceOf(given, true) : odd;
  const w: Record<string, NdArray> = Object.fromEntries(
    Object.entries(weights(odd)).map(([key, shape], i) => [
      key,
      filled(shape.split(" ").map(Number), wave(0.7, i)),
    ]),
  );
  const x = (length: number): NdArray => filled([1, length, D], wave(1, 0.3));
  const run = (at: typeof odd, inputs: Readonly<Record<string, NdArray>>) =>
    [...evaluateGraph(at.start, { ...inputs, ...w }, {}).y!.data].map(Number);

  it("gives each position what it gets at the next length that divides", () => {
    for (const n of lengths) {
      const full = filledUp(n, given.part);
      const keep: NdArray = {
        dtype: "i32",
        shape: [1, full],
        data: Int32Array.from({ length: full }, (_, i) => (i < n ? 1 : 0)),
      };
      const due = run(even, given.masked ? { x: x(full), keep } : { x: x(full) }).slice(0, n * D);
      const got = run(odd, { x: x(n) });
      expect(got.length).toBe(n * D);
      // A span's first position sees zeros alone.
      if (n > 1) expect(got.some((value) => Math.abs(value) > 1e-3)).toBe(true);
      for (const [i, value] of due.entries()) expect(Math.abs(got[i]! - value)).toBeLessThan(1e-6);
    }
  });

  it("costs what the filled-up parts cost", () => {
    const { total } = costOf(odd.start);
    for (const n of lengths) {
      const full = filledUp(n, given.part);
      const at = { batch: 1n, seq: BigInt(n) };
      const read = (key: "macs" | "attentionMacs") => total[key].evaluate(at);
      expect([n, ...read("macs")]).toEqual([n, BigInt(given.macs(n, full)), 1n]);
      expect([n, ...read("attentionMacs")]).toEqual([n, BigInt(given.attention(n, full)), 1n]);
    }
  });
});

describe("`archc cost` at a length that does not divide", () => {
  const flops = (model: string, seq: bigint) =>
    figure("specs/small-reformer.arch", model, "flops.forward", { batch: 1n, seq });
  // Maps to queries, keys, values and back, in 2 blocks of width 32; all else of this model is cut into parts of 4 or 16.
  const ofMaps = 2n * 2n * 4n * 32n * 32n;

  it.each([
    [13n, 16n],
    [17n, 32n],
    [61n, 64n],
  ])("counts every filled-up row of a model: %i stands for %i", (odd, full) => {
    // Attention and the feed-forward fill up to 4; the head, of both streams, to 16.
    const head = 2n * (2n * 32n) * 256n;
    const to4 = ((odd + 3n) / 4n) * 4n;
    const inner = flops("TinyLocal", full) - full * (ofMaps + head);
    const due = odd * ofMaps + full * head + (inner * to4) / full;
    expect(flops("TinyLocal", odd)).toBe(due);
    expect(flops("TinyLocal", odd) * full).toBeGreaterThan(flops("TinyLocal", full) * odd);
  });

  it("asks no more latents than there are positions: a shorter input costs what its own latents cost", () => {
    const perceiver = (seq: bigint, latents: bigint) =>
      figure("specs/small-perceiver-ar.arch", "TinyPerceiverAr", "flops.forward", {
        batch: 1n,
        seq,
        latents,
      });
    for (const seq of [1n, 3n, 5n]) expect(perceiver(seq, 6n)).toBe(perceiver(seq, seq));
    expect(perceiver(5n, 4n)).toBeLessThan(perceiver(5n, 5n));
  });
});
