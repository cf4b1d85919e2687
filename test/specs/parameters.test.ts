import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

// Every number here stands apart from the specs' own `expect` lines: a spec cannot vouch for itself.

/** Parameters of the released GPT-2 weights (openai/gpt-2, corrected in its README). */
const gpt2 = [
  { model: "Gpt2Small", layers: 12n, dim: 768n, published: 124_439_808n },
  { model: "Gpt2Medium", layers: 24n, dim: 1024n, published: 354_823_168n },
  { model: "Gpt2Large", layers: 36n, dim: 1280n, published: 774_030_080n },
  { model: "Gpt2XL", layers: 48n, dim: 1600n, published: 1_557_611_200n },
] as const;
const [VOCAB, SEQ] = [50_257n, 1024n];

describe("specs/gpt2.arch", () => {
  const spec = "specs/gpt2.arch";

  it("has the four models of the release", () => {
    expect(service.models(spec)).toEqual(gpt2.map((m) => m.model));
  });

  it.each(named(gpt2))("%s has the published parameters", (_, { model, layers, dim, published }) => {
    expect(figure(spec, model, "params.total")).toBe(published);
    // A row of the token table and one of the positions are read for a token; all else is read whole.
    const closed = layers * (12n * dim ** 2n + 13n * dim) + (VOCAB + SEQ) * dim + 2n * dim;
    expect(closed).toBe(published);
  });

  it.each(named(gpt2))("%s has the FLOPs of the closed form", (_, { model, layers, dim }) => {
    const flops = (t: bigint) => layers * (24n * t * dim ** 2n + 4n * t ** 2n * dim) + 2n * t * dim * VOCAB;
    for (const seq of [1n, 7n, 1024n]) {
      expect(figure(spec, model, "flops.forward", { batch: 1n, seq })).toBe(flops(seq));
      expect(figure(spec, model, "flops.forward", { batch: 3n, seq })).toBe(3n * flops(seq));
    }
  });

  it("Gpt2Small takes 291.6 GFLOP for 1 x 1024, by a polynomial that is quadratic in `seq`", () => {
    const { value } = service.cost(spec, { model: "Gpt2Small", at: { batch: 1n, seq: 1024n } });
    const polynomial = value!.flopsPolynomial;
    expect(figure(spec, "Gpt2Small", "flops.forward", { batch: 1n, seq: 1024n })).toBe(291_648_307_200n);
    expect(polynomial.degree("seq")).toBe(2);
    expect(polynomial.degree("batch")).toBe(1);
    expect(polynomial.evaluate({ batch: 1, seq: 1024 })).toEqual([291_648_307_200n, 1n]);
    // 4 L d for each pair of positions; 24 L d^2 + 2 d V for each position.
    expect(`${polynomial}`.split(" ").join("")).toMatch(/36864.*seq\^2/);
    expect(polynomial.evaluate({ batch: 1, seq: 2 })).toEqual([4n * 36_864n + 2n * 247_064_064n, 1n]);
    expect(value!.growth.find((g) => g.symbol === "seq")?.degree).toBe(2);
  });

  it("Gpt2Small decodes a token at the cost of one position, and one column of scores for each that is past", () => {
    for (const past of [0n, 1n, 1023n]) {
      const due = 247_064_064n + 36_864n * (past + 1n);
      expect(figure(spec, "Gpt2Small", "flops.decode", { batch: 1n, seq: 1n, past })).toBe(due);
    }
  });
});

/** Totals that the official code gave when it was built without memory, or by hand from its closed form (fact sheet 1c). */
const published: Readonly<Record<string, bigint>> = {
  Pkm1024x12: 213_181_024n,
  Pkm1024x12m1: 474_798_688n,
  Pkm1024x12m2: 736_416_352n,
  Pkm1024x16m2: 786_801_248n,
  Pkm1024x12m3: 998_034_016n,
};

describe("specs/pkm.arch", () => {
  const spec = "specs/pkm.arch";
  const bodies = [1024, 1600].flatMap((dim) => [12, 16, 24].map((layers) => ({ dim, layers })));
  const models = bodies.flatMap((b) =>
    [0, 1, 2, 3].map((memories) => ({ ...b, memories, model: nameOf(b, memories) })),
  );

  it("has dims 1024 and 1600, 12, 16 and 24 layers, 0 to 3 memories", () => {
    expect(
      service
        .models(spec)
        .filter((name) => !["PkmBase", "Pkm1024x12beside", "Pkm1024x12m2shared"].includes(name))
        .sort(),
    ).toEqual(models.map((m) => m.model).sort());
  });

  it.each(named(models))(
    "%s has the parameters of XLM's closed form",
    (_, { dim, layers, memories, model }) => {
      const [d, L, V] = [BigInt(dim), BigInt(layers), 60_000n];
      const [heads, keyDim, keys] = [4n, 256n, 512n];
      const memory =
        d * heads * keyDim + heads * keyDim + 2n * heads * keyDim + heads * keys * keyDim + keys ** 2n * d;
      const total =
        L * (12n * d ** 2n + 13n * d) +
        V * (d + 1n) +
        512n * d +
        2n * d +
        BigInt(memories) * (memory - 8n * d ** 2n - 5n * d);
      expect(figure(spec, model, "params.total")).toBe(total);
      if (published[model] !== undefined) expect(total).toBe(published[model]);
    },
  );

  it("a memory beside the feed-forward adds its own parameters; one that shares its values all but these", () => {
    const memory = 1024n * 1024n + 1024n + 2n * 1024n + 4n * 512n * 256n + 512n ** 2n * 1024n;
    const feedForward = 8n * 1024n ** 2n + 5n * 1024n;
    const total = (model: string) => figure(spec, model, "params.total");
    expect(total("Pkm1024x12beside") - total("Pkm1024x12")).toBe(memory);
    expect(total("Pkm1024x12m2shared") - total("Pkm1024x12m1")).toBe(
      memory - 512n ** 2n * 1024n - feedForward,
    );
    // It costs what a memory costs, beside a feed-forward or in its place.
    const at = { batch: 1n, seq: 512n };
    const flops = (model: string) => figure(spec, model, "flops.forward", at);
    expect(flops("Pkm1024x12beside") - flops("Pkm1024x12")).toBe(512n * 2n * 1_703_936n);
    expect(flops("Pkm1024x12m2shared")).toBe(flops("Pkm1024x12m2"));
  });

  it("a memory adds 2 (d H dk + H n dk + H k d) FLOPs to a token, and takes the feed-forward's 16 d^2", () => {
    const at = { batch: 1n, seq: 512n };
    for (const dim of [1024n, 1600n]) {
      const flops = (memories: number) =>
        figure(spec, nameOf({ dim: Number(dim), layers: 12 }, memories), "flops.forward", at);
      // The sheet's table: 1,703,936 multiply-adds at 1024, 2,367,488 at 1600.
      const macs = dim * 4n * 256n + 4n * 512n * 256n + 4n * 32n * dim;
      expect(macs).toBe(dim === 1024n ? 1_703_936n : 2_367_488n);
      for (const memories of [1, 2, 3]) {
        expect(flops(memories) - flops(0)).toBe(512n * BigInt(memories) * (2n * macs - 16n * dim ** 2n));
      }
    }
  });
});

describe("12 layers with a product-key memory beside 24 without", () => {
  /** Multiply-adds of a token with weights in the blocks, which Kaplan et al. count twice. */
  const body = (model: string) => {
    const at = { batch: 1n, seq: 1n };
    const { value } = service.cost("specs/pkm.arch", { model, at, conventions: ["kaplan"] });
    const [twice] = value!.conventions.find((c) => c.name === "kaplan")!.value;
    return Number(twice) / 2;
  };
  // The sheet's ratios, of the blocks alone and with a head of 60,000 words.
  it.each([
    [1024, 2.093, 1.766],
    [1600, 2.103, 1.866],
  ])("%i wide, takes %f times less, and %f with the head", (dim, blocks, whole) => {
    const [small, large] = [body(nameOf({ dim, layers: 12 }, 1)), body(nameOf({ dim, layers: 24 }, 0))];
    const head = 60_000 * dim;
    expect(large / small).toBeCloseTo(blocks, 3);
    expect((large + head) / (small + head)).toBeCloseTo(whole, 3);
  });
});

function nameOf({ dim, layers }: { dim: number; layers: number }, memories: number): string {
  return `Pkm${dim}x${layers}${memories === 0 ? "" : `m${memories}`}`;
}

/** Rows of a table test, each with its model's name first. */
function named<R extends { readonly model: string }>(rows: readonly R[]): (readonly [string, R])[] {
  return rows.map((row) => [row.model, row]);
}
