import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

// As in parameters.test.ts, no number here is read off the specs. Published figures: fact sheet of Transformer-XL, 4.3.

const XL = "specs/transformer-xl.arch";

interface Sizes {
  readonly layers: bigint;
  readonly d: bigint;
  readonly ff: bigint;
  readonly vocab: bigint;
}
const wikiText: Sizes = { layers: 16n, d: 410n, ff: 2100n, vocab: 267_735n };
const large: Sizes = { layers: 18n, d: 1024n, ff: 4096n, vocab: 267_735n };
const enwik8: Sizes = { layers: 12n, d: 512n, ff: 2048n, vocab: 204n };
const deep: Sizes = { layers: 24n, d: 1024n, ff: 3072n, vocab: 204n };
const billion: Sizes = { layers: 24n, d: 1280n, ff: 8192n, vocab: 793_471n };

/** All but embeddings and softmax, biases u and v of all layers together. */
const body = ({ layers, d, ff }: Sizes) => layers * (5n * d * d + 2n * d * ff + 5n * d + ff) + 2n * d;

/** Tables, projections (`own` of them twice), biases and gates of an adaptive softmax over its embedding. */
function clusters({ d, vocab }: Sizes, cutoffs: readonly bigint[], div: bigint, own: number): bigint {
  const ends = [0n, ...cutoffs, vocab];
  let total = vocab + BigInt(cutoffs.length) * (d + 1n);
  for (let i = 0; i + 1 < ends.length; i++) {
    const width = d / div ** BigInt(i);
    total += (ends[i + 1]! - ends[i]!) * width;
    if (div > 1n) total += d * width * (i < own ? 2n : 1n);
  }
  return total;
}

const words = [20_000n, 40_000n, 200_000n];

describe("specs/transformer-xl.arch", () => {
  it.each([
    // "#params = 151107538" and "#non emb params = 41066400" in the code's own log.
    ["TransformerXLWikiText", body(wikiText) + clusters(wikiText, words, 1n, 0), 151_107_538n],
    ["TransformerXLWikiTextEval", body(wikiText) + clusters(wikiText, words, 1n, 0), 151_107_538n],
    ["TransformerXLWikiTextLarge", body(large) + clusters(large, words, 4n, 1), 285_170_506n],
    [
      "TransformerXLWikiText16",
      body({ ...large, layers: 16n }) + clusters(large, words, 4n, 1),
      257_889_098n,
    ],
    [
      "TransformerXLWikiTextReleased",
      body(large) + 17n * 2n * large.d + clusters(large, words, 4n, 1),
      285_205_322n,
    ],
    ["TransformerXLEnwik8", body(enwik8) + 204n * 512n + 204n, 41_055_436n],
    ["TransformerXLEnwik8Eval", body(enwik8) + 204n * 512n + 204n, 41_055_436n],
    ["TransformerXLEnwik8Large", body(deep) + 204n * 1024n + 204n, 277_231_820n],
    [
      "TransformerXLBillionWord",
      body(billion) + clusters(billion, [60_000n, 100_000n, 640_000n], 4n, 4),
      841_295_982n,
    ],
  ] as const)("%s has the parameters of the closed form", (model, closed, published) => {
    expect(closed).toBe(published);
    expect(figure(XL, model, "params.total")).toBe(published);
  });

  it("has 41,066,400 parameters in the layers of its smaller WikiText-103 model", () => {
    expect(body(wikiText) - 2n * wikiText.d).toBe(41_066_400n);
  });

  /** Queries of T positions, keys and values of S, distances once for all sequences; scores and values of T by S. */
  const layers = ({ layers, d, ff }: Sizes, b: bigint, T: bigint, S: bigint) =>
    layers * 2n * (b * (2n * T * d * d + 2n * S * d * d + 3n * T * S * d + 2n * T * d * ff) + S * d * d);

  it.each([
    ["TransformerXLWikiText", wikiText, 150n, 3n, 1153n],
    ["TransformerXLEnwik8", enwik8, 512n, 0n, 1447n],
    ["TransformerXLEnwik8Large", deep, 768n, 0n, 9815n],
  ] as const)(
    "%s has the FLOPs of the closed form, with and without memory",
    (model, sizes, T, gates, due) => {
      const head = (b: bigint, t: bigint) => 2n * b * t * sizes.d * (sizes.vocab + gates);
      for (const batch of [1n, 22n]) {
        const forward = (at: Readonly<Record<string, bigint>>) =>
          figure(XL, model, "flops.forward", { batch, ...at });
        expect(forward({ seq: T })).toBe(layers(sizes, batch, T, T) + head(batch, T));
        expect(forward({ seq: T, past: 7n })).toBe(layers(sizes, batch, T, T + 7n) + head(batch, T));
        // A memory that is full costs the same however long the text is.
        for (const past of [T, 100n * T])
          expect(forward({ seq: T, past })).toBe(layers(sizes, batch, T, 2n * T) + head(batch, T));
      }
      // The sheet's figure is of the code, which computes queries of the memory and drops them: 10^5 FLOPs a token.
      const wasted = sizes.layers * 2n * sizes.d * sizes.d;
      const token = layers(sizes, 1n, T, 2n * T) / T + wasted;
      expect((token + 50_000n) / 100_000n).toBe(due);
    },
  );

  it("keeps the layers' inputs at the memory's positions, and twice as much where keys and values are kept", () => {
    const cache = (model: string, past: bigint, spec = XL) =>
      figure(spec, model, "memory.cache", { batch: 1n, seq: 1n, past });
    for (const past of [100n, 512n, 10_000n]) {
      const positions = past < 512n ? past : 512n;
      expect(cache("TransformerXLEnwik8", past)).toBe(12n * positions * 512n * 4n);
    }
    expect(cache("TinyXLCached", 100n, "specs/small-xl.arch")).toBe(
      2n * cache("TinyXL", 100n, "specs/small-xl.arch"),
    );
  });

  it("grows with the square of a segment, and not at all with what is past beyond the memory", () => {
    const { value } = service.cost(XL, {
      model: "TransformerXLEnwik8",
      at: { batch: 1n, seq: 512n, past: 512n },
    });
    expect(value!.growth.find((g) => g.symbol === "seq")?.degree).toBe(2);
    expect(`${value!.flopsPolynomial}`).toContain("min(past, 512)");
  });

  it("takes a 67th of the work for a character where the memory has keys and values", () => {
    const [{ layers: L, d, ff, vocab }, heads] = [enwik8, 8n];
    const head = 2n * d * vocab;
    for (const past of [1n, 100n, 512n, 10_000n]) {
      const S = (past < 512n ? past : 512n) + 1n;
      const inputs = L * 2n * (2n * d * d + 3n * S * d * d + 3n * S * d + 2n * d * ff) + head;
      const kept = L * 2n * (5n * d * d + (2n + heads) * S * d + 2n * d * ff) + head;
      const at = { batch: 1n, seq: 512n, past };
      expect(figure(XL, "TransformerXLEnwik8", "flops.decode", at)).toBe(inputs);
      expect(figure(XL, "TransformerXLEnwik8Steps", "flops.decode", at)).toBe(kept);
      if (past === 512n) expect(inputs / kept).toBe(67n);
    }
    expect(figure(XL, "TransformerXLEnwik8Steps", "params.total")).toBe(41_055_436n);
  });

  it("evaluates hundreds of times cheaper than a Transformer that starts anew at each position (table 9)", () => {
    // The paper measured 1,874 times at an attention length of 3,800 and 363 times at 800, on one GPU, for its 24 layers.
    const token = (segment: bigint, past: bigint) =>
      figure(XL, "TransformerXLEnwik8Large", "flops.forward", { batch: 1n, seq: segment, past }) / segment;
    const anew = figure(XL, "TransformerXLEnwik8Large", "flops.forward", { batch: 1n, seq: 768n });
    const ratio = anew / token(128n, 768n);
    expect(ratio).toBeGreaterThan(200n);
    expect(ratio).toBeLessThan(768n);
  });
});

describe("specs/xlnet.arch", () => {
  const spec = "specs/xlnet.arch";
  const V = 32_000n;
  /** `XLNetModel` and `XLNetLMHeadModel` of transformers count so; without the head our model has no mask's embedding. */
  const published = [
    { model: "XLNetBase", layers: 12n, d: 768n, content: 116_718_336n, lm: 116_750_336n },
    { model: "XLNetLarge", layers: 24n, d: 1024n, content: 360_268_800n, lm: 360_300_800n },
  ] as const;

  it.each(published)("$model has the parameters of the peer", ({ model, layers, d, content, lm }) => {
    const layer = 5n * d * d + 3n * d + 2n * d + 2n * d + 8n * d * d + 5n * d + 2n * d;
    expect(V * d + layers * layer + d).toBe(content);
    expect(figure(spec, model, "params.total")).toBe(content - d);
    expect(figure(spec, `${model}LM`, "params.total")).toBe(lm);
    expect(content + V).toBe(lm);
  });

  it.each(published)("$model has the FLOPs of the closed form", ({ model, layers, d }) => {
    for (const [batch, T] of [
      [1n, 512n],
      [3n, 17n],
    ] as const) {
      const [places, ff] = [2n * T - 1n, 4n * d];
      const row = 8n * T * d * d + 4n * T * T * d + 2n * T * places * d + 4n * T * d + 4n * T * d * ff;
      const due = layers * (batch * row + 2n * places * d * d);
      expect(figure(spec, model, "flops.forward", { batch, seq: T })).toBe(due);
    }
  });

  it("two streams cost less than twice one: keys, values and places are shared", () => {
    const at = { batch: 1n, seq: 512n };
    const one = figure(spec, "XLNetLarge", "flops.forward", at);
    const two = figure(spec, "XLNetLargeLM", "flops.forward", { ...at, n: 85n });
    expect(two > one && two < 2n * one).toBe(true);
    // A guess more costs a query's own way through the layers, and the head's.
    const more = figure(spec, "XLNetLargeLM", "flops.forward", { ...at, n: 86n }) - two;
    const [d, L, T] = [1024n, 24n, 512n];
    expect(more).toBe(L * (4n * d * d + 4n * T * d + 16n * d * d) + 2n * d * V);
  });
});
