import { lastOf, type Place } from "./checkpoint.js";

/** Numbers as they are stored, 4 bytes or 1 each: a copy never changes a bit of them. */
export type Words = Int32Array | Uint8Array;

/** A box of numbers on its way from a tensor of some file into the one being written. */
export interface Move {
  readonly sizes: readonly number[];
  readonly to: Place;
  readonly from: Place;
  /** Numbers `start` … of the tensor that it comes from. */
  read(start: number, count: number): Promise<Words>;
}

/** Numbers read at a time: what bounds memory, however large the tensors. */
const WINDOW = 4 << 20;

/** Writes those numbers of a box to `out` that belong in it; `out` is the written tensor from element `begin` on. */
export async function moveInto(move: Move, begin: number, out: Words): Promise<void> {
  const { sizes, to, from } = move;
  const first = to.start;
  const last = lastOf(to, sizes);
  const end = begin + out.length;
  if (last < begin || first >= end || sizes.includes(0)) return;
  if (first < begin || last >= end) {
    for (const half of halves(move, to)) await moveInto(half, begin, out);
    return;
  }
  const span = lastOf(from, sizes) - from.start + 1;
  if (span > WINDOW) {
    for (const half of halves(move, from)) await moveInto(half, begin, out);
    return;
  }
  copy(sizes, await move.read(from.start, span), 0, from.steps, out, first - begin, to.steps);
}

/** The box in two, cut across the axis that goes furthest in `place`. */
function halves(move: Move, place: Place): Move[] {
  let axis = -1;
  for (const [i, size] of move.sizes.entries()) {
    if (size > 1 && (axis < 0 || place.steps[i]! > place.steps[axis]!)) axis = i;
  }
  if (axis < 0) return [];
  const low = move.sizes[axis]! >>> 1;
  const part = (from: number, size: number): Move => ({
    ...move,
    sizes: move.sizes.with(axis, size),
    to: { ...move.to, start: move.to.start + from * move.to.steps[axis]! },
    from: { ...move.from, start: move.from.start + from * move.from.steps[axis]! },
  });
  return [part(0, low), part(low, move.sizes[axis]! - low)];
}

function copy(
  sizes: readonly number[],
  source: Words,
  sourceAt: number,
  sourceSteps: readonly number[],
  out: Words,
  at: number,
  steps: readonly number[],
  axis = 0,
): void {
  if (axis === sizes.length) {
    out[at] = source[sourceAt]!;
    return;
  }
  const size = sizes[axis]!;
  const step = steps[axis]!;
  const sourceStep = sourceSteps[axis]!;
  if (axis < sizes.length - 1) {
    for (let i = 0; i < size; i++) {
      copy(sizes, source, sourceAt + i * sourceStep, sourceSteps, out, at + i * step, steps, axis + 1);
    }
  } else if (step === 1 && sourceStep === 1) {
    out.set(source.subarray(sourceAt, sourceAt + size), at);
  } else {
    for (let i = 0; i < size; i++) out[at + i * step] = source[sourceAt + i * sourceStep]!;
  }
}
