import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import type { Tf } from "../../runtime/backends.js";
import { present } from "./present.js";

const backend = (await present()).find(({ name }) => name === "webgpu")?.backend;

/** Shapes of both operands as they stand without a turn; results of one row, odd sizes, and one matrix for a stack. */
const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [1, 5],
    [5, 1],
  ],
  [
    [7, 33],
    [33, 10],
  ],
  [
    [2, 3, 9, 4],
    [2, 3, 4, 6],
  ],
  [
    [1, 9, 4],
    [5, 4, 6],
  ],
  [
    [5, 9, 4],
    [1, 4, 6],
  ],
  [
    [0, 4],
    [4, 3],
  ],
];
const turns = [
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const;

const size = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);
const numbers = (shape: readonly number[], seed: number) =>
  Float32Array.from({ length: size(shape) }, (_, i) => Math.sin(i * 1.7 + seed));
const turned = (shape: readonly number[], turn: boolean) =>
  turn ? [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!] : [...shape];

describe.skipIf(backend?.software !== true)("products on a webgpu in software", () => {
  async function expectAlike(make: (tf: Tf) => Tensor) {
    const { tf } = backend!;
    const results: number[][] = [];
    for (const name of ["cpu", "webgpu"]) {
      await tf.setBackend(name);
      const made = tf.tidy(() => make(tf));
      results.push([...made.shape, ...(await made.data())]);
      made.dispose();
    }
    backend!.check();
    const [expected, ours] = results as [number[], number[]];
    expect(ours).toHaveLength(expected.length);
    for (const [i, x] of expected.entries()) expect(Math.abs(x - ours[i]!)).toBeLessThan(1e-4);
  }

  it.each(shapes.flatMap(([a, b]) => turns.map(([turnA, turnB]) => ({ a, b, turnA, turnB }))))(
    "$a by $b, turned $turnA, $turnB, are those of cpu, with a shift and without",
    async ({ a, b, turnA, turnB }) => {
      const operands = (tf: Tf) =>
        [tf.tensor(numbers(a, 0), turned(a, turnA)), tf.tensor(numbers(b, 1), turned(b, turnB))] as const;
      await expectAlike((tf) => tf.matMul(...operands(tf), turnA, turnB));
      await expectAlike((tf) => {
        const [left, right] = operands(tf);
        const bias = tf.tensor1d(numbers([b.at(-1)!], 2));
        return tf.fused.matMul({ a: left, b: right, transposeA: turnA, transposeB: turnB, bias });
      });
    },
  );

  it("take more groups of threads than one axis of a dispatch has", async () => {
    const rows = 1_060_000;
    await expectAlike((tf) => {
      const x = tf.tensor(numbers([rows, 1, 1], 0), [rows, 1, 1]);
      return tf.slice(tf.reshape(tf.matMul(x, tf.tensor3d([3], [1, 1, 1])), [53, rows / 53]), [0, 19_000]);
    });
  });

  it("that are bent, or shifted by a matrix, are left to tfjs", async () => {
    const x = (tf: Tf) => tf.tensor(numbers([6, 6], 0), [6, 6]);
    await expectAlike((tf) => tf.fused.matMul({ a: x(tf), b: x(tf), activation: "relu" }));
    await expectAlike((tf) => tf.fused.matMul({ a: x(tf), b: x(tf), bias: x(tf) }));
  });
});
