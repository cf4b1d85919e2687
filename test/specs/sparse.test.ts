import { describe, expect, it } from "vitest";
import { metric } from "../../compiler/cost/metrics.js";
import { model } from "../check/support.js";
import { figure, service } from "../parity/models.js";

// As in parameters.test.ts, no number here is read off the specs.

const spec = "specs/sparse-transformer.arch";
const of = (name: string, key: string, at: Readonly<Record<string, bigint>> = {}) =>
  figure(spec, name, key, at);

const cifar = { L: 128n, d: 256n, qk: 128n, ff: 512n, l: 96n };
const enwik8 = { L: 30n, d: 512n, ff: 2048n, l: 128n, c: 32n };
const V = 256n;
const blocks = (n: bigint, l: bigint) => (n + l - 1n) / l;

describe(spec, () => {
  it("has the parameters of the closed form, which round to the published", () => {
    const { L, d, qk, ff } = cifar;
    const a = L * (2n * d * qk + 2n * d * d + 2n * d * ff + 2n * qk + 2n * d + ff + d + 4n * d);
    expect(of("SparseCifar10", "params.total")).toBe(2n * V * d + (32n + 32n + 3n) * d + a + 2n * d);
    expect(of("SparseCifar10", "params.total")).toBe(59_196_672n);
    const e = enwik8;
    const b = e.L * (12n * e.d * e.d + 13n * e.d) + 2n * e.d;
    expect(of("SparseEnwik8", "params.total")).toBe(2n * V * e.d + (96n + 128n) * e.d + b);
    expect(of("SparseEnwik8", "params.total")).toBe(94_949_376n);
  });

  it("strided: a position has two chunks of neighbours, or a place in each chunk; a part of a chunk costs a whole one", () => {
    const { L, d, qk, ff, l } = cifar;
    for (const n of [96n, 3072n, 1000n]) {
      const maps = 2n * n * (2n * d * qk + 2n * d * d + 2n * d * ff);
      const C = blocks(n, l);
      const rows = 2n * C * l * 2n * l * (qk + d);
      const columns = 2n * C * C * l * (qk + d);
      const due = L * maps + (L / 2n) * (rows + columns) + 2n * n * d * V;
      expect(of("SparseCifar10", "flops.forward", { batch: 1n, seq: n })).toBe(due);
    }
  });

  it("fixed: a position has l places of its block and c of each, as the paper counts, l + c n / l", () => {
    const { L, d, ff, l, c } = enwik8;
    for (const n of [128n, 1280n, 12_288n]) {
      const maps = 2n * n * (4n * d * d + 2n * d * ff);
      const due = L * (maps + 4n * n * d * (l + (c * n) / l)) + 2n * n * d * V;
      expect(of("SparseEnwik8", "flops.forward", { batch: 1n, seq: n })).toBe(due);
    }
    // Where the length does not divide, the last block costs a whole one.
    const n = 10_001n;
    const C = blocks(n, l);
    const work = 4n * d * (C * l * l + n * c * C);
    const due = L * (2n * n * (4n * d * d + 2n * d * ff) + work) + 2n * n * d * V;
    expect(of("SparseEnwik8", "flops.forward", { batch: 1n, seq: n })).toBe(due);
  });

  it("a step costs what it sees, and no more", () => {
    const { L, d, ff, l, c } = enwik8;
    for (const past of [100n, 5000n, 12_287n]) {
      const seen = l + c * (past / l + 1n);
      const due = L * (2n * (4n * d * d + 2n * d * ff) + 4n * d * seen) + 2n * d * V;
      expect(of("SparseEnwik8", "flops.decode", { batch: 1n, seq: 1n, past })).toBe(due);
    }
  });

  it("keeps of interleaved neighbours no more than are seen", () => {
    const { L, d, qk, l } = cifar;
    for (const past of [50n, 95n, 3000n]) {
      const near = past < l - 1n ? past : l - 1n;
      const due = (L / 2n) * (near + past) * (qk + d) * 4n;
      expect(of("SparseCifar10", "memory.cache", { batch: 1n, seq: 1n, past })).toBe(due);
    }
  });

  it("grows with the square where the stride stays, by a small share of it", () => {
    const { value } = service.cost(spec, { model: "SparseEnwik8", at: { batch: 1n, seq: 12_288n } });
    expect(value!.growth.find((g) => g.symbol === "seq")?.degree).toBe(2);
    const [dense, n] = [4n * 12_288n * 12_288n * 512n, 12_288n];
    const sparse = 4n * n * 512n * (128n + (32n * n) / 128n);
    expect(Number(dense) / Number(sparse)).toBeCloseTo(3.84, 2);
  });
});

describe("work at a stride of √n", () => {
  /** FLOPs of scores and values over n = l² positions. */
  const attended = (layer: (l: number) => string, l: number): bigint => {
    const instance = model(
      `model M {\n  slot mix: layer = sparse_attention(2, ${layer(l)})\n  forward(x: [B T D = 8]) -> (y: [B T D]) { return mix(x) }\n}`,
    );
    const n = BigInt(l * l);
    const found = metric(instance, "flops.forward", [], { batch: 1n, seq: n, past: 0n });
    if (found.kind !== "value") throw new Error(found.why);
    return found.value[0] - 2n * n * 4n * 8n * 8n;
  };
  const positions = (layer: (l: number) => string, l: number) => attended(layer, l) / (4n * 8n);

  it.each([
    ["strided", (l: number) => `strided_rows(${l}), strided_columns(${l}, apart = ${l})`, 3n],
    ["strided, rows alone", (l: number) => `strided_rows(${l})`, 2n],
    ["strided, columns alone", (l: number) => `strided_columns(${l})`, 1n],
    ["fixed", (l: number) => `fixed_rows(${l}), fixed_columns(${l}, summary = 8, apart = true)`, 9n],
  ] as const)("%s: %i n √n pairs, never n²", (_, layer, times) => {
    for (const l of [8, 16, 64, 128]) expect(positions(layer, l)).toBe(times * BigInt(l) ** 3n);
  });
});
