import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { openBackend } from "../../runtime/index.js";

beforeAll(async () => {
  await openBackend("wasm");
});

const counting = (shape: number[], dtype: "float32" | "int32" | "bool" = "float32") => {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Array.from({ length: size }, (_, i) => (dtype === "bool" ? Number(i % 3 === 0) : i)),
    shape,
    dtype,
  );
};

/** The box element by element. */
function expected(shape: number[], begin: number[], size: number[]): number[] {
  const count = size.reduce((a, b) => a * b, 1);
  return Array.from({ length: count }, (_, i) => {
    let rest = i;
    let at = 0;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += ((rest % size[axis]!) + begin[axis]!) * stride;
      rest = Math.floor(rest / size[axis]!);
      stride *= shape[axis]!;
    }
    return at;
  });
}

describe("parts of tensors in WebAssembly's heap", () => {
  test.each([
    [[7], [2], [3]],
    [
      [4, 5],
      [1, 0],
      [2, 5],
    ],
    [
      [4, 5],
      [1, 2],
      [3, 2],
    ],
    [
      [3, 4, 5],
      [0, 1, 0],
      [3, 2, 5],
    ],
    [
      [3, 4, 5],
      [1, 1, 1],
      [1, 2, 3],
    ],
    [
      [2, 3, 4, 5],
      [0, 1, 2, 0],
      [2, 2, 1, 5],
    ],
    [
      [2, 2, 3, 2, 3],
      [1, 0, 1, 0, 1],
      [1, 2, 2, 2, 2],
    ],
    [
      [2, 3, 2, 2, 2, 2],
      [0, 1, 0, 0, 1, 0],
      [2, 2, 1, 2, 1, 2],
    ],
    [
      [3, 4],
      [1, 1],
      [0, 2],
    ],
  ])("of %j from %j, %j", (shape, begin, size) => {
    const cut = tf.slice(counting(shape), begin, size);
    expect(cut.shape).toEqual(size);
    expect([...cut.dataSync()]).toEqual(expected(shape, begin, size));
  });

  test("split and unstack, along any axis and for any type", () => {
    for (const dtype of ["float32", "int32", "bool"] as const) {
      const x = counting([2, 6, 3], dtype);
      const all = x.dataSync();
      const values = (begin: number[], size: number[]) =>
        expected([2, 6, 3], begin, size).map((i) => Number(all[i]));
      const parts = tf.split(x, [1, 2, 3], -2);
      expect(parts.map((part) => [...part.dataSync()].map(Number))).toEqual([
        values([0, 0, 0], [2, 1, 3]),
        values([0, 1, 0], [2, 2, 3]),
        values([0, 3, 0], [2, 3, 3]),
      ]);
      const columns = tf.unstack(x, -1);
      expect(columns.map((part) => part.shape)).toEqual([
        [2, 6],
        [2, 6],
        [2, 6],
      ]);
      expect([...columns[1]!.dataSync()].map(Number)).toEqual(values([0, 0, 1], [2, 6, 1]));
    }
  });

  test("nothing is copied to JavaScript", () => {
    const x = counting([8, 1024, 64]);
    const before = process.memoryUsage().arrayBuffers;
    const parts = tf.unstack(x, 0);
    expect(parts).toHaveLength(8);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(4 * 1024 * 64);
  });
});
