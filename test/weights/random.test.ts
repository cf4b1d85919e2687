import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fill, type StoredTensor } from "../../compiler/weights/fill.js";
import { normalFrom } from "../../compiler/weights/normal.js";
import { BLOCK, threefry } from "../../compiler/weights/random.js";
import { makeDraws } from "../../compiler/weights/simd.js";

const normal: StoredTensor = {
  name: "blocks.0.ffn.up",
  dtype: "f32",
  shape: [1 << 20],
  init: { kind: "normal", mean: 0, std: 1 },
};

function draw(tensor: StoredTensor, start: number, count: number, seed = 1): Float32Array {
  const out = new Float32Array(count);
  fill(tensor, seed, start, out);
  return out;
}

describe("threefry", () => {
  it("gives the published words (Random123's known answers for 13 rounds)", () => {
    const words = (counter: [number, number], key: [number, number]): number[] => {
      const out = new Int32Array(2);
      threefry([key[0] | 0, key[1] | 0], counter[0], counter[1], 1, out);
      return [...out].map((w) => w >>> 0);
    };
    const all = 0xffffffff;
    expect(words([0, 0], [0, 0])).toEqual([0x9d1c5ec6, 0x8bd50731]);
    expect(words([all, all], [all, all])).toEqual([0xfd36d048, 0x2d17272c]);
    expect(words([0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344])).toEqual([0xba3e4725, 0xf27d669e]);
  });
});

describe("fill", () => {
  it("gives any part of a stream on its own", () => {
    const whole = draw(normal, 0, 10_000);
    fc.assert(
      fc.property(fc.nat(9_999), fc.nat(4_999), (start, count) => {
        const n = Math.min(count, 10_000 - start);
        expect(draw(normal, start, n)).toEqual(whole.slice(start, start + n));
      }),
      { numRuns: 50 },
    );
  });

  it("reaches past 2^32 draws", () => {
    const far = 2 ** 33 + 2 ** 20;
    expect(draw(normal, far, 64)).not.toEqual(draw(normal, 2 ** 20, 64));
    expect(draw(normal, far + 3, 61)).toEqual(draw(normal, far, 64).slice(3));
  });

  it("differs by name and by seed", () => {
    const a = draw(normal, 0, 8);
    expect(draw({ ...normal, name: "blocks.1.ffn.up" }, 0, 8)).not.toEqual(a);
    expect(draw(normal, 0, 8, 2)).not.toEqual(a);
  });

  it("has the moments of its distribution", () => {
    const n = 1 << 20;
    const moment = (x: Float32Array, p: number): number => x.reduce((s, v) => s + v ** p, 0) / x.length;
    const z = draw(normal, 0, n);
    expect(Math.abs(moment(z, 1))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment(z, 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(z, 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    const u = draw({ ...normal, init: { kind: "uniform", low: -1, high: 3 } }, 0, n);
    expect(Math.abs(moment(u, 1) - 1)).toBeLessThan((4 * 4) / Math.sqrt(12 * n));
    expect(u.every((v) => v >= -1 && v <= 3)).toBe(true);
  });

  it("has fixed bytes", () => {
    const bytes = new Uint8Array(
      draw({ ...normal, init: { kind: "normal", mean: 0.5, std: 0.02 } }, 0, 1 << 16).buffer,
    );
    expect(createHash("sha256").update(bytes).digest("hex")).toMatchInlineSnapshot(
      `"d46a1ca4cd6055aa12a500f9b3f335baf22dd0f55c226db78814331f9c345db6"`,
    );
  });
});

describe("normalFrom", () => {
  it("is the normal quantile", () => {
    // Python: statistics.NormalDist().inv_cdf((x + 0.5) / 2 ** 32 + 0.5)
    const cases: [number, number][] = [
      [-2147483648, -6.337957754553789],
      [-2147483647, -6.166429519817749],
      [2147483647, 6.337957754553789],
      [-1_000_000_000, -0.6213965933736741],
      [0, 2.9180993729166234e-10],
      [12345, 7.205079161730773e-6],
      [1_900_000_000, 1.5750558489997357],
    ];
    const out = new Float32Array(cases.length);
    normalFrom(
      Int32Array.from(cases, ([x]) => x),
      cases.length,
      0,
      1,
      out,
      0,
    );
    cases.forEach(([, z], i) => expect(Math.abs(out[i]! / z - 1)).toBeLessThan(3e-7));
  });
});

describe("with WebAssembly, the same bits", () => {
  const draws = makeDraws()!;

  it("words, of any number of pairs, of any counter", () => {
    const words = new Int32Array(BLOCK);
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer(),
        fc.nat(2 ** 31 - 1),
        fc.integer({ min: 1, max: 1024 }),
        (k0, k1, low, pairs) => {
          for (const [first, high] of [
            [low, 0],
            [4294967296 - pairs, low],
          ] as const) {
            threefry([k0, k1], first, high, pairs, words);
            draws.threefry([k0, k1], first, high, pairs);
            expect(draws.words.slice(0, 2 * pairs)).toEqual(words.slice(0, 2 * pairs));
          }
        },
      ),
    );
  });

  /** Where the tails begin, the ends of the range, 0, powers of two and what is around them. */
  const edges = [1825361100, 2 ** 31, 0, ...Array.from({ length: 31 }, (_, i) => 2 ** i)].flatMap((x) =>
    [-2, -1, 0, 1, 2].flatMap((d) => [(x + d) | 0, ~(x + d)]),
  );

  function expectNormals(words: Int32Array, from: number, count: number, mean: number, std: number): void {
    const [plain, fast] = [new Float32Array(BLOCK + 1), new Float32Array(BLOCK + 1)];
    draws.words.set(words);
    normalFrom(words.subarray(from), count, mean, std, plain, 1);
    draws.normal(from, count, mean, std, fast, 1);
    expect(new Int32Array(fast.buffer)).toEqual(new Int32Array(plain.buffer));
  }

  it("normals: in the middle, in the tails and where they meet", () => {
    expectNormals(Int32Array.from(edges), 0, edges.length, 0, 1);
    expectNormals(Int32Array.from(edges), 1, edges.length - 1, 0.5, 0.02);
    expectNormals(new Int32Array(BLOCK).fill(2147483647), 0, BLOCK, 0, 1);
    expectNormals(new Int32Array(BLOCK).fill(1), 0, BLOCK, -3, 2);
  });

  it("normals of any words, of any number", () => {
    const words = new Int32Array(BLOCK);
    fc.assert(
      fc.property(
        fc.integer(),
        fc.nat(1),
        fc.integer({ min: 1, max: BLOCK - 1 }),
        fc.double({ min: -9, max: 9 }),
        (key, from, count, mean) => {
          threefry([key, 1], 0, 0, BLOCK / 2, words);
          expectNormals(words, from, count, mean, 0.02);
        },
      ),
    );
  });
});
