import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph, InputPort, OutputPort, Value } from "../../compiler/ir/graph.js";
import type { NdArray } from "../../compiler/ops/define.js";

/** A small deterministic generator (mulberry32). */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seq = Dim.symbol("seq");
const four = Dim.of(4);

/**
 * A random graph over f32 [seq, 4] values: elementwise ops with neutral and other constants, chains of moves that
 * cancel, masks from `iota`, calls of instances and of functions, some with dead results, and a map.
 */
export function randomGraph(seed: number): Graph {
  const random = generator(seed);
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [seq, four] }, "x");
  const w = b.input({ dtype: "f32", shape: [four, four] }, "w");
  const outputs = grow(b, [x], w, random, 12, 0);
  const inputPorts: InputPort[] = [
    { role: "data", name: "x", value: x },
    {
      role: "weight",
      name: "w",
      value: w,
      weight: { kind: "weight", init: { kind: "ones" }, lookup: false, within: undefined },
    },
  ];
  const state = { path: "", name: "kept", grows: undefined, bound: undefined };
  const outputPorts = outputs.map(
    (value, i): OutputPort =>
      i === 1 ? { role: "state", name: "kept", value, state } : { role: "data", name: `y${i}`, value },
  );
  return {
    name: `random_${seed}`,
    ...b.region(outputs),
    inputPorts,
    outputPorts,
    symbols: [{ name: "seq", least: 1n }],
    assumptions: [],
  };
}

export function randomInputs(seed: number, length: number): Record<string, NdArray> {
  const random = generator(seed + 1000);
  const array = (shape: number[]): NdArray => {
    const data = Float64Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => random() * 2 - 1);
    return { dtype: "f32", shape, data };
  };
  return { x: array([length, 4]), w: array([4, 4]) };
}

/** Adds `count` random nodes after `pool`, and gives three values of shape [seq, 4]. */
function grow(
  b: Builder,
  start: readonly Value[],
  w: Value,
  random: () => number,
  count: number,
  depth: number,
): Value[] {
  const pool = [...start];
  const pick = () => pool[Math.floor(random() * pool.length)]!;
  const steps: (() => Value)[] = [
    () => b.op("add", [pick(), pick()], {}),
    () => b.op("mul", [pick(), b.scalar(random() < 0.5 ? 1 : 0.5)], {}),
    () => b.op("add", [b.scalar(random() < 0.5 ? 0 : 0.25), pick()], {}),
    () => b.op("tanh", [pick()], {}),
    () => b.op("einsum", [pick(), w], { equation: "td,de->te" }),
    () => {
      const flat = b.op("reshape", [pick()], { shape: [seq.times(4)] });
      return b.op("reshape", [flat], { shape: [seq, four] });
    },
    () => b.op("transpose", [b.op("transpose", [pick()], { perm: [1, 0] })], { perm: [1, 0] }),
    () => b.op("slice", [pick()], { axis: 1, start: Dim.zero, size: four }),
    () => {
      const after = Dim.of(random() < 0.5 ? 0 : 2);
      const wide = b.op("pad", [pick()], { axis: 1, before: Dim.zero, after, value: 0 });
      return b.op("slice", [wide], { axis: 1, start: Dim.zero, size: four });
    },
    () => {
      const empty = b.op("slice", [pick()], { axis: 1, start: Dim.zero, size: Dim.zero });
      return b.op("concat", [empty, pick()], { axis: 1 });
    },
    () => b.op("cast", [pick()], { to: "f32" }),
    () => b.op("broadcast", [pick()], { shape: [seq, four] }),
    () => masked(b, pick()),
    () => b.op("mul", [pick(), b.op("add", [constants(b), constants(b)], {})], {}),
  ];
  if (depth < 2) {
    steps.push(
      () => {
        const path = random() < 0.5 ? `layer_${Math.floor(random() * 3)}` : "";
        const results = b.call(
          path ? "layer" : "function",
          [pick(), pick()],
          (inner, args) => grow(inner, args, w, random, 5, depth + 1),
          { path },
        );
        return results[Math.floor(random() * results.length)]!;
      },
      () => {
        const inner = new Builder(b);
        const row = inner.input({ dtype: "f32", shape: [four] }, "row");
        const places = inner.op("cast", [inner.op("iota", [], { size: four })], { to: "f32" });
        const scaled = inner.op("mul", [row, places], {});
        const tall = inner.op("reshape", [inner.op("tanh", [scaled], {})], { shape: [Dim.one, four] });
        const product = inner.op("einsum", [tall, w], { equation: "td,de->te" });
        const body = inner.region([inner.op("reshape", [product], { shape: [four] }), scaled]);
        return b.node("map", [pick(), ...inner.captured], { mapped: 1, body })[0]!;
      },
    );
  }
  for (let i = 0; i < count; i++) pool.push(steps[Math.floor(random() * steps.length)]!());
  return [pool.at(-1)!, pick(), pool.at(-2)!];
}

/** Zero above the diagonal, by a mask that depends on sizes alone. */
function masked(b: Builder, x: Value): Value {
  const rows = b.op("reshape", [b.op("iota", [], { size: seq })], { shape: [seq, Dim.one] });
  const columns = b.op("reshape", [b.op("iota", [], { size: four })], { shape: [Dim.one, four] });
  return b.op("select", [b.op("le", [columns, rows], {}), x, b.scalar(0)], {});
}

function constants(b: Builder): Value {
  return b.op("constant", [], { dtype: "f32", shape: [4], data: [0, 1, -0.5, 2] });
}
