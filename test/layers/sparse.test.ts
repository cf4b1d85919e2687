import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { check, filled, model, wave, weights } from "../check/support.js";

/** Whether head `h` sees position `j` from position `i`. */
type Sees = (i: number, j: number, h: number) => boolean;

const [D, H, K, V] = [12, 4, 2, 3];
const sizes = `heads = ${H}, head_dim = ${K}, value_dim = ${V}`;

// The sets of the paper (§4.2, §5.2), as its formulas have them; no position sees what is behind it.
const near =
  (l: number, more = 0): Sees =>
  (i, j) =>
    j <= i && i - j < l + more;
const column =
  (l: number): Sees =>
  (i, j) =>
    j <= i && (i - j) % l === 0;
const block =
  (l: number): Sees =>
  (i, j) =>
    j <= i && Math.floor(i / l) === Math.floor(j / l);
const summaries =
  (l: number, c: number): Sees =>
  (i, j, h) => {
    const begin = l - c * ((h % (l / c)) + 1);
    return j <= i && j % l >= begin && j % l < begin + c;
  };
const either =
  (a: Sees, b: Sees): Sees =>
  (i, j, h) =>
    a(i, j, h) || b(i, j, h);
/** A pattern of half of the heads counts its own from 0. */
const halves =
  (a: Sees, b: Sees): Sees =>
  (i, j, h) =>
    h < H / 2 ? a(i, j, h) : b(i, j, h - H / 2);

const cases: readonly (readonly [string, Sees])[] = [
  ["strided_rows(4)", near(4)],
  ["strided_rows(4), kept = 3", near(4)],
  ["strided_rows(4, window = 5), kept = 4", near(4, 1)],
  ["strided_columns(4)", column(4)],
  ["strided_rows(3), strided_columns(3, apart = 3)", either(near(3), column(3))],
  ["strided_rows(3, window = 4), strided_columns(3, apart = 4)", either(near(3, 1), column(3))],
  ["strided_rows(4), strided_columns(4), per_head = true", halves(near(4), column(4))],
  ["fixed_rows(4)", block(4)],
  ["fixed_rows(4), kept = 3", block(4)],
  ["fixed_columns(4, summary = 2)", summaries(4, 2)],
  ["fixed_columns(4, summary = 4)", summaries(4, 4)],
  ["fixed_rows(4), fixed_columns(4, summary = 1, apart = true)", either(block(4), summaries(4, 1))],
  ["fixed_rows(6), fixed_columns(6, summary = 3, apart = true)", either(block(6), summaries(6, 3))],
  ["fixed_rows(4), fixed_columns(4, summary = 2), per_head = true", halves(block(4), summaries(4, 2))],
];

const instanceOf = (patterns: string) =>
  model(
    `model M {\n  slot mix: layer = sparse_attention(${sizes}, ${name(patterns)})\n  forward(x: [B T D = ${D}]) -> (y: [B T D]) { return mix(x) }\n}`,
  );

/** The patterns by name, behind `heads`. */
function name(patterns: string): string {
  const [first, ...rest] = patterns.split(/, (?![^(]*\))/);
  return [
    `pattern = ${first}`,
    ...rest.map((p) => (p.includes("= ") && !p.includes("(") ? p : `other = ${p}`)),
  ].join(", ");
}

function weightsOf(instance: ReturnType<typeof instanceOf>): Record<string, NdArray> {
  return Object.fromEntries(
    Object.entries(weights(instance)).map(([key, shape], i) => [
      key,
      filled(shape.split(" ").map(Number), wave(0.9, i)),
    ]),
  );
}

/** Softmax attention over all positions with an explicit mask; zeros where a head sees nothing. */
function dense(w: Readonly<Record<string, NdArray>>, x: NdArray, sees: Sees): number[] {
  const T = x.shape[1]!;
  const of = (key: string) => w[`mix.${key}`]!.data;
  const project = (key: string, size: number) => (t: number, h: number, k: number) => {
    let sum = of(`${key}_shift`)[h * size + k]!;
    for (let d = 0; d < D; d++) sum += x.data[t * D + d]! * of(key)[(d * H + h) * size + k]!;
    return sum;
  };
  const [q, k, v] = [project("query", K), project("key", K), project("value", V)];
  const y: number[] = [];
  for (let i = 0; i < T; i++) {
    const row = Array.from({ length: D }, (_, d) => of("out_shift")[d]!);
    for (let h = 0; h < H; h++) {
      const seen = Array.from({ length: T }, (_, j) => j).filter((j) => sees(i, j, h));
      const e = seen.map((j) => {
        let score = 0;
        for (let c = 0; c < K; c++) score += q(i, h, c) * k(j, h, c);
        return Math.exp(score / Math.sqrt(K));
      });
      const total = e.reduce((a, b) => a + b, 0);
      for (let c = 0; c < V; c++) {
        const value = seen.reduce((sum, j, n) => sum + (e[n]! / total) * v(j, h, c), 0);
        for (let d = 0; d < D; d++) row[d]! += value * of("out")[(h * V + c) * D + d]!;
      }
    }
    y.push(...row);
  }
  return y;
}

function expectNear(actual: ArrayLike<number>, due: readonly number[]): void {
  expect(actual.length).toBe(due.length);
  for (const [i, value] of due.entries()) expect(Math.abs(actual[i]! - value)).toBeLessThan(1e-5);
}

describe.each(cases)("sparse_attention(heads, %s)", (patterns, sees) => {
  const instance = instanceOf(patterns);
  const w = weightsOf(instance);

  it("is dense attention with the paper's mask, whatever the length", () => {
    for (const T of [1, 2, 4, 5, 8, 11, 13]) {
      const x = filled([1, T, D], wave(1, 0.3));
      expectNear(evaluateGraph(instance.start, { x, ...w }, {}).y!.data, dense(w, x, sees));
    }
  });

  it("gives the same step by step and in pieces", () => {
    const x = filled([1, 13, D], wave(1, 0.3));
    const due = dense(w, x, sees);
    for (const pieces of [new Array<number>(13).fill(1), [5, 3, 1, 4], [2, 11]]) {
      let past = 0;
      let states: Record<string, NdArray> = {};
      for (const length of pieces) {
        const piece = { ...x, shape: [1, length, D], data: x.data.slice(past * D, (past + length) * D) };
        const graph = past === 0 ? instance.start : instance.step;
        const results = evaluateGraph(graph, { x: piece, ...w, ...states }, { past });
        expectNear(results.y!.data, due.slice(past * D, (past + length) * D));
        states = Object.fromEntries(
          instance.step.inputPorts.flatMap((p) => {
            if (p.role !== "state") return [];
            const out = graph.outputPorts.find((o) => o.role === "state" && o.state.name === p.state.name);
            return [[p.name, results[out!.name]!]];
          }),
        );
        past += length;
      }
    }
  });
});

describe("what cannot be", () => {
  it.each([
    ["strided_rows(4), kept = 2", "min(past, 3) <= min(past, 2)"],
    ["fixed_rows(4), kept = 2", "min(past, 3) <= min(past, 2)"],
    ["strided_columns(4), kept = 2", "past <= min(past, 2)"],
    ["fixed_columns(4, summary = 2), kept = 3", "past <= min(past, 3)"],
  ])("is a cache that holds less than is seen, when it would: %s", (patterns, assumed) => {
    const { step } = model(`model M {
  slot mix: layer = sparse_attention(2, ${patterns})
  forward(x: [B T D = 8]) -> (y: [B T D]) { return mix(x) }
}`);
    expect(step.assumptions.map((a) => `${a.left} ${a.relation} ${a.right}`)).toEqual([assumed]);
  });

  const said = (layer: string, more = "") =>
    check(
      `model M {\n  slot mix: layer = ${layer}\n  forward(x: [B T D = 12]) -> (y: [B T D]) { return mix(x) }\n}${more}`,
    ).said.join("\n");

  it.each([
    ["sparse_attention(4, strided_rows(4, window = 6))", "`window` is 1 to stride + 1"],
    ["sparse_attention(4, fixed_columns(4, summary = 3))", "`summary` must divide `stride`"],
    ["sparse_attention(3, fixed_rows(4), fixed_rows(4), per_head = true)", "their number must be even"],
    ["sparse_attention(4, fixed_rows(4), per_head = true)", "give `other`"],
    ["factored_positions([2, 0])", "grid"],
  ])("%s", (layer, words) => {
    expect(said(layer)).toContain(words);
  });
});
