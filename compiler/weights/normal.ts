import { BLOCK } from "./random.js";

/*
 * The inverse of the normal distribution function: algorithm AS 241, PPND7 (M. J. Wichura, Applied Statistics 37,
 * 1988), good to about 1 part in 10^7, as f32 is. Only +, -, *, / and sqrt are used, which IEEE 754 rounds exactly,
 * so the numbers are the same on every machine; Math.log would not be.
 */

const tails = new Int32Array(BLOCK + 1);

/** By the number of leading zeros of the tail's distance: the factor that brings it to [1, 2) … */
const scale = Float64Array.from({ length: 33 }, (_, zeros) => 2 ** (zeros === 32 ? 1 : zeros - 31));
/** … and the logarithm of that factor's inverse, of 2^-32 and of sqrt 2. */
const exponent = Float64Array.from({ length: 33 }, (_, zeros) => (-zeros - 0.5) * Math.LN2);

/** Writes `mean + std * z` for the first `count` (at most BLOCK) of `bits`, z being standard normal. */
export function normalFrom(
  bits: Int32Array,
  count: number,
  mean: number,
  std: number,
  out: Float32Array,
  at: number,
): void {
  // All as if in the middle; the 15 % in the tails are noted and redone, for a branch here would be mispredicted.
  let tailed = 0;
  for (let i = 0; i < count; i++) {
    const q = (bits[i]! + 0.5) * 2.3283064365386963e-10;
    const r = 0.180625 - q * q;
    tails[tailed] = i;
    tailed += r < 0 ? 1 : 0;
    const top = ((59.10937472 * r + 159.29113202) * r + 50.434271938) * r + 3.3871327179;
    const bottom = ((67.1875636 * r + 78.757757664) * r + 17.895169469) * r + 1;
    out[at + i] = mean + std * ((q * top) / bottom);
  }
  for (let j = 0; j < tailed; j++) {
    const i = tails[j]!;
    const x = bits[i]!;
    const z = upperTail(2147483648 - Math.abs(x + 0.5));
    out[at + i] = mean + std * (x < 0 ? -z : z);
  }
}

/** The quantile at probability 1 − distance / 2^32; distance is 0.5, 1.5, … */
function upperTail(distance: number): number {
  const zeros = Math.clz32(distance);
  // log(distance / 2^32), by the series of artanh around sqrt 2.
  const m = distance * scale[zeros]!;
  const s = (m - Math.SQRT2) / (m + Math.SQRT2);
  const u = s * s;
  const series = 1 + u * (1 / 3 + u * (1 / 5 + u * (1 / 7 + u * (1 / 9 + u * (1 / 11)))));
  const r = Math.sqrt(-(exponent[zeros]! + 2 * s * series));
  // PPND7's third range begins at r = 5, a probability of 1e-11: 32 bits never reach it.
  const w = r - 1.6;
  const top = ((0.17023821103 * w + 1.3067284816) * w + 2.75681539) * w + 1.4234372777;
  const bottom = (0.12021132975 * w + 0.7370016425) * w + 1;
  return top / bottom;
}
