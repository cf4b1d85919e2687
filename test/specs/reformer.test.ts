import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

// No number here is read off the spec: see reference sheet 1.8 and 1.9.

const spec = "specs/reformer.arch";

interface Sizes {
  readonly V: bigint;
  readonly d: bigint;
  readonly ff: bigint;
  readonly inner: bigint;
  readonly local: bigint;
  readonly lsh: bigint;
  readonly positions: bigint;
}
const total = ({ V, d, ff, inner, local, lsh, positions }: Sizes) =>
  V * d +
  positions +
  local * 4n * d * inner +
  lsh * 3n * d * inner +
  (local + lsh) * (4n * d + 2n * d * ff + ff + d) +
  4n * d +
  2n * d * V +
  V;

const enwik8: Sizes = {
  V: 258n,
  d: 1024n,
  ff: 4096n,
  inner: 1024n,
  local: 9n,
  lsh: 3n,
  positions: 128n * 256n + 512n * 768n,
};
const crime: Sizes = {
  V: 320n,
  d: 256n,
  ff: 512n,
  inner: 128n,
  local: 3n,
  lsh: 3n,
  positions: 512n * 64n + 1024n * 192n,
};
const trax: Sizes = { ...enwik8, d: 768n, ff: 2048n, inner: 512n, positions: 128n * 256n + 512n * 512n };

describe("specs/reformer.arch", () => {
  it.each([
    ["ReformerEnwik8", enwik8, 149_182_722n],
    ["ReformerCrimeAndPunishment", crime, 2_748_224n],
    ["TraxReformerEnwik8", trax, 56_406_786n],
    ["TraxReformerEnwik8Table", { ...trax, positions: 65_536n * 768n }, 106_443_522n],
  ] as const)("%s has the parameters of the closed form", (model, sizes, published) => {
    expect(total(sizes)).toBe(published);
    expect(figure(spec, model, "params.total")).toBe(published);
  });

  it("ReformerEnwik8 takes the FLOPs of the closed form, also where the last chunks are filled up", () => {
    const flops = (L: bigint) => {
      const up = (n: bigint, m: bigint) => ((n + m - 1n) / m) * m;
      const [d, H, ff, rotations] = [1024n, 1024n, 4096n, 512n];
      const local = 8n * L * d * H + 4n * up(L, 128n) * 256n * H;
      const hash = L * H * 4n * rotations;
      const lsh = 6n * L * d * H + hash + 4n * 4n * up(L, 256n) * 512n * H;
      const parts = up(L, 4096n);
      return 9n * local + 3n * lsh + 12n * 4n * parts * d * ff + 4n * parts * d * 258n;
    };
    for (const seq of [65_536n, 8192n, 5000n, 300n])
      expect(figure(spec, "ReformerEnwik8", "flops.forward", { batch: 1n, seq })).toBe(flops(seq));
    expect(flops(65_536n)).toBe(22_128_208_379_904n);
  });

  it("is linear in the sequence but for sorting, whose comparisons grow as n log n", () => {
    const { value } = service.cost(spec, { model: "ReformerEnwik8", at: { batch: 1n, seq: 65_536n } });
    expect(value!.flopsPolynomial.degree("seq")).toBe(1);
    expect(`${value!.comparesPolynomial}`).toMatch(/ceil_log2/);
    // 3 layers, 8 heads, 4 rounds; one sort there and one back.
    for (const bits of [8n, 12n, 16n]) {
      const seq = 2n ** bits;
      expect(figure(spec, "ReformerEnwik8", "compares", { batch: 1n, seq })).toBe(
        3n * 8n * 4n * 2n * seq * bits,
      );
    }
  });

  it("runs 64K tokens within 16 GB, and keeps little of local layers", () => {
    expect(figure(spec, "ReformerEnwik8", "memory.inference", { batch: 1n, seq: 65_536n })).toBeLessThan(
      16n * 10n ** 9n,
    );
    const local = 9n * 2n * 8n * 255n * 128n * 4n;
    const lsh = 3n * (2n * 8n * 65_536n * 128n + 8n * 4n * 65_536n) * 4n;
    expect(figure(spec, "ReformerEnwik8", "memory.cache", { batch: 1n, seq: 65_536n })).toBe(local + lsh);
  });
});
