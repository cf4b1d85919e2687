import type { DType } from "../ir/graph.js";
import type { NdArray } from "./define.js";

/** How many elements a shape has. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((a, b) => a * b, 1);
}

/** Zeros. */
export function emptyArray(
  dtype: DType,
  shape: readonly number[],
): { -readonly [K in keyof NdArray]: NdArray[K] } {
  const count = countOf(shape);
  if (dtype === "f32") return { dtype, shape, data: new Float64Array(count) };
  return { dtype, shape, data: dtype === "i32" ? new Int32Array(count) : new Uint8Array(count) };
}

/** An array of the numbers given, in row-major order. */
export function arrayOf(dtype: DType, shape: readonly number[], data: ArrayLike<number>): NdArray {
  const array = emptyArray(dtype, shape);
  array.data.set(data);
  return array;
}

/** The same elements in another shape. */
export function withShape(array: NdArray, shape: readonly number[]): NdArray {
  return { dtype: array.dtype, shape, data: array.data };
}

/** How far apart neighbours along each axis lie. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** Sizes before an axis, along it, and after it. */
export function around(shape: readonly number[], axis: number): [outer: number, size: number, inner: number] {
  return [countOf(shape.slice(0, axis)), shape[axis] ?? 1, countOf(shape.slice(axis + 1))];
}

/** Where each element of `shape`, in row-major order, lies in data with these strides. */
export function offsetsOf(shape: readonly number[], strides: readonly number[]): Int32Array {
  let offsets: Int32Array = new Int32Array([0]);
  for (let axis = 0; axis < shape.length; axis++) {
    const size = shape[axis]!;
    const stride = strides[axis]!;
    const next = new Int32Array(offsets.length * size);
    let at = 0;
    for (const start of offsets) for (let i = 0; i < size; i++) next[at++] = start + i * stride;
    offsets = next;
  }
  return offsets;
}

/** Elements picked by their place. */
export function pick(array: NdArray, shape: readonly number[], offsets: Int32Array): NdArray {
  const result = emptyArray(array.dtype, shape);
  const { data } = result;
  const source = array.data;
  for (let i = 0; i < offsets.length; i++) data[i] = source[offsets[i]!]!;
  return result;
}

/** Result axis i is axis perm[i]. */
export function transposeArray(array: NdArray, perm: readonly number[]): NdArray {
  if (perm.every((axis, i) => axis === i)) return array;
  const strides = stridesOf(array.shape);
  const shape = perm.map((axis) => array.shape[axis]!);
  return pick(
    array,
    shape,
    offsetsOf(
      shape,
      perm.map((axis) => strides[axis]!),
    ),
  );
}

/** Spread to `shape` as NumPy does. */
export function broadcastArray(array: NdArray, shape: readonly number[]): NdArray {
  if (array.shape.length === shape.length && array.shape.every((n, i) => n === shape[i])) return array;
  const strides = stridesOf(array.shape);
  const missing = shape.length - array.shape.length;
  const spread = shape.map((_, i) =>
    i < missing || array.shape[i - missing] === 1 ? 0 : strides[i - missing]!,
  );
  return pick(array, shape, offsetsOf(shape, spread));
}

/** The shape that operands of an elementwise op meet in. Throws RangeError where they do not. */
export function commonShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    let size = 1;
    for (const shape of shapes) {
      const n = shape[i - rank + shape.length] ?? 1;
      if (n === 1) continue;
      if (size !== 1 && size !== n) throw new RangeError(`shapes [${shapes.join("], [")}] do not meet`);
      size = n;
    }
    return size;
  });
}
