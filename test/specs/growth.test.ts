import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

/** What a system does as its sequence grows, which is what its paper is about. */
interface System {
  readonly system: string;
  readonly spec: string;
  readonly model: string;
  /** Of the FLOPs. */
  readonly degree: number;
  /** Doubling the sequence, to so many, takes from `least` to `most` times the bytes of a pass, weights apart. */
  readonly to: bigint;
  readonly least: number;
  readonly most: number;
  /** Numbers that are kept for later steps after n positions. */
  readonly kept: (n: bigint) => bigint;
}

const systems: readonly System[] = [
  {
    system: "Transformer",
    spec: "bert",
    model: "BertBase",
    degree: 2,
    to: 512n,
    least: 2.4,
    most: 4,
    kept: () => 0n,
  },
  {
    system: "product keys",
    spec: "pkm",
    model: "Pkm1024x12m1",
    degree: 2,
    to: 512n,
    least: 1.9,
    most: 4,
    kept: (n) => 12n * 2n * 1024n * n,
  },
  {
    system: "XLNet",
    spec: "xlnet",
    model: "XLNetBase",
    degree: 2,
    to: 65_536n,
    least: 3.9,
    most: 4,
    kept: () => 0n,
  },
  {
    system: "Transformer-XL",
    spec: "transformer-xl",
    model: "TransformerXLEnwik8",
    degree: 2,
    to: 65_536n,
    least: 3.9,
    most: 4,
    kept: () => 12n * 512n * 512n,
  },
  {
    system: "adaptive span",
    spec: "adaptive-span",
    model: "Text8Span12",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
    kept: () => 12n * 512n * 8192n,
  },
  {
    system: "all-attention",
    spec: "all-attention",
    model: "Text8AllAttention18",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
    kept: () => 18n * 512n * 8192n,
  },
  {
    system: "Reformer",
    spec: "reformer",
    model: "ReformerEnwik8",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
    kept: (n) => 9n * 2n * 1024n * 255n + 3n * (2n * 1024n + 8n * 4n) * n,
  },
  {
    system: "Perceiver AR",
    spec: "perceiver-ar",
    model: "PerceiverArCopy",
    degree: 1,
    to: 131_072n,
    least: 1,
    most: 2,
    kept: (n) => 2n * 1024n * (n + 6n * 1024n),
  },
  {
    system: "Perceiver IO",
    spec: "perceiver",
    model: "PerceiverIoBytes",
    degree: 1,
    to: 2048n,
    least: 1,
    most: 2,
    kept: () => 0n,
  },
  // With its stride fixed, 32 places of every 128 are seen by all later ones: n² / 4. A stride of √n: sparse.test.ts.
  {
    system: "Sparse Transformer",
    spec: "sparse-transformer",
    model: "SparseEnwik8",
    degree: 2,
    to: 12_288n,
    least: 1.9,
    most: 3.2,
    kept: (n) => 30n * 2n * 512n * n,
  },
];

describe("what a sequence twice as long costs", () => {
  it.each(systems)("$system: FLOPs of degree $degree", ({ spec, model, degree }) => {
    const { value } = service.cost(`specs/${spec}.arch`, { model });
    expect(value!.flopsPolynomial.degree("seq")).toBe(degree);
    expect(value!.growth.find((g) => g.symbol === "seq")?.degree).toBe(degree);
  });

  it.each(systems)(
    "$system: $least to $most times the bytes",
    ({ spec, model, to, least, most }) => {
      const path = `specs/${spec}.arch`;
      const weights = 4n * figure(path, model, "params.total");
      const bytes = (seq: bigint) =>
        Number(figure(path, model, "memory.inference", { batch: 1n, seq }) - weights);
      const factor = bytes(to) / bytes(to / 2n);
      expect(factor).toBeGreaterThanOrEqual(least);
      expect(factor).toBeLessThanOrEqual(most + 1e-9);
    },
    120_000,
  );

  it.each(systems)("$system: what is kept for later steps", ({ spec, model, to, kept }) => {
    for (const seq of [to / 4n, to / 2n, to])
      expect(figure(`specs/${spec}.arch`, model, "memory.cache", { batch: 1n, seq })).toBe(4n * kept(seq));
  });
});
