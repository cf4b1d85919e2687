import { bytesOf, fillBytes } from "./fill.js";
import type { Layout, Placed } from "./layout.js";

/** Draws the bytes of a weight file from `offset` on, header and tensors alike. */
export function fillRange({ header, placed }: Layout, seed: number, offset: number, out: Uint8Array): void {
  const end = offset + out.length;
  if (offset < header.length) out.set(header.subarray(offset, end));
  for (let i = firstEndingAfter(placed, offset); i < placed.length; i++) {
    const { tensor, offset: at, bytes } = placed[i]!;
    if (at >= end) return;
    const from = Math.max(at, offset);
    const to = Math.min(at + bytes, end);
    if (to > from) {
      const start = (from - at) / bytesOf[tensor.dtype];
      fillBytes(tensor, seed, start, out.subarray(from - offset, to - offset));
    }
  }
}

function firstEndingAfter(placed: readonly Placed[], offset: number): number {
  let low = 0;
  let high = placed.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { offset: at, bytes } = placed[middle]!;
    if (at + bytes <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
