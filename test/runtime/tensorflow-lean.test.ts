import type { Tensor } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Tf } from "../../runtime/backends.js";
import { present } from "./present.js";

const backend = (await present()).find(({ name }) => name === "tensorflow")?.backend;

function floats(tf: Tf, ...shape: number[]): Tensor {
  const size = shape.reduce((a, b) => a * b, 1);
  return tf.tensor(
    Float32Array.from({ length: size }, (_, i) => Math.sin(1 + 7 * i) + 1.5),
    shape,
  );
}

const whole = (tf: Tf, ...shape: number[]) => tf.cast(tf.mul(floats(tf, ...shape), 10), "int32");

type Call = (tf: Tf, make: (...shape: number[]) => Tensor) => Tensor;

const calls: Readonly<Record<string, Call>> = {
  "a sum of equal shapes": (tf, x) => tf.add(x(3, 4), x(3, 4)),
  "a difference that is spread": (tf, x) => tf.sub(x(2, 3, 4), x(3, 1)),
  "a product with a number": (tf, x) => tf.mul(x(3, 4), 2),
  "the same number again": (tf, x) => tf.mul(x(5), 2),
  "a number first": (tf, x) => tf.sub(2, x(3, 4)),
  "a square": (tf, x) => tf.square(x(3, 4)),
  "a reshape": (tf, x) => tf.reshape(x(2, 3, 4), [6, 4]),
  "a reshape to a scalar": (tf, x) => tf.reshape(x(1, 1), []),
  "a reshape of nothing": (tf, x) => tf.reshape(x(0, 4), [2, 0, 2]),
  "a transpose": (tf, x) => tf.transpose(x(2, 3, 4), [2, 0, 1]),
  "a transpose of all axes": (tf, x) => tf.transpose(x(2, 3)),
  "a total of an axis": (tf, x) => tf.sum(x(2, 3, 4), 1),
  "a total of an axis that stays": (tf, x) => tf.sum(x(2, 3, 4), 2, true),
  "a total of everything": (tf, x) => tf.sum(x(2, 3)),
};

const ofFloats: Readonly<Record<string, Call>> = {
  rsqrt: (tf, x) => tf.rsqrt(x(3, 4)),
  exp: (tf, x) => tf.exp(x(3, 4)),
  sigmoid: (tf, x) => tf.sigmoid(x(3, 4)),
  tanh: (tf, x) => tf.tanh(x(3, 4)),
  "softmax of the last axis": (tf, x) => tf.softmax(x(2, 3, 4)),
  "softmax of a named axis": (tf, x) => tf.softmax(x(3, 4), 1),
};

/** Shapes of two operands, the second not turned: one row, several, stacks of each, one matrix for several rows. */
const products: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1, 5],
    [5, 3],
  ],
  [
    [1, 1, 5],
    [5, 3],
  ],
  [
    [1, 1, 5],
    [1, 5, 3],
  ],
  [
    [1, 7, 5],
    [5, 3],
  ],
  [
    [2, 1, 5],
    [5, 3],
  ],
  [
    [1, 1, 5],
    [4, 5, 3],
  ],
  [
    [2, 3, 1, 5],
    [2, 3, 5, 4],
  ],
  [
    [2, 3, 6, 5],
    [2, 3, 5, 4],
  ],
  [
    [2, 3, 1, 5],
    [2, 3, 5, 0],
  ],
];

describe.skipIf(!backend)("TensorFlow's kernels without tfjs's functions", () => {
  beforeAll(async () => {
    await backend!.tf.setBackend("tensorflow");
  });

  /** Compares, and counts what is left besides the result. */
  function compare(call: (tf: Tf) => Tensor): void {
    const { tf, lean } = backend!;
    const [expected, before] = [tf.tidy(() => call(tf)), tf.memory().numTensors];
    const made = tf.tidy(() => call(lean!));
    expect(tf.memory().numTensors, "tensors left behind").toBe(before + 1);
    expect([made.dtype, made.shape]).toEqual([expected.dtype, expected.shape]);
    const wanted = expected.dataSync();
    made.dataSync().forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i]!, 5);
    });
    tf.dispose([made, expected]);
  }

  it.each(Object.entries({ ...calls, ...ofFloats }))("%s is tfjs's", (_, call) => {
    compare((tf) => call(tf, (...shape) => floats(tf, ...shape)));
  });

  it.each(Object.entries(calls))("%s of integers is tfjs's", (_, call) => {
    compare((tf) => call(tf, (...shape) => whole(backend!.tf, ...shape)));
  });

  it.each(products)("%j times %j is tfjs's, turned or not", (a, b) => {
    compare((tf) => tf.matMul(floats(tf, ...a), floats(tf, ...b)));
    const turned = [...b.slice(0, -2), b.at(-1)!, b.at(-2)!];
    compare((tf) => tf.matMul(floats(tf, ...a), floats(tf, ...turned), false, true));
  });

  it("starts no kernel by way of tfjs", () => {
    const { tf, lean } = backend!;
    const [x, row, matrix] = [floats(tf, 2, 3), floats(tf, 1, 3), floats(tf, 3, 4)];
    const asked = vi.spyOn(tf.engine(), "runKernel");
    try {
      const calls = lean!;
      tf.dispose([
        calls.mul(calls.add(x, x), 0.5),
        calls.softmax(calls.transpose(x, [1, 0])),
        calls.sum(calls.square(x), 1),
        calls.reshape(calls.matMul(row, matrix), [2, 2]),
      ]);
      expect(asked).not.toHaveBeenCalled();
    } finally {
      asked.mockRestore();
      tf.dispose([x, row, matrix]);
    }
  });
});
