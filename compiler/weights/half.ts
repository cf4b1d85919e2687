/** Single-precision bits of half-precision numbers, every one of which is exact in single precision. */
export function fromF16(halves: Uint16Array, out: Int32Array): void {
  for (let i = 0; i < halves.length; i++) {
    const h = halves[i]!;
    const sign = (h & 0x8000) << 16;
    const exponent = (h >>> 10) & 0x1f;
    const fraction = h & 0x3ff;
    if (exponent === 0x1f) out[i] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent !== 0) out[i] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) out[i] = sign;
    else {
      // A subnormal half is a normal single: its leading one moves to where it is implied.
      const shift = Math.clz32(fraction) - 21;
      out[i] = sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
    }
  }
}

/** bfloat16 is the upper half of a single-precision number. */
export function fromBF16(halves: Uint16Array, out: Int32Array): void {
  for (let i = 0; i < halves.length; i++) out[i] = halves[i]! << 16;
}
