import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

/**
 * What doubling the sequence, to `to`, does to each system, which is what their papers are about: the degree of the
 * FLOPs, and between which factors the bytes of a pass grow, weights apart.
 */
const systems = [
  { system: "Transformer", spec: "bert", model: "BertBase", degree: 2, to: 512n, least: 2.4, most: 4 },
  { system: "product keys", spec: "pkm", model: "Pkm1024x12m1", degree: 2, to: 512n, least: 1.9, most: 4 },
  { system: "XLNet", spec: "xlnet", model: "XLNetBase", degree: 2, to: 65_536n, least: 3.9, most: 4 },
  {
    system: "Transformer-XL",
    spec: "transformer-xl",
    model: "TransformerXLEnwik8",
    degree: 2,
    to: 65_536n,
    least: 3.9,
    most: 4,
  },
  {
    system: "adaptive span",
    spec: "adaptive-span",
    model: "Text8Span12",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
  },
  {
    system: "all-attention",
    spec: "all-attention",
    model: "Text8AllAttention18",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
  },
  {
    system: "Reformer",
    spec: "reformer",
    model: "ReformerEnwik8",
    degree: 1,
    to: 65_536n,
    least: 1,
    most: 2,
  },
  {
    system: "Perceiver AR",
    spec: "perceiver-ar",
    model: "PerceiverArCopy",
    degree: 1,
    to: 131_072n,
    least: 1,
    most: 2,
  },
  {
    system: "Perceiver IO",
    spec: "perceiver",
    model: "PerceiverIoBytes",
    degree: 1,
    to: 2048n,
    least: 1,
    most: 2,
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
  },
] as const;

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
});
