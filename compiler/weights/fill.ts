import type { DType, Init } from "../ir/graph.js";
import { normalFrom } from "./normal.js";
import { BLOCK, type Key, keyOf, threefry } from "./random.js";
import { type Draws, makeDraws } from "./simd.js";

/** One tensor of a weight file and how it starts. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly init: Init;
}

const bits = new Int32Array(BLOCK);
let draws: Draws | undefined | "untried" = "untried";

/** Elements `start` … of a tensor, drawn into `out`. Any part of it comes out the same, whatever was drawn before. */
export function fill(tensor: StoredTensor, seed: number, start: number, out: Float32Array): void {
  const { init } = tensor;
  switch (init.kind) {
    case "zeros":
      out.fill(0);
      return;
    case "ones":
      out.fill(1);
      return;
    case "constant":
      out.fill(init.value);
      return;
    default:
      fillRandom(init, keyOf(tensor.name, seed), start, out);
  }
}

function fillRandom(
  init: Init & { kind: "normal" | "uniform" },
  key: Key,
  start: number,
  out: Float32Array,
): void {
  if (draws === "untried") draws = makeDraws();
  let done = 0;
  while (done < out.length) {
    // The first draw of an odd start is the second word of its pair; a block never crosses 2^32 counters.
    const skip = (start + done) % 2;
    const count = Math.min(out.length - done, BLOCK - ((start + done) % BLOCK));
    const first = (start + done - skip) / 2;
    const high = Math.floor(first / 4294967296);
    const pairs = Math.ceil((count + skip) / 2);
    if (draws) draws.threefry(key, first, high, pairs);
    else threefry(key, first, high, pairs, bits);
    const words = draws?.words ?? bits;
    const drawn = skip === 0 ? words : words.subarray(1);
    if (init.kind === "normal" && draws) draws.normal(skip, count, init.mean, init.std, out, done);
    else if (init.kind === "normal") normalFrom(drawn, count, init.mean, init.std, out, done);
    else uniformFrom(drawn, count, init.low, init.high, out, done);
    done += count;
  }
}

/** The middles of 2^24 equal parts of the range. */
function uniformFrom(
  drawn: Int32Array,
  count: number,
  low: number,
  high: number,
  out: Float32Array,
  at: number,
): void {
  const step = (high - low) / 16777216;
  for (let i = 0; i < count; i++) out[at + i] = low + step * ((drawn[i]! >>> 8) + 0.5);
}

/** Bytes of an element in a weight file. */
export const bytesOf: Readonly<Record<DType, number>> = { f32: 4, i32: 4, bool: 1 };

/** `fill` for any dtype, straight into the bytes of a file (little-endian, as every machine Node runs on in practice). */
export function fillBytes(tensor: StoredTensor, seed: number, start: number, out: Uint8Array): void {
  const count = out.byteLength / bytesOf[tensor.dtype];
  if (tensor.dtype === "f32") {
    fill(tensor, seed, start, new Float32Array(out.buffer, out.byteOffset, count));
    return;
  }
  const floats = new Float32Array(count);
  fill(tensor, seed, start, floats);
  if (tensor.dtype === "bool") for (let i = 0; i < count; i++) out[i] = floats[i] === 0 ? 0 : 1;
  else new Int32Array(out.buffer, out.byteOffset, count).set(floats);
}
