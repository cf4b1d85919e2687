import type { Span } from "../../grammar/ast.js";
import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import { evaluateRegion } from "../ir/evaluate.js";
import type { Node, Region, Value } from "../ir/graph.js";
import { byteSize, withValues } from "../ir/traverse.js";
import { costKeys } from "../ops/cost-vector.js";
import type { NdArray } from "../ops/define.js";
import { regionCost } from "../ops/region-cost.js";

/** Values of weights by path, as a file holds them. */
export type WeightValues = ReadonlyMap<string, NdArray>;

/** A count that weights decide: `learned(span * max(reach), most = span)`. */
export interface LearnedCount {
  /** The line that asks: `blocks.3.attn.near.0`. */
  readonly path: string;
  /** The weights that the region's inputs are, in its order. */
  readonly weights: readonly string[];
  /** What is computed from them: one number. */
  readonly region: Region;
  /** What it is where the weights are not known, and never exceeds. */
  readonly most: bigint;
  /** What the weights say; undefined where they are not known. */
  readonly value: bigint | undefined;
  /** Where it is asked. */
  readonly span: Span;
}

/** The number that weights give, and the count that it is where it is one from 0 to `most`. */
export interface Decided {
  readonly number: number | undefined;
  readonly value: bigint | undefined;
}

/** The last digits of single precision: beyond a whole number by no more is that number. */
const SLACK = 1e-6;

/** Decides a count by the reference evaluator, rounded up: what is needed in part is needed. */
export function decide(
  { weights, region, most }: Pick<LearnedCount, "weights" | "region" | "most">,
  known: WeightValues,
): Decided {
  const arrays = weights.flatMap((name) => known.get(name) ?? []);
  if (arrays.length < weights.length) return { number: undefined, value: undefined };
  const number = evaluateRegion(region, arrays)[0]!.data[0]!;
  const whole = Math.ceil(number - SLACK * Math.max(1, Math.abs(number)));
  const fits = Number.isFinite(whole) && whole >= 0 && BigInt(whole) <= most;
  return { number, value: fits ? BigInt(whole) : undefined };
}

/** What a value is computed from, or the values that are no weights. */
export type Origin =
  | { readonly region: Region; readonly weights: readonly string[] }
  | { readonly foreign: readonly Value[] };

/**
 * The way from weights to a value of `builder`, as a region of its own: nodes of the builder and of those around it
 * that lead there, in the order in which they ran.
 */
export function originOf(value: Value, builder: Builder, weightAt: (v: Value) => string | undefined): Origin {
  const chain: Builder[] = [];
  for (let b: Builder | undefined = builder; b; b = b.parent) chain.push(b);
  const outside = new Map(chain.flatMap((b) => b.closure.map(({ outer, inner }) => [inner, outer] as const)));
  /** A weight or an earlier value of a layer is another input of each body that reads it. */
  const whole = (v: Value): Value => {
    let at = v;
    for (let outer = outside.get(at); outer; outer = outside.get(at)) at = outer;
    return at;
  };
  const output = whole(value);
  const needed = new Set([output]);
  const nodes: Node[] = [];
  for (const { nodes: own } of chain) {
    for (const node of own.toReversed()) {
      if (!node.outputs.some((v) => needed.delete(v))) continue;
      const inputs = node.inputs.map(whole);
      for (const v of node.outputs) needed.delete(v);
      for (const v of inputs) needed.add(v);
      nodes.push(withValues(node, inputs));
    }
  }
  const inputs = [...needed];
  const weights = inputs.map(weightAt);
  if (weights.includes(undefined)) return { foreign: inputs.filter((_, i) => weights[i] === undefined) };
  return { region: { inputs, nodes: nodes.reverse(), outputs: [output] }, weights: weights as string[] };
}

/** What evaluating a region takes: bytes read and written, multiply-adds and all else. */
export function workOf(region: Region): Dim {
  const cost = regionCost(region);
  const parts = costKeys.flatMap((key) => (key === "workspace" ? [] : (cost[key] ?? [])));
  return Dim.sum([...parts, ...region.inputs.map(byteSize)]);
}

/** Both graphs of a model ask the same; each question once. */
export function withoutTwins(counts: readonly LearnedCount[]): readonly LearnedCount[] {
  return [...new Map(counts.map((count) => [`${count.path} ${count.span.start}`, count])).values()];
}
