import { arrayOf, countOf } from "./array.js";
import type { NdArray, SampleInput } from "./define.js";

/**
 * The inputs of a sample as arrays: its data, or numbers that only depend on the sample's name (`seed`). Floats are
 * normal, and exact in single precision; integers without `fill` are in −5 … 5, flags are drawn.
 */
export function sampleInputs(sample: {
  readonly name: string;
  readonly inputs: readonly SampleInput[];
}): NdArray[] {
  const draw = generator(sample.name);
  return sample.inputs.map((input) => arrayOf(input.dtype, input.shape, input.data ?? drawn(input, draw)));
}

function drawn({ dtype, shape, fill }: SampleInput, draw: () => number): number[] {
  const places = Array.from({ length: countOf(shape) }, (_, i) => i);
  if (typeof fill === "object") return places.map(() => Math.floor(draw() * fill.index));
  if (fill === "distinct")
    return shuffled(places, draw).map((n) => (dtype === "f32" ? (n - places.length / 2) / 4 : n));
  if (dtype === "bool") return places.map(() => (draw() < 0.5 ? 0 : 1));
  if (dtype === "i32")
    return places.map(
      () => (fill === "positive" ? 1 : -5) + Math.floor(draw() * (fill === "positive" ? 9 : 11)),
    );
  if (fill === "positive") return places.map(() => Math.fround(0.5 + 1.5 * draw()));
  return places.map(() => Math.fround(Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw())));
}

function shuffled(items: number[], draw: () => number): number[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(draw() * (i + 1));
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}

/** Numbers in [0, 1) from a name: Marsaglia's xorshift32, started from an FNV-1a hash. */
export function generator(name: string): () => number {
  let state = 0x811c9dc5;
  for (const char of name) state = Math.imul(state ^ char.codePointAt(0)!, 0x01000193);
  state ||= 1;
  const draw = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) draw();
  return draw;
}
