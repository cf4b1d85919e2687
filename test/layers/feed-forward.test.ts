import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { filled, model, wave, weights } from "../check/support.js";

const [T, D, F] = [3, 4, 6];
const x = filled([1, T, D], wave(1, 0.3));

function run(layer: string): { y: readonly number[]; w: Record<string, NdArray> } {
  const instance = model(
    `model M {\n  slot f: layer = ${layer}\n  forward(x: [B T D = ${D}]) -> (y: [B T D]) { return f(x) }\n}`,
  );
  const shapes = Object.entries(weights(instance));
  const w = Object.fromEntries(
    shapes.map(([name, shape], i) => [name, filled(shape.split(" ").map(Number), wave(0.5, i))]),
  );
  return { y: Array.from(evaluateGraph(instance.start, { x, ...w }, {}).y!.data), w };
}

/** Row t of a matrix product with the [in, out] matrix m. */
const times = (row: readonly number[], m: NdArray) => {
  const [, columns] = m.shape as [number, number];
  return Array.from({ length: columns }, (_, j) =>
    row.reduce((sum, v, i) => sum + v * m.data[i * columns + j]!, 0),
  );
};
const rows = Array.from({ length: T }, (_, t) => Array.from(x.data.slice(t * D, (t + 1) * D)));
const silu = (v: number) => v / (1 + Math.exp(-v));
const geluTanh = (v: number) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3)));

function expectClose(actual: readonly number[], wanted: readonly number[]): void {
  expect(actual).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) expect(actual[i]).toBeCloseTo(value, 6);
}

describe("gated_mlp", () => {
  it.each([
    ["SwiGLU", `gated_mlp(hidden = ${F})`, silu],
    ["GEGLU", `gated_mlp(hidden = ${F}, act = gelu_tanh)`, geluTanh],
    ["ReGLU", `gated_mlp(hidden = ${F}, act = relu)`, (v: number) => Math.max(v, 0)],
  ])("is (act(x gate) * (x up)) down: %s", (_, layer, act) => {
    const { y, w } = run(layer);
    const due = rows.flatMap((row) => {
      const up = times(row, w["f.up"]!);
      return times(
        times(row, w["f.gate"]!).map((g, i) => act(g) * up[i]!),
        w["f.down"]!,
      );
    });
    expectClose(y, due);
  });

  it("adds biases where asked", () => {
    const { y, w } = run(`gated_mlp(hidden = ${F}, bias = true)`);
    const add = (row: readonly number[], b: NdArray) => row.map((v, i) => v + b.data[i]!);
    const due = rows.flatMap((row) => {
      const up = add(times(row, w["f.up"]!), w["f.up_shift"]!);
      const gate = add(times(row, w["f.gate"]!), w["f.gate_shift"]!);
      return add(
        times(
          gate.map((g, i) => silu(g) * up[i]!),
          w["f.down"]!,
        ),
        w["f.down_shift"]!,
      );
    });
    expectClose(y, due);
  });

  it("has two thirds of 4 d as its width by default, in steps of 64", () => {
    const widths = (d: number) =>
      weights(
        model(
          `model M {\n  slot f: layer = gated_mlp()\n  forward(x: [B T D = ${d}]) -> [B T D] { return f(x) }\n}`,
        ),
      )["f.up"];
    expect(widths(96)).toBe("96 256");
    expect(widths(100)).toBe("100 320");
  });
});

describe("norms and activations", () => {
  it("rms_norm divides by the root mean square and takes no mean off", () => {
    const { y, w } = run("rms_norm(eps = 1e-3)");
    const due = rows.flatMap((row) => {
      const square = row.reduce((sum, v) => sum + (v * v) / D, 0);
      return row.map((v, i) => (v / Math.sqrt(square + 1e-3)) * w["f.scale"]!.data[i]!);
    });
    expectClose(y, due);
  });

  it("squared_relu", () => {
    expectClose(
      run("squared_relu()").y,
      rows.flat().map((v) => Math.max(v, 0) ** 2),
    );
  });

  it("scaled", () => {
    expectClose(
      run("scaled(sqrt(16))").y,
      rows.flat().map((v) => 4 * v),
    );
  });
});
