import { Dim } from "../dim/dim.js";

type Shape = readonly Dim[];

/**
 * The part of a value's elements that counts (is not 0, or is read): `count` of all places along `axes`, the same part
 * at every place of the other axes. Undefined stands for all of it.
 */
export interface Support {
  readonly count: Dim;
  /** Ascending, none of constant size 1. */
  readonly axes: readonly number[];
}

function support(count: Dim, axes: readonly number[], shape: Shape): Support | undefined {
  const kept = [...axes].filter((axis) => !shape[axis]!.isOne).sort((a, b) => a - b);
  const all = placesOf(shape, kept);
  // What is not surely a part counts as all.
  return count.equals(all) || count.atMost(all) !== "yes" ? undefined : { count, axes: kept };
}

function placesOf(shape: Shape, axes: readonly number[]): Dim {
  return Dim.product(axes.map((axis) => shape[axis]!));
}

/** Of an operand with fewer axes, as the result numbers them. */
export function shifted(part: Support | undefined, by: number): Support | undefined {
  return part && by !== 0 ? { count: part.count, axes: part.axes.map((axis) => axis + by) } : part;
}

/** After input axis i became output axis `to(i)`. */
export function permuted(part: Support | undefined, to: (axis: number) => number): Support | undefined {
  return part && { count: part.count, axes: part.axes.map(to).sort((a, b) => a - b) };
}

/** After a reshape: axes in front and behind that stay keep their part, those between are one part. */
export function reshaped(part: Support | undefined, from: Shape, to: Shape): Support | undefined {
  if (!part) return undefined;
  let front = 0;
  while (front < from.length && front < to.length && from[front]!.equals(to[front]!)) front++;
  let behind = 0;
  const most = Math.min(from.length, to.length) - front;
  while (behind < most && from.at(-1 - behind)!.equals(to.at(-1 - behind)!)) behind++;
  const end = from.length - behind;
  const outer = part.axes.filter((axis) => axis < front || axis >= end);
  const moved = outer.map((axis) => (axis < front ? axis : axis + to.length - from.length));
  if (outer.length === part.axes.length) return support(part.count, moved, to);
  const middle = range(front, end);
  const others = middle.filter((axis) => !part.axes.includes(axis));
  const count = part.count.times(placesOf(from, others));
  return support(count, [...moved, ...range(front, to.length - behind)], to);
}

/** After the axis was filled up to the size that it has in `to`: nothing new counts. */
export function filled(part: Support | undefined, axis: number, from: Shape, to: Shape): Support | undefined {
  const { count, axes } = part ?? { count: Dim.one, axes: [] };
  if (axes.includes(axis)) return support(count, axes, to);
  return support(count.times(from[axis]!), [...axes, axis], to);
}

/** After the axis was cut to the size that it has in `to`: at most as much. */
export function cut(part: Support | undefined, axis: number, to: Shape): Support | undefined {
  return part?.axes.includes(axis) ? support(part.count, part.axes, to) : part;
}

export function sameSupport(a: Support, b: Support): boolean {
  return a.count.equals(b.count) && a.axes.join() === b.axes.join();
}

/** So much of `all` as counts of a value of this shape. */
export function partOf(all: Dim, part: Support, shape: Shape): Dim {
  return all.times(part.count).over(placesOf(shape, part.axes));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
