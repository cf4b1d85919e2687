import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fill, type StoredTensor } from "../../compiler/weights/fill.js";
import { normalFrom } from "../../compiler/weights/normal.js";
import { BLOCK, LANES, startsOf, threefry, xoshiro } from "../../compiler/weights/random.js";
import { makeDraws, plainDraws } from "../../compiler/weights/simd.js";

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
      threefry([key[0] | 0, key[1] | 0], counter[0], counter[1], out);
      return [...out].map((w) => w >>> 0);
    };
    const all = 0xffffffff;
    expect(words([0, 0], [0, 0])).toEqual([0x9d1c5ec6, 0x8bd50731]);
    expect(words([all, all], [all, all])).toEqual([0xfd36d048, 0x2d17272c]);
    expect(words([0x243f6a88, 0x85a308d3], [0x13198a2e, 0x03707344])).toEqual([0xba3e4725, 0xf27d669e]);
  });
});

describe("xoshiro", () => {
  it("gives the words of its authors' program, in every lane", () => {
    // https://prng.di.unimi.it/xoshiro128plusplus.c, from the state 1, 2, 3, 4.
    const published = [
      641, 1573767, 3222811527, 3517856514, 836907274, 4247214768, 3867114732, 1355841295, 495546011,
      621204420,
    ];
    for (let lane = 0; lane < LANES; lane++) {
      const starts = new Int32Array(4 * LANES);
      for (let n = 0; n < 4; n++) starts[(lane >> 2) * 16 + 4 * n + (lane % 4)] = n + 1;
      const out = new Int32Array(published.length * LANES);
      xoshiro(starts, out.length, out);
      expect(published.map((_, i) => out[i * LANES + lane]! >>> 0)).toEqual(published);
      expect(out.filter((word, i) => i % LANES !== lane && word !== 0)).toEqual(new Int32Array(0));
    }
  });

  it("starts from words that no other lane or block has", () => {
    const starts = new Int32Array(4 * LANES);
    const seen = new Set<number>();
    // 2 ** 28 is where the counter's high word begins.
    for (const from of [0, 2 ** 28 - 500, 2 ** 40]) {
      for (let block = from; block < from + 1000; block++) {
        startsOf([1, 2], block, starts);
        for (let i = 0; i < starts.length; i += 2)
          seen.add((starts[i]! >>> 0) * 2 ** 21 + (starts[i + 1]! >>> 11));
      }
    }
    expect(seen.size).toBe((3000 * 4 * LANES) / 2);
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
      `"c00f13fb9c9f394f3f6eb582891b93247fe7b02e2d6d4f054188261c8a320557"`,
    );
  });
});

describe("the distribution", () => {
  const n = 1 << 21;
  const z = draw(normal, 0, n);
  /** Of how many standard deviations a count of `n` trials is off, each of which succeeds so often. */
  const off = (count: number, p: number, trials = n): number =>
    Math.abs(count - trials * p) / Math.sqrt(trials * p * (1 - p));

  it("is normal from end to end", () => {
    // Python: statistics.NormalDist().cdf(x)
    const cases: [number, number][] = [
      [-4, 3.1671241833119857e-5],
      [-3, 0.0013498980316300933],
      [-2, 0.022750131948179198],
      [-1, 0.15865525393145707],
      [-0.1, 0.460172162722971],
      [0, 0.5],
      [0.01, 0.5039893563146316],
      [0.5, 0.6914624612740131],
      [1.5, 0.9331927987311419],
      [2.5, 0.9937903346742238],
      [3.5, 0.9997673709209645],
      [4.5, 0.9999966023268753],
    ];
    for (const [x, p] of cases) {
      const below = z.reduce((sum, v) => sum + (v < x ? 1 : 0), 0);
      expect(off(below, p), `below ${x}`).toBeLessThan(4);
    }
  });

  it("has numbers that know nothing of their neighbours, neither of their size nor of their sign", () => {
    for (const lag of [1, 2, 3, 4, 5, 7, 8, 12, 16, 32, BLOCK, BLOCK + 4]) {
      let [product, squares, signs] = [0, 0, 0];
      for (let i = lag; i < n; i++) {
        const [a, b] = [z[i - lag]!, z[i]!];
        product += a * b;
        squares += (a * a - 1) * (b * b - 1);
        signs += a < 0 === b < 0 ? 1 : 0;
      }
      const deviation = Math.sqrt(n - lag);
      expect(Math.abs(product) / deviation, `products at ${lag}`).toBeLessThan(4);
      expect(Math.abs(squares) / (2 * deviation), `squares at ${lag}`).toBeLessThan(4);
      expect(off(signs, 0.5, n - lag), `signs at ${lag}`).toBeLessThan(4);
    }
  });

  it("repeats hardly a number", () => {
    // Of 2^20 floats, most between 1/4 and 2 with 2^23 of them to each power of 2, some 3 % fall together.
    expect(new Set(z.subarray(0, 1 << 20)).size).toBeGreaterThan(0.96 * (1 << 20));
  });
});

describe("normalFrom", () => {
  it("is what Box and Muller say", () => {
    const words = new Int32Array(8);
    const out = new Float32Array(8);
    const edges = [-(2 ** 31), -(2 ** 30), -1, 0, 1, 2 ** 29, 2 ** 30, 2 ** 31 - 1];
    const word = fc.oneof(fc.integer(), fc.constantFrom(...edges));
    fc.assert(
      fc.property(word, word, fc.nat(3), (far, turn, lane) => {
        words[lane] = far;
        words[lane + 4] = turn;
        normalFrom(words, 0, 8, 0, 1, out);
        const u = Math.fround(Math.fround(far >>> 1) + 0.5) / 2 ** 31;
        const radius = Math.sqrt(-2 * Math.log(u)) * (turn < 0 ? -1 : 1);
        const angle = ((turn << 2) / 2 ** 32) * (Math.PI / 2);
        const [x, y] = [radius * Math.cos(angle), radius * Math.sin(angle)];
        const expected = turn & (2 ** 30) ? [y, x] : [x, y];
        const error = [out[lane]! - expected[0]!, out[lane + 4]! - expected[1]!].map(Math.abs);
        expect(Math.max(...error)).toBeLessThanOrEqual(5e-7 * Math.abs(radius));
      }),
      { numRuns: 2000 },
    );
  });
});

describe("with WebAssembly, the same bits", () => {
  const [plain, fast] = [plainDraws(), makeDraws()];
  const bitsOf = (x: Float32Array) => new Int32Array(x.slice().buffer);

  it("words, of any block", () => {
    const steps = fc.integer({ min: 1, max: BLOCK / LANES });
    fc.assert(
      fc.property(fc.integer(), fc.integer(), fc.maxSafeNat(), steps, (k0, k1, far, count) => {
        for (const draws of [plain, fast]) draws.make([k0, k1], far % 2 ** 45, count * LANES);
        expect(fast.words.slice(0, count * LANES)).toEqual(plain.words.slice(0, count * LANES));
      }),
    );
  });

  /** The ends of the range, 0, powers of two and what is around them. */
  const edges = [2 ** 31, 0, ...Array.from({ length: 31 }, (_, i) => 2 ** i)].flatMap((x) =>
    [-2, -1, 0, 1, 2].flatMap((d) => [(x + d) | 0, ~(x + d)]),
  );

  it("normals: of every edge with every other", () => {
    const end = 2 * Math.ceil(edges.length / 4) * 4;
    for (let shift = 0; shift < edges.length; shift++) {
      const [one, other] = [plain, fast].map((draws) => {
        edges.forEach((x, i) => {
          const at = (i >> 2) * 8 + (i & 3);
          draws.words[at] = x;
          draws.words[at + 4] = edges[(i + shift) % edges.length]!;
        });
        draws.normal(0, end, 0, 1);
        return bitsOf(draws.normals.subarray(0, end));
      });
      expect(other).toEqual(one);
    }
  });

  it("normals of any words, of any number", () => {
    const place = fc.nat(BLOCK / LANES - 1);
    fc.assert(
      fc.property(fc.integer(), place, place, fc.double({ min: -9, max: 9 }), (key, a, b, mean) => {
        const [first, end] = [Math.min(a, b) * LANES, Math.max(a, b) * LANES + LANES];
        for (const draws of [plain, fast]) {
          draws.make([key, 1], 0, BLOCK);
          draws.normals.fill(7);
          draws.normal(first, end, mean, 0.02);
        }
        expect(bitsOf(fast.normals)).toEqual(bitsOf(plain.normals));
        expect(fast.normals.subarray(0, first).every((x) => x === 7)).toBe(true);
        expect(fast.normals.subarray(end).every((x) => x === 7)).toBe(true);
      }),
    );
  });
});
