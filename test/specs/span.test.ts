import { describe, expect, it } from "vitest";
import { figure, modelOf, service } from "../parity/models.js";

// As in parameters.test.ts, no number here is read off the specs.

interface Size {
  readonly L: bigint;
  readonly d: bigint;
  readonly H: bigint;
  readonly S: bigint;
  readonly ff: bigint;
}
const small: Size = { L: 12n, d: 512n, H: 8n, S: 8192n, ff: 2048n };
const large: Size = { L: 24n, d: 768n, H: 8n, S: 8192n, ff: 4096n };

/** The paper's "FLOPS": multiply-adds of one more character, with s keys and values kept for each head. */
const oneStep = ({ L, d, ff }: Size, s: bigint) => L * (4n * d * d + 2n * d * ff + 2n * s * d);
/** What the paper leaves out: vectors of distances, the place of the character itself, the head. */
const leftOut = ({ L, d }: Size, s: bigint, V: bigint) => L * (s * d + 2n * d) + V * d;

describe("specs/adaptive-span.arch", () => {
  const spec = "specs/adaptive-span.arch";
  const of = (model: string, name: string, at: Readonly<Record<string, bigint>> = {}) =>
    figure(spec, model, name, at);

  it.each([
    ["Text8Span12", small, 28n, 38n],
    ["Enwik8Span12", small, 205n, 39n],
    ["Text8Span24", large, 28n, 209n],
    ["Enwik8Span24", large, 205n, 209n],
  ] as const)(
    "%s has the parameters of the closed form, which round to the published",
    (model, z, V, millions) => {
      const { L, d, H, S, ff } = z;
      const total = L * (4n * d * d + 2n * d * ff + ff + d + 4n * d + H) + (d / H) * S + 2n * V * d + V;
      expect(of(model, "params.total")).toBe(total);
      expect((total + 500_000n) / 1_000_000n).toBe(millions);
    },
  );

  it("costs a block what the authors' code costs, S places of cache projected again", () => {
    const { L, d, ff, S } = small;
    const block = (M: bigint, C: bigint) =>
      L * (4n * M * d * d + 4n * (C + M) * d * d + 4n * M * (M + C) * d + 2n * M * C * d + 4n * M * d * ff) +
      2n * M * d * 28n;
    for (const M of [1n, 100n, 512n])
      expect(of("Text8Span12", "flops.forward", { batch: 1n, seq: M })).toBe(block(M, S));
    expect(of("Text8Span12", "flops.decode", { batch: 1n, seq: 1n })).toBe(block(1n, S));
  });

  it("grows with the length and not its square: a whole text is its blocks, projections of the cache once", () => {
    const at = (seq: bigint) => of("Text8Span12", "flops.forward", { batch: 1n, seq });
    const { L, d, S } = small;
    const cache = L * 4n * S * d * d;
    for (const blocks of [2n, 7n, 64n]) expect(at(blocks * 512n)).toBe(blocks * (at(512n) - cache) + cache);
    const growth = service.cost(spec, { model: "Text8Span12" }).value!.growth;
    expect(growth.find((g) => g.symbol === "seq")?.degree).toBe(1);
  });

  it("takes 42M multiply-adds a character at a mean span of 314, 69.9 % less than at 8192", () => {
    const decode = of("Text8Span12Trimmed", "flops.decode", { batch: 1n, seq: 1n });
    expect(oneStep(small, 314n)).toBe(41_607_168n);
    expect(decode).toBe(2n * (oneStep(small, 314n) + leftOut(small, 314n, 28n)));
    expect(oneStep(small, 8192n)).toBe(138_412_032n);
    expect(Number(oneStep(small, 314n)) / Number(oneStep(small, 8192n))).toBeCloseTo(1 - 0.699, 3);
    // At a fixed span: the feed-forward's 62 % of 256, attention's 82 % of 8192.
    const feedForward = Number(small.L * 2n * small.d * small.ff);
    expect(feedForward / Number(oneStep(small, 256n))).toBeCloseTo(0.6154, 4);
    expect(1 - feedForward / Number(oneStep(small, 8192n))).toBeCloseTo(0.8182, 4);
  });

  it("takes 216.65M at 24 layers and 245, where the paper's 179M have a feed-forward of 3072", () => {
    const decode = of("Text8Span24Trimmed", "flops.decode", { batch: 1n, seq: 1n });
    expect(decode).toBe(2n * (oneStep(large, 245n) + leftOut(large, 245n, 28n)));
    expect(oneStep(large, 245n)).toBe(216_649_728n);
    expect(oneStep({ ...large, ff: 3072n }, 245n)).toBe(178_900_992n);
  });

  it("keeps 192 MiB of inputs untrimmed, and what is trimmed alone otherwise", () => {
    const { L, d, S } = small;
    expect(of("Text8Span12", "memory.cache", { batch: 3n, seq: 1n })).toBe(3n * L * S * d * 4n);
    expect(of("Text8Span12Trimmed", "memory.cache", { batch: 3n, seq: 1n })).toBe(
      3n * L * 2n * 314n * d * 4n,
    );
  });
});

describe("specs/all-attention.arch", () => {
  const spec = "specs/all-attention.arch";
  const body = (L: bigint, N: bigint, S: bigint) => {
    const [d, H] = [512n, 8n];
    return L * (4n * d * d + 2n * d * N + 2n * d + H) + (d / H) * S;
  };
  const characters = (V: bigint) => 2n * V * 512n + V;
  const [V, widths] = [267_735n, [512n, 128n, 32n, 8n]];
  const clusters = [20_000n, 20_000n, 160_000n, V - 200_000n];
  const projections = widths.reduce((sum, w) => sum + w * 512n, 0n);
  const words = clusters.reduce((sum, n, i) => sum + n * widths[i]!, 0n) + projections + V + 3n * 512n + 3n;

  it.each([
    ["Text8AllAttention18", body(18n, 1024n, 8192n) + characters(28n), 38n],
    ["Enwik8AllAttention18", body(18n, 1024n, 8192n) + characters(205n), 39n],
    ["Enwik8AllAttention36", body(36n, 2048n, 8192n) + characters(205n), 114n],
    ["WikiText103AllAttention36", body(36n, 2048n, 2048n) + words, 132n],
    ["WikiText103AllAttention36Untied", body(36n, 2048n, 2048n) + words + projections, 133n],
  ] as const)("%s has the parameters of the closed form", (model, total, millions) => {
    expect(figure(spec, model, "params.total")).toBe(total);
    expect((total + 500_000n) / 1_000_000n).toBe(millions);
  });

  it("counts 2Nd multiply-adds for a memory of N, where a feed-forward has 2 d ff", () => {
    const [L, N, d, S, M] = [18n, 1024n, 512n, 8192n, 512n];
    const due =
      L * (4n * M * d * d + 4n * (S + M) * d * d + 4n * M * (M + S) * d + 2n * M * S * d + 4n * M * N * d) +
      2n * M * d * 28n;
    expect(figure(spec, "Text8AllAttention18", "flops.forward", { batch: 1n, seq: M })).toBe(due);
  });

  it("has neither a feed-forward nor its norm", () => {
    const names = modelOf(spec, "Text8AllAttention18").start.inputPorts.map((p) => p.name);
    expect(names.filter((n) => n.includes("ffn") || n.includes("norm_b"))).toEqual([]);
    expect(names).toContain("blocks.17.attn.memory.keys");
  });
});

describe("what a block of the authors' code costs, as PyTorch's FlopCounterMode counted it (fact sheet 2b)", () => {
  // 3 layers of 64 in 4 heads, a feed-forward of 256, blocks of 64; their cache had 64 places more than the span.
  const more = 3n * 4n * 64n * 64n * 64n;

  it.each([
    ["Span64", 33_259_520n],
    ["Span192", 48_988_160n],
    ["Memory64", 22_249_472n],
    ["Memory192", 37_978_112n],
  ] as const)("%s", (model, counted) => {
    const flops = figure("test/specs/fixtures/span-toys.arch", model, "flops.forward", {
      batch: 1n,
      seq: 64n,
    });
    expect(flops).toBe(counted - more);
  });
});
