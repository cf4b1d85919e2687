import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { DType, NodeOf, Type, Value } from "../ir/graph.js";
import { around, emptyArray, offsetsOf, stridesOf } from "./array.js";
import type { Check, NdArray, OpDef, Sample } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { elements, traffic } from "./traffic.js";

type Reduction = "reduce_sum" | "reduce_max" | "reduce_min";

/** The op of one reduction; `step` takes what has come together and the next element. */
export function reduction<K extends Reduction>(facts: {
  readonly name: K;
  readonly start: number;
  step(total: number, next: number): number;
  vjp(b: Builder, cotangent: Value, x: Value, result: Value, axes: readonly number[]): Value;
  readonly samples: readonly Sample<K>[];
}): OpDef<K> {
  return {
    name: facts.name,
    samples: facts.samples,
    infer(inputs, { axes }: { axes: readonly number[] }, check) {
      const x = operand(inputs, 0, facts.name, check);
      expectType(x, ["f32", "i32"], facts.name, check);
      for (const axis of axes) expectAxis(x, axis, check);
      check.that(new Set(axes).size === axes.length, `axes [${axes}] hold one twice`);
      return [{ dtype: x.dtype, shape: x.shape.filter((_, i) => !axes.includes(i)) }];
    },
    cost: (node) => ({ reduce: elements(node.inputs[0]!), ...traffic(node) }),
    vjp(b, node: NodeOf<K>, [cotangent]) {
      const x = node.inputs[0]!;
      if (!cotangent || x.dtype !== "f32") return [undefined];
      const { axes } = node.attrs as { axes: readonly number[] };
      return [facts.vjp(b, cotangent, x, node.outputs[0]!, axes)];
    },
    evaluate: ([x], { axes }: { axes: readonly number[] }) => [
      reduceArray(x!, axes, facts.start, facts.step),
    ],
  };
}

function reduceArray(
  x: NdArray,
  axes: readonly number[],
  start: number,
  step: (total: number, next: number) => number,
): NdArray {
  const kept = x.shape.filter((_, i) => !axes.includes(i));
  const result = emptyArray(x.dtype, kept);
  const [source, { data }] = [x.data, result];
  const first = Math.min(...axes);
  if (axes.length > 0 && first === kept.length) {
    // The last axes go: each result is one run of elements.
    const size = data.length === 0 ? 0 : source.length / data.length;
    for (let i = 0, at = 0; i < data.length; i++) {
      let total = start;
      for (let end = at + size; at < end; at++) total = step(total, source[at]!);
      data[i] = total;
    }
    return result;
  }
  const steps = stridesOf(kept);
  const strides = x.shape.map((_, i) => (axes.includes(i) ? 0 : steps.shift()!));
  const places = offsetsOf(x.shape, strides);
  data.fill(start);
  for (let i = 0; i < source.length; i++) data[places[i]!] = step(data[places[i]!]!, source[i]!);
  return result;
}

/** A result of a reduction (or its cotangent) back in the operand's shape. */
export function respread(b: Builder, value: Value, x: Type, axes: readonly number[]): Value {
  const kept = x.shape.map((size, i) => (axes.includes(i) ? Dim.one : size));
  const aligned = axes.length === 0 ? value : b.op("reshape", [value], { shape: kept });
  return x.shape.some((size, i) => axes.includes(i) && !size.isOne)
    ? b.op("broadcast", [aligned], { shape: x.shape })
    : aligned;
}

/** The derivative of a greatest or least element: equal ones share the cotangent evenly. */
export function extremeVjp(
  b: Builder,
  cotangent: Value,
  x: Value,
  result: Value,
  axes: readonly number[],
): Value {
  const chosen = b.op("cast", [b.op("eq", [x, respread(b, result, x, axes)], {})], { to: "f32" });
  const each = b.op("div", [cotangent, b.op("reduce_sum", [chosen], { axes })], {});
  return b.op("mul", [chosen, respread(b, each, x, axes)], {});
}

export function expectAxis(x: Type, axis: number, check: Check): void {
  check.that(axis >= 0 && axis < x.shape.length, `there is no axis ${axis} in a shape of ${x.shape.length}`);
}

interface Shared {
  readonly name: string;
  readonly inputs: readonly [{ readonly dtype: DType; readonly shape: readonly number[] }];
  readonly attrs: { readonly axes: readonly number[] };
}

/** Samples that every reduction has. */
export function reductionSamples(name: string): Shared[] {
  const cases: [string, number[], number[]][] = [
    ["of a vector", [5], [0]],
    ["of the last axis", [3, 4], [1]],
    ["of the first axis", [3, 4], [0]],
    ["of two axes apart", [2, 3, 4], [0, 2]],
    ["of all axes", [2, 1, 3, 2], [0, 1, 2, 3]],
    ["of an axis of 1", [3, 1, 2], [1]],
    ["of no axis", [2, 3], []],
  ];
  return cases.map(([text, shape, axes]) => ({
    name: `${name} ${text}`,
    inputs: [{ dtype: "f32", shape }],
    attrs: { axes },
  }));
}

/** Rows, columns: for rules along one axis. */
export function rows(
  x: NdArray,
  axis: number,
): { each(run: (start: number, step: number, size: number) => void): void } {
  const [outer, size, inner] = around(x.shape, axis);
  return {
    each(run) {
      for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) run(o * size * inner + i, inner, size);
    },
  };
}
