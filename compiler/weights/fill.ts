import type { DType, Init } from "../ir/graph.js";
import { BLOCK, type Key, keyOf, LANES } from "./random.js";
import { type Draws, makeDraws } from "./simd.js";

/** One tensor of a weight file and how it starts. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly init: Init;
}

/** The number with which all of a tensor starts; undefined where it is random. */
export function initialOf(init: Init): number | undefined {
  switch (init.kind) {
    case "zeros":
      return 0;
    case "ones":
      return 1;
    case "constant":
      return init.value;
    default:
      return undefined;
  }
}

let draws: Draws | undefined;

/** Elements `start` … of a tensor, drawn into `out`. Any part of it comes out the same, whatever was drawn before. */
export function fill(tensor: StoredTensor, seed: number, start: number, out: Float32Array): void {
  const { init } = tensor;
  if (init.kind === "normal" || init.kind === "uniform")
    fillRandom(init, keyOf(tensor.name, seed), start, out);
  else out.fill(initialOf(init)!);
}

function fillRandom(
  init: Init & { kind: "normal" | "uniform" },
  key: Key,
  start: number,
  out: Float32Array,
): void {
  draws ??= makeDraws();
  let done = 0;
  while (done < out.length) {
    const block = Math.floor((start + done) / BLOCK);
    const from = (start + done) % BLOCK;
    const to = Math.min(BLOCK, from + out.length - done);
    const made = Math.ceil(to / LANES) * LANES;
    draws.make(key, block, made);
    if (init.kind === "uniform") uniformFrom(draws.words.subarray(from, to), init.low, init.high, out, done);
    else {
      draws.normal(from - (from % LANES), made, init.mean, init.std);
      out.set(draws.normals.subarray(from, to), done);
    }
    done += to - from;
  }
}

/** The middles of 2^24 equal parts of the range. */
function uniformFrom(drawn: Int32Array, low: number, high: number, out: Float32Array, at: number): void {
  const step = (high - low) / 16777216;
  for (let i = 0; i < drawn.length; i++) out[at + i] = low + step * ((drawn[i]! >>> 8) + 0.5);
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
