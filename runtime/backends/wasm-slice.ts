import * as tf from "@tensorflow/tfjs-core";

/** What tfjs's backend for WebAssembly is asked for here. */
interface Heap {
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
  typedArrayFromHeap(tensor: tf.TensorInfo): tf.TypedArray;
}

let isRegistered = false;

/**
 * Slice, SplitV and Unpack in place of tfjs-backend-wasm 4.22's, which copy the whole operand to JavaScript for each part
 * that they cut: parts of twelve heads cost twelve copies of all heads, and the copies stay until they are collected.
 * These copy the parts alone, within the heap.
 */
export function sliceInHeap(): void {
  // The backend is opened for every model.
  if (isRegistered) return;
  isRegistered = true;
  register("Slice", "x", (heap, x, { begin, size }) => {
    const [start, lengths] = tf.slice_util.parseSliceParams(
      x as tf.Tensor,
      begin as number | number[],
      size as number | number[],
    ) as [number[], number[]];
    return part(heap, x, start, lengths);
  });
  register("SplitV", "x", (heap, x, { numOrSizeSplits, axis }) => {
    const at = tf.util.parseAxisParam(axis as number, x.shape)[0]!;
    const sizes = tf.backend_util.prepareSplitSize(x as tf.Tensor, numOrSizeSplits as number | number[], at);
    let from = 0;
    return sizes.map((length) => {
      const begin = x.shape.map((_, i) => (i === at ? from : 0));
      from += length;
      return part(heap, x, begin, replaced(x.shape, at, length));
    });
  });
  register("Unpack", "value", (heap, value, { axis }) => {
    const { shape } = value;
    const at = (axis as number) < 0 ? (axis as number) + shape.length : (axis as number);
    return Array.from({ length: shape[at]! }, (_, i) => {
      const begin = shape.map((_, j) => (j === at ? i : 0));
      return { ...part(heap, value, begin, replaced(shape, at, 1)), shape: shape.filter((_, j) => j !== at) };
    });
  });
}

type Run = (
  heap: Heap,
  operand: tf.TensorInfo,
  attributes: Readonly<Record<string, unknown>>,
) => tf.TensorInfo | tf.TensorInfo[];

function register(kernelName: string, operand: string, run: Run): void {
  const known = tf.getKernel(kernelName, "wasm");
  if (!known) return;
  tf.unregisterKernel(kernelName, "wasm");
  tf.registerKernel({
    ...known,
    kernelFunc: (given) => {
      const x = given.inputs[operand]!;
      // Strings lie outside the heap.
      if (x.dtype === "string") return known.kernelFunc(given);
      return run(given.backend as Heap, x, { ...given.attrs });
    },
  });
}

function replaced(shape: readonly number[], at: number, size: number): number[] {
  return shape.map((old, axis) => (axis === at ? size : old));
}

/** A box of a tensor, run after run of what lies together in both. */
function part(heap: Heap, x: tf.TensorInfo, begin: readonly number[], size: number[]): tf.TensorInfo {
  // Making room may grow the heap, which moves it: views come afterwards.
  const out = heap.makeOutput(size, x.dtype);
  const [from, to] = [heap.typedArrayFromHeap(x), heap.typedArrayFromHeap(out)];
  if (to.length === 0) return out;
  const { shape } = x;
  let whole = shape.length;
  while (whole > 0 && size[whole - 1] === shape[whole - 1]) whole--;
  // Axes from here on lie together, with a range of the axis before them.
  const tail = Math.max(0, whole - 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const length = size.slice(tail).reduce((a, b) => a * b, 1);
  const place = new Array<number>(tail).fill(0);
  let start = begin.reduce((sum, first, axis) => sum + first * strides[axis]!, 0);
  for (let at = 0; at < to.length; at += length) {
    to.set(from.subarray(start, start + length), at);
    for (let axis = tail - 1; axis >= 0; axis--) {
      place[axis]!++;
      start += strides[axis]!;
      if (place[axis]! < size[axis]!) break;
      start -= strides[axis]! * size[axis]!;
      place[axis] = 0;
    }
  }
  return out;
}
