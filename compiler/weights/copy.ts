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
    for (const slab of slabs(move, begin, end)) await moveInto(slab, begin, out);
    return;
  }
  const span = lastOf(from, sizes) - from.start + 1;
  if (span > WINDOW) {
    for (const half of halves(move, from)) await moveInto(half, begin, out);
    return;
  }
  copy(sizes, await move.read(from.start, span), 0, from.steps, out, first - begin, to.steps);
}

/** The axis that goes furthest in a place; -1 for a single number. */
function furthest(sizes: readonly number[], { steps }: Place): number {
  let axis = -1;
  for (const [i, size] of sizes.entries()) {
    if (size > 1 && (axis < 0 || steps[i]! > steps[axis]!)) axis = i;
  }
  return axis;
}

/** The box in two, cut across the axis that goes furthest in `place`. */
function halves(move: Move, place: Place): Move[] {
  const axis = furthest(move.sizes, place);
  return axis < 0 ? [] : cutAt(move, axis, [move.sizes[axis]! >>> 1]);
}

/**
 * The box cut across the axis that goes furthest in the written tensor, so that what lies within `begin` … `end` is in one
 * piece: each piece may have to read all of a tensor that stands turned.
 */
function slabs(move: Move, begin: number, end: number): Move[] {
  const axis = furthest(move.sizes, move.to);
  if (axis < 0) return [];
  const size = move.sizes[axis]!;
  const step = move.to.steps[axis]!;
  const first = move.to.start;
  const reach = lastOf(move.to, move.sizes) - first - (size - 1) * step;
  const low = Math.min(size, Math.max(0, Math.ceil((begin - first) / step)));
  const high = Math.min(size, Math.max(low, Math.floor((end - 1 - reach - first) / step) + 1));
  const cuts = [...new Set([low, high])].filter((at) => at > 0 && at < size);
  return cuts.length > 0 ? cutAt(move, axis, cuts) : halves(move, move.to);
}

function cutAt(move: Move, axis: number, cuts: readonly number[]): Move[] {
  return [0, ...cuts].map((from, i) => ({
    ...move,
    sizes: move.sizes.with(axis, (cuts[i] ?? move.sizes[axis]!) - from),
    to: { ...move.to, start: move.to.start + from * move.to.steps[axis]! },
    from: { ...move.from, start: move.from.start + from * move.from.steps[axis]! },
  }));
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
