import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { filled, model, wave } from "../check/support.js";

const [B, T, K] = [2, 5, 8];
const x = filled([B, T, K], wave(1, 0.3));

/** What `layer` makes of x, whose rows stand at positions 0 to T − 1. */
function run(layer: string): readonly number[] {
  const instance = model(
    `model M {\n  slot mix: layer = ${layer}\n  forward(x: [B T K = ${K}]) -> (y: [B T K]) { return mix(x) }\n}`,
  );
  return Array.from(evaluateGraph(instance.start, { x }, {}).y!.data);
}

/** y[b, t, k] by a formula of the row and its position. */
const due = (f: (row: readonly number[], t: number, k: number) => number) =>
  Array.from({ length: B * T * K }, (_, i) => {
    const begin = Math.floor(i / K) * K;
    return f(Array.from(x.data.slice(begin, begin + K)), Math.floor(i / K) % T, i % K);
  });

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe("sinusoidal positions", () => {
  it("stand side by side as in the paper: sin(p / 10000^(2i/d)) at 2i, cos at 2i + 1", () => {
    expectClose(
      run("sinusoidal_positions()"),
      due((row, t, k) => {
        const angle = t / 10000 ** ((2 * Math.floor(k / 2)) / K);
        return row[k]! + (k % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
      }),
    );
  });

  it("stand in halves as in tensor2tensor, whose step is log(10000) / (d/2 - 1)", () => {
    expectClose(
      run("sinusoidal_positions(interleaved = false)"),
      due((row, t, k) => {
        const f = k % (K / 2);
        const angle = t * Math.exp((-f * Math.log(10000)) / (K / 2 - 1));
        return row[k]! + (k < K / 2 ? Math.sin(angle) : Math.cos(angle));
      }),
    );
  });
});

describe("rotary positions", () => {
  const turned = (size: number, pairOf: (k: number) => readonly [f: number, other: number, sign: number]) =>
    due((row, t, k) => {
      if (k >= size) return row[k]!;
      const [f, other, sign] = pairOf(k);
      const angle = t * 500 ** ((-2 * f) / size);
      return row[k]! * Math.cos(angle) + sign * row[other]! * Math.sin(angle);
    });

  it("turn channel f with f + K/2, as Llama does", () => {
    expectClose(
      run("rotary(base = 500)"),
      turned(K, (k) => (k < K / 2 ? [k, k + K / 2, -1] : [k - K / 2, k - K / 2, 1])),
    );
  });

  it("turn channel 2f with 2f + 1, as the paper does", () => {
    expectClose(
      run("rotary(base = 500, interleaved = true)"),
      turned(K, (k) => (k % 2 === 0 ? [k / 2, k + 1, -1] : [(k - 1) / 2, k - 1, 1])),
    );
  });

  it("leave the channels after the first `size` as they are", () => {
    expectClose(
      run("rotary(base = 500, size = 4)"),
      turned(4, (k) => (k < 2 ? [k, k + 2, -1] : [k - 2, k - 2, 1])),
    );
  });

  it("make scores that depend on the distance alone", () => {
    const at = (first: number) => run(`rotary(base = 500, first = ${first})`);
    const score = (y: readonly number[], s: number, t: number) =>
      Array.from({ length: K }, (_, k) => y[s * K + k]! * y[t * K + k]!).reduce((a, b) => a + b);
    const [near, far] = [at(0), at(37)];
    for (let s = 0; s < T; s++)
      for (let t = 0; t < T; t++) expect(score(near, s, t)).toBeCloseTo(score(far, s, t), 5);
  });
});
