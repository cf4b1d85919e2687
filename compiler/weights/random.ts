import { createHash } from "node:crypto";

/** The two key words of one tensor's stream. */
export type Key = readonly [number, number];

/** Raw 32-bit draws that `Stream` hands out at a time. */
export const BLOCK = 2048;

/** The key of a tensor: a hash of its name and the build's seed, so that no stream depends on another tensor. */
export function keyOf(name: string, seed: number): Key {
  const digest = createHash("sha256").update(`archc weights 1\0${seed}\0${name}`).digest();
  return [digest.readInt32LE(0), digest.readInt32LE(4)];
}

/** What Threefry adds: to both words of the counter from (low, high) before the rounds, and behind each four of them. */
export function keysOf([k0, k1]: Key, low: number, high: number) {
  const k2 = 0x1bd11bda ^ k0 ^ k1;
  return [(low + k0) | 0, (high + k1) | 0, k1, (k2 + 1) | 0, k2, (k0 + 2) | 0, k0, (k1 + 3) | 0] as const;
}

/**
 * Threefry-2x32 with 13 rounds (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011:
 * the fewest rounds that pass BigCrush). Draw `i` is word `i % 2` of the block with counter `floor(i / 2)`, so any
 * part of a stream can be made on its own. Writes `2 * pairs` words for the counters from (low, high) to `out`;
 * the low word of the counter must not wrap within the call.
 */
export function threefry(key: Key, low: number, high: number, pairs: number, out: Int32Array): void {
  const [first, second, k1, k2a, k2, k0a, k0, k1a] = keysOf(key, low, high);
  for (let i = 0; i < pairs; i++) {
    let a = (first + i) | 0;
    let b = second;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k1) | 0;
    b = (b + k2a) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    a = (a + b) | 0;
    b = ((b << 29) | (b >>> 3)) ^ a;
    a = (a + b) | 0;
    b = ((b << 16) | (b >>> 16)) ^ a;
    a = (a + b) | 0;
    b = ((b << 24) | (b >>> 8)) ^ a;
    a = (a + k2) | 0;
    b = (b + k0a) | 0;
    a = (a + b) | 0;
    b = ((b << 13) | (b >>> 19)) ^ a;
    a = (a + b) | 0;
    b = ((b << 15) | (b >>> 17)) ^ a;
    a = (a + b) | 0;
    b = ((b << 26) | (b >>> 6)) ^ a;
    a = (a + b) | 0;
    b = ((b << 6) | (b >>> 26)) ^ a;
    a = (a + k0) | 0;
    b = (b + k1a) | 0;
    a = (a + b) | 0;
    b = ((b << 17) | (b >>> 15)) ^ a;
    out[2 * i] = a;
    out[2 * i + 1] = b;
  }
}
