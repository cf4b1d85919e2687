import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { check, filled, model, wave, weights } from "../check/support.js";

const [T, D] = [6, 8];
const x = filled([1, T, D], wave(1, 0.3));
const ones: NdArray = { dtype: "i32", shape: [1, T], data: Float64Array.from({ length: T }, () => 1) };

function run(layer: string, input: NdArray, mask: NdArray = ones): readonly number[] {
  const instance = model(
    `model M {\n  slot mix: layer = ${layer}\n  forward(x: [B T D = ${D}], mask: [B T] int) -> (y: [B T D]) { return mix(x) }\n}`,
  );
  const shapes = Object.entries(weights(instance));
  const w = Object.fromEntries(
    shapes.map(([name, shape], i) => [name, filled(shape.split(" ").map(Number), wave(0.5, i))]),
  );
  return Array.from(evaluateGraph(instance.start, { x: input, mask, ...w }, {}).y!.data);
}

/** Which positions of the result change when position `at` of the input does. */
function reach(layer: string, at: number, mask: NdArray = ones): readonly number[] {
  const data = Float64Array.from(x.data);
  data[at * D] = data[at * D]! + 1;
  const [before, after] = [run(layer, x, mask), run(layer, { ...x, data }, mask)];
  const rowOf = (y: readonly number[], t: number) => y.slice(t * D, (t + 1) * D);
  return Array.from({ length: T }, (_, t) => t).filter((t) => `${rowOf(before, t)}` !== `${rowOf(after, t)}`);
}

describe("who sees whom", () => {
  it.each([
    ["attention(2)", 2, [0, 1, 2, 3, 4, 5]],
    ["attention(2, causal = true)", 2, [2, 3, 4, 5]],
    ["attention(2, causal = true, window = 3)", 2, [2, 3, 4]],
    ["attention(2, causal = true, window = 3, bounded = true)", 2, [2, 3, 4]],
    ["attention(2, window = 2)", 2, [1, 2, 3]],
  ] as const)("%s: position %i reaches %j", (layer, at, due) => {
    expect(reach(layer, at)).toEqual(due);
  });

  const mask: NdArray = { ...ones, data: Float64Array.from([1, 1, 0, 1, 1, 0]) };
  it.each([
    ["attention(2, mask = mask)", [2]],
    ["attention(2, mask = mask, causal = true)", [2]],
    ["attention(2, mask = mask, causal = true, window = 3, bounded = true)", [2]],
    ["attention(2, mask = mask, window = 3)", [2]],
  ] as const)("padding is seen by nobody else: %s", (layer, due) => {
    expect(reach(layer, 2, mask)).toEqual(due);
    expect(reach(layer, 3, mask)).not.toEqual(due);
  });

  it("gives numbers where a window holds padding alone", () => {
    const none: NdArray = { ...ones, data: new Float64Array(T) };
    for (const layer of ["attention(2, mask = mask)", "attention(2, mask = mask, causal = true, window = 2)"])
      expect(run(layer, x, none).every(Number.isFinite)).toBe(true);
  });
});

describe("one head of keys and values for several of queries", () => {
  const shapesOf = (layer: string) =>
    weights(
      model(
        `model M {\n  slot mix: layer = ${layer}\n  forward(x: [B T D = ${D}]) -> [B T D] { return mix(x) }\n}`,
      ),
    );

  it("has the weights of grouped and of multi-query attention", () => {
    expect(shapesOf("attention(4, kv_heads = 2, bias = false)")).toMatchObject({
      "mix.query": "8 2 2 2",
      "mix.key": "8 2 2",
    });
    expect(shapesOf("attention(4, kv_heads = 1, bias = false)")).toMatchObject({
      "mix.query": "8 1 4 2",
      "mix.value": "8 1 2",
    });
  });

  it("needs heads that divide", () => {
    const { said } = check(
      `model M {\n  slot mix: layer = attention(4, kv_heads = 3)\n  forward(x: [B T D = ${D}]) -> [B T D] { return mix(x) }\n}`,
    );
    expect(said.length).toBeGreaterThan(0);
  });
});
