import { describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { verify } from "../../compiler/ir/verify.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { check, filled, fixture, wave } from "./support.js";

const layers = fixture("hard-layers.arch");
const { models, said } = check(fixture("hard-models.arch"), { "hard-layers.arch": layers });
const get = (name: string): ModelInstance => models.get(name)!;

/** Weights by name, random ones for the rest. */
function inputs(
  graph: ModelInstance["start"],
  given: Readonly<Record<string, NdArray>>,
): Record<string, NdArray> {
  return Object.fromEntries(
    graph.inputPorts.map((p, n) => {
      if (given[p.name]) return [p.name, given[p.name]!];
      return [
        p.name,
        filled(
          p.value.shape.map((d) => Number(d.int)),
          wave(0.5, n),
        ),
      ];
    }),
  );
}

const rows = (a: NdArray, width: number): number[][] =>
  Array.from({ length: a.data.length / width }, (_, i) =>
    [...a.data.slice(i * width, (i + 1) * width)].map(Number),
  );

function expectClose(
  actual: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
  tolerance: number,
): void {
  for (const [i, row] of expected.entries()) {
    for (const [j, x] of row.entries())
      expect(Math.abs(actual[i]![j]! - x), `[${i}, ${j}] ${actual[i]![j]} for ${x}`).toBeLessThan(tolerance);
  }
}

describe("the layers of the language page", () => {
  it("check alone, and with numbers", () => {
    expect(check(layers).said).toEqual([]);
    expect(said).toEqual([]);
    for (const m of models.values()) expect([...verify(m.start), ...verify(m.step)], m.name).toEqual([]);
  });

  it.each([
    [
      "as the page writes it",
      "lsh_attention(1, 4, 2, 4, 4)",
      `import { lsh_attention } from "hard-layers.arch"`,
    ],
    [
      "of the library",
      "lsh_attention(1, head_dim = 4, rounds = 2, buckets = [4], chunk = 4, causal = true)",
      "",
    ],
    [
      "of the library, not causal",
      "lsh_attention(1, head_dim = 4, rounds = 2, buckets = [4], chunk = 4)",
      "",
    ],
  ])("LSH attention gives the golden vector (sheet 1.10): %s", (name, layer, imports) => {
    const golden = `${imports}
model Golden { slot mix: layer = ${layer}
  forward(x: [B T D = 8]) -> [B T D] { return mix(x) } }`;
    const { start } = check(golden, { "hard-layers.arch": layers }).models.get("Golden")!;
    const eye = (from: number) => (i: number) => (Math.floor(i / 4) - from === i % 4 ? 1 : 0);
    const x = filled([1, 8, 8], (i) => {
      const [t, j] = [Math.floor(i / 8), i % 8];
      return j < 4 ? Math.sin(1.3 * t + 0.7 * j + 0.1 * t * j) : Math.cos(0.9 * t - 0.4 * (j - 4));
    });
    // turn is [H, K, R, F]: f runs over K, r over rounds, b over half the buckets.
    const turn = filled([1, 4, 2, 2], (i) =>
      Math.sin(1 + 2 * Math.floor(i / 4) + 3 * (Math.floor(i / 2) % 2) + 5 * (i % 2)),
    );
    const out = evaluateGraph(start, {
      x,
      "mix.query": filled([8, 1, 4], eye(0)),
      "mix.value": filled([8, 1, 4], eye(4)),
      "mix.out": filled([1, 4, 8], (i) => (Math.floor(i / 8) === i % 8 ? 1 : 0)),
      "mix.turn": turn,
    });
    if (name.endsWith("not causal")) {
      expect(Array.from(out.output!.data).reduce((a, b) => a + b, 0)).toBeCloseTo(3.112945, 5);
      return;
    }
    const expected = [
      [1, 0.921061, 0.696707, 0.362358],
      [1, 0.921061, 0.696707, 0.362358],
      [0.646003, 0.880385, 0.975774, 0.917109],
      [0.631881, 0.710638, 0.6772, 0.536847],
      [0.312332, 0.361223, 0.353085, 0.289203],
      [0.320362, 0.468758, 0.543148, 0.531787],
      [0.077646, 0.306188, 0.486389, 0.5898],
      [-0.239823, -0.145121, -0.027509, 0.094447],
    ];
    expectClose(rows(out.output!, 8), expected, 2e-6);
  });

  it("attention with an adaptive span gives golden G2, from its cache", () => {
    const golden = `import { span_attention } from "hard-layers.arch"
model Golden { weight places: [K = 2, A = 6]
  slot mix: layer = span_attention(table = places, heads = 2, span = 6, ramp = 2, penalty = 0)
  forward(x: [B M D = 4]) -> [B M D] { return mix(x) } }`;
    const { step } = check(golden, { "hard-layers.arch": layers }).models.get("Golden")!;
    const linear = (p: number) => wave(1, p);
    // The sheet's matrices are [out, in]; ours are [D, H, K], so in and out change places.
    const inward = (p: number) => filled([4, 2, 2], (i) => linear(p)((i % 4) * 4 + Math.floor(i / 4)));
    const out = evaluateGraph(step, {
      x: filled([1, 3, 4], linear(1.1)),
      "past_state.0.past": filled([1, 6, 4], linear(1.2)),
      places: filled([2, 6], linear(1.3)),
      "mix.query": inward(0.1),
      "mix.key": inward(0.2),
      "mix.value": inward(0.3),
      "mix.out": filled([2, 2, 4], (i) => linear(0.4)((i % 4) * 4 + Math.floor(i / 4))),
      "mix.reach": { dtype: "f32", shape: [2], data: Float64Array.of(0, 0.5) },
    });
    expectClose(
      rows(out.output!, 4),
      [
        [-0.52687725, -1.82683951, -1.18493228, 0.71651846],
        [0.63394612, -3.43579671, -3.8534022, -0.17496963],
        [0.82888333, 0.86893036, -0.01466661, -0.88267346],
      ],
      1e-7,
    );
  });

  it("a loop along an axis does in parts what the whole does at once", () => {
    const whole = check(`model Whole { slot ffn: layer = mlp()
  forward(x: [B T D = 16]) -> [B T D] { return ffn(x) } }`).models.get("Whole")!;
    const x = filled([2, 12, 16], wave(1, 0.2));
    const parts = inputs(get("Chunked").start, { x });
    const renamed = Object.fromEntries(
      Object.entries(parts).map(([n, v]) => [n.replace("ffn.ffn.", "ffn."), v]),
    );
    const a = evaluateGraph(get("Chunked").start, parts).output!;
    const b = evaluateGraph(whole.start, renamed).output!;
    expectClose(rows(a, 16), rows(b, 16), 1e-12);
  });

  it("an embedding in clusters reads each id from its own table", () => {
    const { start } = get("Adaptive");
    const given = inputs(start, {
      input_ids: { dtype: "i32", shape: [1, 3], data: Int32Array.of(3, 25, 99) },
    });
    const out = rows(evaluateGraph(start, given).output!, 32);
    const table = (i: number) => given[`embed.parts.${i}.table`]!;
    const project = (i: number, row: number, width: number) =>
      Array.from({ length: 32 }, (_, d) => {
        const projection = given[`embed.parts.${i}.out`]!;
        let sum = 0;
        for (let e = 0; e < width; e++)
          sum += Number(table(i).data[row * width + e]) * Number(projection.data[e * 32 + d]);
        return sum * Math.sqrt(32);
      });
    expectClose(out, [project(0, 3, 32), project(1, 15, 8), project(2, 59, 2)], 1e-12);
  });

  it("what a length breaks is refused when the model runs", () => {
    const { start } = get("Lsh");
    expect(() => evaluateGraph(start, inputs(start, { x: filled([1, 24, 16], wave(1, 0)) }))).toThrow(
      /mod\(seq, 16\)/,
    );
  });
});
