import { evaluateRegion } from "../ir/evaluate.js";
import type { NodeOf } from "../ir/graph.js";
import { around, emptyArray } from "../ops/array.js";
import type { NdArray } from "../ops/define.js";
import { errorFunction } from "../ops/error-function.js";
import { sampleInputs } from "../ops/samples.js";
import { type Shrunk, shrink } from "./shrink.js";

type Call = NodeOf<"call">;
export type Formula = (inputs: readonly NdArray[], node: Call) => NdArray;

/** Elements beyond which a comparison would take noticeable time. */
const LARGEST = 1 << 20;
const TOLERANCE = 1e-7;

/**
 * Whether a call's body computes a formula, tried on numbers; false also where that cannot be tried. Large sizes take
 * time and show no more than small ones: where the body is the same with those, two of them are tried instead, and only
 * a body that knows its size (`sum / 512`) with that.
 */
export function meansTheSame(node: Call, formula: (inputs: readonly NdArray[]) => NdArray): boolean {
  if (node.inputs.some((v) => v.dtype !== "f32")) return false;
  const all = [shrink(node, 5), shrink(node, 7)];
  if (all.every((small) => small !== undefined && agrees(node, small, formula))) return true;
  const whole = { body: node.attrs.body, shapes: node.inputs.map((v) => v.shape) };
  return agrees(node, shrink(node, undefined) ?? whole, formula);
}

function agrees(
  node: Call,
  { body, shapes }: Shrunk,
  formula: (inputs: readonly NdArray[]) => NdArray,
): boolean {
  const sizes: Record<string, number> = {};
  for (const d of shapes.flat()) for (const s of d.symbols) sizes[s] = 2;
  try {
    const tried = shapes.map((shape) => shape.map((d) => d.at(sizes)));
    if (tried.some((shape) => shape.reduce((a, b) => a * b, 1) > LARGEST)) return false;
    const arrays = sampleInputs({
      name: node.attrs.name,
      inputs: tried.map((shape) => ({ dtype: "f32", shape })),
    });
    // So small that an epsilon beside a variance shows.
    const first = { ...arrays[0]!, data: arrays[0]!.data.map((x, i) => (i % 3 === 0 ? x * 0.1 : x * 0.01)) };
    const inputs = [first, ...arrays.slice(1)];
    return [inputs, arrays].every((xs) => alike(evaluateRegion(body, xs, sizes)[0]!, formula(xs)));
  } catch (error) {
    // A size that the operands do not show, or an odd value of one.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

function alike(a: NdArray, b: NdArray): boolean {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return false;
  return a.data.every((x, i) => Math.abs(x - b.data[i]!) <= TOLERANCE * Math.max(1, Math.abs(x)));
}

function mapped(f: (x: number) => number): Formula {
  return ([x]) => ({ dtype: "f32", shape: x!.shape, data: Float64Array.from(x!.data, f) });
}

/** Applies `f` to each line along an axis; lines of another length than before give the result that size, or drop it. */
function along(x: NdArray, axis: number, keep: boolean, f: (line: Float64Array) => Float64Array): NdArray {
  const [outer, size, inner] = around(x.shape, axis);
  const result = emptyArray("f32", keep ? x.shape : x.shape.filter((_, i) => i !== axis));
  const width = keep ? size : 1;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const line = Float64Array.from({ length: size }, (_, j) => x.data[(o * size + j) * inner + i]!);
      f(line).forEach((y, j) => {
        result.data[(o * width + j) * inner + i] = y;
      });
    }
  }
  return result;
}

function logSum(line: Float64Array): number {
  const top = line.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return top + Math.log(line.reduce((sum, v) => sum + Math.exp(v - top), 0));
}

function average(line: Float64Array): number {
  return line.reduce((a, b) => a + b, 0) / line.length;
}

/** `axis`, `axis1`, … as `mean` has them. */
export function axesOf(node: Call): number[] {
  return Object.entries(node.attrs.args)
    .filter(([key]) => key.startsWith("axis"))
    .map(([, axis]) => Number(axis));
}

/** As the layer was told, or as most define it; a wrong guess fails the comparison with the body. */
export function epsilonOf(node: Call): number {
  const { eps, epsilon } = node.attrs.args;
  return typeof eps === "number" ? eps : typeof epsilon === "number" ? epsilon : 1e-5;
}

const axisOf = (node: Call): number => Number(node.attrs.args.axis);

/** What the fused ops compute, in double precision. */
export const formulas = {
  softmax: ([x], node) =>
    along(x!, axisOf(node), true, (l) => {
      const total = logSum(l);
      return l.map((v) => Math.exp(v - total));
    }),
  log_softmax: ([x], node) =>
    along(x!, axisOf(node), true, (l) => {
      const total = logSum(l);
      return l.map((v) => v - total);
    }),
  logsumexp: ([x], node) => along(x!, axisOf(node), false, (l) => Float64Array.of(logSum(l))),
  mean: ([x], node) =>
    axesOf(node)
      .sort((a, b) => b - a)
      .reduce((y, axis) => along(y, axis, false, (l) => Float64Array.of(average(l))), x!),
  relu: mapped((x) => Math.max(x, 0)),
  gelu: mapped((x) => 0.5 * x * (1 + errorFunction(x / Math.SQRT2))),
  gelu_tanh: mapped((x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))),
  layer_norm: ([x, scale, shift], node) =>
    along(x!, x!.shape.length - 1, true, (l) => {
      const mean = average(l);
      const over = 1 / Math.sqrt(average(l.map((v) => (v - mean) ** 2)) + epsilonOf(node));
      return l.map((v, i) => (v - mean) * over * scale!.data[i]! + shift!.data[i]!);
    }),
  rms_norm: ([x, scale], node) =>
    along(x!, x!.shape.length - 1, true, (l) => {
      const over = 1 / Math.sqrt(average(l.map((v) => v * v)) + epsilonOf(node));
      return l.map((v, i) => v * over * scale!.data[i]!);
    }),
} satisfies Readonly<Record<string, Formula>>;
