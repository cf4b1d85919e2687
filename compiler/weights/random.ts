import { createHash } from "node:crypto";

/** The two key words of one tensor's stream. */
export type Key = readonly [number, number];

/** Words of a stream that have one start: to make one of them, all before it in its block are made. */
export const BLOCK = 4096;
/** Generators that run side by side in a block; each has four words of state. */
export const LANES = 8;

/** The key of a tensor: a hash of its name and the build's seed, so that no stream depends on another tensor. */
export function keyOf(name: string, seed: number): Key {
  const digest = createHash("sha256").update(`archc weights 2\0${seed}\0${name}`).digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

/** Of Threefry's rounds, in turn. */
const rotations = [13, 15, 26, 6, 17, 29, 16, 24];

/**
 * Threefry-2x32 with 13 rounds (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011:
 * the fewest rounds that pass BigCrush). Writes the two words of each counter from (low, high) on to `out`, as many as
 * it holds; the low word of the counter must not wrap within the call.
 */
export function threefry([k0, k1]: Key, low: number, high: number, out: Int32Array): void {
  const keys = [k0, k1, 0x1bd11bda ^ k0 ^ k1];
  for (let i = 0; 2 * i < out.length; i++) {
    let a = (low + i + k0) | 0;
    let b = (high + k1) | 0;
    for (let round = 0; round < 13; round++) {
      if (round > 0 && round % 4 === 0) {
        const group = round / 4;
        a = (a + keys[group % 3]!) | 0;
        b = (b + keys[(group + 1) % 3]! + group) | 0;
      }
      const by = rotations[round % 8]!;
      a = (a + b) | 0;
      b = ((b << by) | (b >>> (32 - by))) ^ a;
    }
    out[2 * i] = a;
    out[2 * i + 1] = b;
  }
}

/**
 * Where the generators of a block start: words of Threefry, which no two blocks share, first of every generator in the
 * first four lanes and then in the others. `out` has 4 * LANES of them.
 */
export function startsOf(key: Key, block: number, out: Int32Array): void {
  const counter = block * ((4 * LANES) / 2);
  threefry(key, counter % 4294967296, Math.floor(counter / 4294967296), out);
}

/**
 * xoshiro128++ 1.0 (Blackman, Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47, 2021): draw `i` is
 * draw `floor(i / LANES)` of the generator `i % LANES`. Makes `count` words, a multiple of LANES.
 */
export function xoshiro(starts: Int32Array, count: number, out: Int32Array): void {
  for (let lane = 0; lane < LANES; lane++) {
    const at = (lane >> 2) * 16 + (lane & 3);
    let [s0, s1, s2, s3] = [starts[at]!, starts[at + 4]!, starts[at + 8]!, starts[at + 12]!];
    for (let i = lane; i < count; i += LANES) {
      const sum = (s0 + s3) | 0;
      out[i] = (((sum << 7) | (sum >>> 25)) + s0) | 0;
      const t = s1 << 9;
      s2 ^= s0;
      s3 ^= s1;
      s1 ^= s2;
      s0 ^= s3;
      s2 ^= t;
      s3 = (s3 << 11) | (s3 >>> 21);
    }
  }
}
