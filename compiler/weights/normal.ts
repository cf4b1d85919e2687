/*
 * Normal numbers from pairs of words: the method of Box and Muller (Annals of Mathematical Statistics 29, 1958), in single
 * precision, to a few parts in 10^7. Only +, -, *, / and sqrt are used, which IEEE 754 rounds exactly, so the numbers are
 * the same on every machine; Math.log and Math.cos would not be. The polynomials are minimax for the relative error.
 */

/** What the logarithm of a word, 31 bits of it, is split by: the fraction lies in [sqrt 1/2, sqrt 2). */
export const ROOT = 0x3f3504f3;
export const ONE = 31 << 23;
/** -2 log 2 */
export const TWICE_LOG_2 = Math.fround(-1.3862943611198906);
/** -2 log(m) / s by the powers of s^2, from the highest, for s = (m - 1) / (m + 1). */
export const LOG = [-0.825936496257782, -1.333044171333313, -4.000000476837158] as const;
/** A quarter of a turn in 2^32 parts. */
export const QUARTER = Math.fround(Math.PI / 2 / 4294967296);
/** sin(a) / a and cos(a) by the powers of a^2, from the highest, within an eighth of a turn. */
export const SIN = [-0.00019518291810527444, 0.008332189172506332, -0.16666655242443085, 1] as const;
export const COS = [-0.001359101734124124, 0.04165571555495262, -0.4999988377094269, 1] as const;

const f = Math.fround;
const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/**
 * Makes `mean + std * z` of the words from `first` to `end`, z being standard normal; both are multiples of 8. Of each
 * eight words the first four say how far from 0 a point of the plane lies, and the others in which direction.
 */
export function normalFrom(
  words: Int32Array,
  first: number,
  end: number,
  mean: number,
  std: number,
  out: Float32Array,
): void {
  const [m, d] = [f(mean), f(std)];
  for (let i = first; i < end; i += (i & 3) === 3 ? 5 : 1) {
    // The radius: sqrt(-2 log u), u being between 2^-32 and 1.
    float[0] = f(words[i]! >>> 1) + 0.5;
    const split = (bits[0]! - (ROOT + ONE)) | 0;
    bits[0] = (split & 0x7fffff) + ROOT;
    const fraction = float[0]!;
    const s = f(f(fraction - 1) / f(fraction + 1));
    const square = f(s * s);
    const log = f(f(f(f(f(LOG[0] * square) + LOG[1]) * square) + LOG[2]) * s);
    const far = f(f(Math.sqrt(f(f((split >> 23) * TWICE_LOG_2) + log))) * d);
    // The direction: an angle within an eighth of a turn from 0, from 1/4 (where sine and cosine change places), or from
    // one of the two opposite.
    const turn = words[i + 4]!;
    const radius = turn < 0 ? -far : far;
    const a = f(f(turn << 2) * QUARTER);
    const x = f(a * a);
    const sin = f(f(f(f(f(f(f(SIN[0] * x) + SIN[1]) * x) + SIN[2]) * x) + SIN[3]) * a);
    const cos = f(f(f(f(f(f(COS[0] * x) + COS[1]) * x) + COS[2]) * x) + COS[3]);
    const swapped = (turn & 0x40000000) !== 0;
    out[i] = f(radius * (swapped ? sin : cos)) + m;
    out[i + 4] = f(radius * (swapped ? cos : sin)) + m;
  }
}
