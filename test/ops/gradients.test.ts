import { describe, expect, test } from "vitest";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import { gradient } from "../../compiler/ir/grad.js";
import type { Value } from "../../compiler/ir/graph.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { OpName } from "../../compiler/ops/attrs.js";
import type { NdArray, OpDef } from "../../compiler/ops/define.js";
import { ops } from "../../compiler/ops/index.js";
import { sampleInputs } from "../../compiler/ops/samples.js";
import { checkGradient, typeOf } from "./differences.js";

/** Without a derivative by their meaning: steps, integers, sources. */
const flat: readonly OpName[] = [
  ...([
    "sign",
    "floor",
    "floor_div",
    "mod",
    "eq",
    "lt",
    "le",
    "and",
    "or",
    "not",
    "argmax",
    "argsort",
  ] as const),
  ...(["iota", "size", "constant", "stop_gradient"] as const),
];

const table = Object.entries(ops) as unknown as [OpName, OpDef<OpName>][];

describe.each(table)("%s against differences", (name, op) => {
  if (flat.includes(name)) {
    test("has no derivative", () => {
      for (const sample of op.samples) {
        const arrays = sampleInputs(sample);
        const b = new Builder();
        const inputs = arrays.map((x) => b.input(typeOf(x), ""));
        const outputs = b.node(name, inputs, sample.attrs);
        const seeds = outputs.map((v) => b.input({ dtype: "f32", shape: v.shape }, ""));
        const found = op.vjp(b, b.nodes[0]! as never, seeds);
        expect(found.every((v) => v === undefined)).toBe(true);
        expect(found.length).toBe(inputs.length);
      }
    });
    return;
  }
  test.each(op.samples.map((s) => [s.name, s] as const))("%s", (_, sample) => {
    checkGradient((b, inputs) => b.node(name, inputs, sample.attrs), sampleInputs(sample));
  });
  test("enough elements were compared", () => {
    const compared = op.samples.map((s) =>
      checkGradient((b, xs) => b.node(name, xs, s.attrs), sampleInputs(s)),
    );
    expect(compared.reduce((a, b) => a + b, 0)).toBeGreaterThanOrEqual(10);
  });
});

function derivative(name: OpName, attrs: object, arrays: readonly NdArray[]): (number[] | undefined)[] {
  const b = new Builder();
  const inputs = arrays.map((x) => b.input(typeOf(x), ""));
  const outputs = b.node(name, inputs, attrs as never);
  const one = b.scalar(1);
  const seeds = outputs.map((v) => (v.dtype === "f32" ? spread(b, one, v) : undefined));
  const found = gradient(b, b.nodes, outputs, seeds, inputs);
  const results = [...evaluateRegion(b.region(found.flatMap((v) => v ?? [])), arrays)];
  return found.map((v) => v && [...results.shift()!.data].map((x) => x + 0));
}

function spread(b: Builder, one: Value, like: Value): Value {
  return b.op("add", [b.op("mul", [like, b.scalar(0)], {}), one], {});
}

describe("at ties, as stated", () => {
  const row = (...data: number[]) => arrayOf("f32", [data.length], data);

  test("maximum and minimum: the first operand", () => {
    expect(derivative("maximum", {}, [row(1, 2, 3), row(1, 3, 2)])).toEqual([
      [1, 0, 1],
      [0, 1, 0],
    ]);
    expect(derivative("minimum", {}, [row(1, 2, 3), row(1, 3, 2)])).toEqual([
      [1, 1, 0],
      [0, 0, 1],
    ]);
  });

  test("reduce_max: evenly", () => {
    expect(derivative("reduce_max", { axes: [0] }, [row(3, 1, 3)])).toEqual([[0.5, 0, 0.5]]);
  });

  test("topk: what was taken", () => {
    const { attrs } = ops.topk.samples.find((s) => s.name === "topk with ties")!;
    expect(derivative("topk", attrs, [row(1, 3, 3, 3, 0, 3)])).toEqual([[0, 1, 1, 1, 0, 0]]);
  });

  test("abs at 0 and pow at exponent 0: 0", () => {
    expect(derivative("abs", {}, [row(0)])).toEqual([[0]]);
    expect(derivative("pow", {}, [row(0, 2), row(0, 0)])[0]).toEqual([0, 0]);
  });

  test("select: what is not chosen has no part, NaN or not", () => {
    const condition = arrayOf("bool", [2], [1, 0]);
    expect(derivative("select", {}, [condition, row(1, 2), row(3, 4)])).toEqual([undefined, [1, 0], [0, 1]]);
  });
});
