import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { DType, Value } from "../ir/graph.js";
import type { Tensor } from "./values.js";

/** Operations on named tensors that the language's forms are made of. All names have been checked by the caller. */

export const sizeOf = (t: Tensor, axis: string): Dim => t.value.shape[t.axes.indexOf(axis)]!;

/** The same tensor with its axes in another order. */
export function reorder(b: Builder, t: Tensor, axes: readonly string[]): Tensor {
  const perm = axes.map((a) => t.axes.indexOf(a));
  if (perm.every((p, i) => p === i)) return t;
  return { value: b.op("transpose", [t.value], { perm }), axes };
}

/** Ready for an elementwise op over `axes`: in their order, with size 1 where an axis is absent (leading ones left out). */
export function align(b: Builder, t: Tensor, axes: readonly string[]): Value {
  const own = axes.filter((a) => t.axes.includes(a));
  const ordered = reorder(b, t, own);
  const first = axes.findIndex((a) => t.axes.includes(a));
  if (first < 0) return ordered.value;
  const spread = axes.slice(first);
  if (spread.length === own.length) return ordered.value;
  const shape = spread.map((a) => (t.axes.includes(a) ? sizeOf(t, a) : Dim.of(1)));
  return b.op("reshape", [ordered.value], { shape });
}

/** Every axis of `axes` present, by repetition. */
export function spread(b: Builder, t: Tensor, axes: readonly string[], shape: readonly Dim[]): Tensor {
  if (axes.length === t.axes.length && axes.every((a) => t.axes.includes(a))) return reorder(b, t, axes);
  const own = axes.filter((a) => t.axes.includes(a));
  const ordered = reorder(b, t, own);
  const ones = axes.map((a, i) => (t.axes.includes(a) ? shape[i]! : Dim.of(1)));
  const value =
    own.length === axes.length ? ordered.value : b.op("reshape", [ordered.value], { shape: ones });
  return { value: b.op("broadcast", [value], { shape }), axes };
}

export function cast(b: Builder, value: Value, to: DType): Value {
  return value.dtype === to ? value : b.op("cast", [value], { to });
}

/** A dim as a scalar tensor. */
export function scalarOf(b: Builder, dim: Dim, dtype: DType): Value {
  if (dim.constant) return b.scalar(Number(dim.constant[0]) / Number(dim.constant[1]), dtype);
  return cast(b, b.op("size", [], { dim }), dtype);
}

/** Part of an axis, under a new name. */
export function slice(b: Builder, t: Tensor, axis: string, start: Dim, size: Dim, as: string): Tensor {
  const at = t.axes.indexOf(axis);
  const axes = t.axes.with(at, as);
  if (start.isZero && size.equals(t.value.shape[at]!)) return { value: t.value, axes };
  return { value: b.op("slice", [t.value], { axis: at, start, size }), axes };
}

/** One place of an axis, which goes. */
export function pick(b: Builder, t: Tensor, axis: string, index: Dim): Tensor {
  const at = t.axes.indexOf(axis);
  const one = slice(b, t, axis, index, Dim.of(1), axis);
  const shape = t.value.shape.filter((_, i) => i !== at);
  return { value: b.op("reshape", [one.value], { shape }), axes: t.axes.filter((_, i) => i !== at) };
}

/** Axes next to each other, in this order, become one. */
export function merge(b: Builder, t: Tensor, from: readonly string[], to: string): Tensor {
  const first = Math.min(...from.map((a) => t.axes.indexOf(a)));
  const before = t.axes.slice(0, first).filter((a) => !from.includes(a));
  const after = t.axes.slice(first).filter((a) => !from.includes(a));
  const ordered = reorder(b, t, [...before, ...from, ...after]);
  const size = Dim.product(from.map((a) => sizeOf(t, a)));
  const axes = [...before, to, ...after];
  if (from.length === 1) return { value: ordered.value, axes };
  const shape = axes.map((a, i) => (i === before.length ? size : sizeOf(t, a)));
  return { value: b.op("reshape", [ordered.value], { shape }), axes };
}

/** One axis becomes several of the given sizes, the last running fastest. */
export function split(
  b: Builder,
  t: Tensor,
  from: string,
  to: readonly string[],
  sizes: readonly Dim[],
): Tensor {
  const at = t.axes.indexOf(from);
  const axes = [...t.axes.slice(0, at), ...to, ...t.axes.slice(at + 1)];
  if (to.length === 1) return { value: t.value, axes };
  const shape = [...t.value.shape.slice(0, at), ...sizes, ...t.value.shape.slice(at + 1)];
  return { value: b.op("reshape", [t.value], { shape }), axes };
}

/**
 * `x[axis = index]`: the new axes of the index stand in the place of the axis; axes that both have are aligned.
 */
export function gather(b: Builder, t: Tensor, axis: string, index: Tensor): Tensor {
  const shared = index.axes.filter((a) => a !== axis && t.axes.includes(a));
  const fresh = index.axes.filter((a) => !shared.includes(a));
  const batch = t.axes.filter((a) => shared.includes(a));
  const at = t.axes.indexOf(axis);
  const pre = t.axes.slice(0, at).filter((a) => !batch.includes(a));
  const post = t.axes.slice(at + 1).filter((a) => !batch.includes(a));
  const source = reorder(b, t, [...batch, ...pre, axis, ...post]);
  const indices = reorder(b, index, [...batch, ...fresh]);
  const value = b.op("gather", [source.value, indices.value], {
    axis: batch.length + pre.length,
    batch: batch.length,
  });
  const result = { value, axes: [...batch, ...pre, ...fresh, ...post] };
  const wanted = t.axes.flatMap((a) => (a === axis ? fresh : [a]));
  return reorder(b, result, wanted);
}
