import { Dim } from "../dim/dim.js";
import { rational } from "../dim/quantity.js";
import { sumDims } from "../ops/cost-vector.js";
import { type GraphCost, sizesAt } from "./analyse.js";
import type { ModelCost, Point } from "./model.js";
import { type Stored, stateSizes, weightBytes } from "./stored.js";

/** `numerator / denominator`, the denominator positive. */
export type Exact = readonly [bigint, bigint];

export interface MetricValue {
  readonly kind: "value";
  readonly value: Exact;
  readonly unit: "count" | "bytes" | "flop";
  /** What the value is the sum of; empty where it has no parts. */
  readonly terms: readonly { readonly label: string; readonly value: Exact }[];
  /** Tokens that the figure is for: it is divided by them where a limit says `/ token`. */
  readonly tokens: bigint;
  /** Where a figure has no parts: what makes it what it is. */
  readonly why?: string;
  /** The value for all sizes, where there is one. */
  readonly polynomial?: Dim;
}

/** `not-yet`: archc will know; `no-data`: the model or the point does not say. Neither ever counts as held. */
export type Metric = MetricValue | { readonly kind: "not-yet" | "no-data"; readonly why: string };

/** What a figure of a pass is divided by where a limit says `/ token`. */
export function tokensOf(point: Point): bigint {
  return (point.batch ?? 1n) * (point.seq ?? 1n);
}

/** Parameters, or the bytes of them: all, or the share that a token reads. */
export function sumWeights(
  model: ModelCost,
  point: Point,
  what: "total" | "active" | "bytes",
  kind?: "weight" | "buffer",
): MetricValue {
  const all: (readonly [Dim, number])[] = [];
  const terms = new Map<string, (readonly [Dim, number])[]>();
  for (const { weight, count, part } of model.weightGroups) {
    if (kind !== undefined && weight.kind !== kind) continue;
    const label = weight.kind === "buffer" ? "buffers" : `\`${part}\``;
    const counted = [weight[what], count] as const;
    all.push(counted);
    const list = terms.get(label);
    if (list) list.push(counted);
    else terms.set(label, [counted]);
  }
  const total = Dim.weightedSum(all);
  return {
    kind: "value",
    value: total.evaluate(point),
    unit: what === "bytes" ? "bytes" : "count",
    terms: terms.size > 1 ? largest(terms, point) : [],
    tokens: tokensOf(point),
    polynomial: total,
  };
}

/** Parts of a sum that are named; the rest is one more. */
const NAMED = 4;

function largest(
  terms: ReadonlyMap<string, readonly (readonly [Dim, number])[]>,
  point: Point,
): MetricValue["terms"] {
  const all = [...terms].map(([label, dims]) => ({ label, value: Dim.weightedSum(dims).evaluate(point) }));
  if (all.length <= NAMED + 1) return all;
  const size = ({ value: [n, d] }: MetricValue["terms"][number]) => Number(n) / Number(d);
  const sorted = all.sort((a, b) => size(b) - size(a));
  const rest = Dim.weightedSum(sorted.slice(NAMED).flatMap(({ label }) => terms.get(label)!));
  return [...sorted.slice(0, NAMED), { label: "other weights", value: rest.evaluate(point) }];
}

/** The bytes of weights (and, unless told, buffers) kept as `stored`. */
export function weightsIn(model: ModelCost, point: Point, stored: Stored, kind?: "weight"): Metric {
  const full = sumWeights(model, point, "bytes", kind);
  if (stored === "f32") return full;
  // Weights and buffers are floats of 4 bytes in a graph.
  const scaled = ([n, d]: Exact): Exact => rational(n * BigInt(weightBytes(stored)), d * 4n);
  return {
    ...full,
    value: scaled(full.value),
    terms: full.terms.map(({ label, value }) => ({ label, value: scaled(value) })),
    ...(full.polynomial ? { polynomial: full.polynomial.times(weightBytes(stored)).over(4) } : {}),
  };
}

/** 2 · (macs + attentionMacs). */
export function flops(cost: GraphCost, point: Point): Metric {
  return {
    kind: "value",
    value: cost.flops.evaluate(point),
    unit: "flop",
    terms: [
      { label: "weights", value: cost.total.macs.times(2).evaluate(point) },
      { label: "attention", value: cost.total.attentionMacs.times(2).evaluate(point) },
    ],
    tokens: tokensOf(point),
    polynomial: cost.flops,
  };
}

/** Multiply-adds, of attention too. */
export function macs(cost: GraphCost, point: Point): Metric {
  const total = cost.total.macs.plus(cost.total.attentionMacs);
  return {
    kind: "value",
    value: total.evaluate(point),
    unit: "count",
    terms: [
      { label: "weights", value: cost.total.macs.evaluate(point) },
      { label: "attention", value: cost.total.attentionMacs.evaluate(point) },
    ],
    tokens: tokensOf(point),
    polynomial: total,
  };
}

/** Comparisons of sorting and selecting: what grows as n·log n, and is no FLOP. */
export function compares(cost: GraphCost, point: Point): Metric {
  return {
    kind: "value",
    value: cost.total.compares.evaluate(point),
    unit: "count",
    terms: [],
    tokens: tokensOf(point),
    polynomial: cost.total.compares,
  };
}

/** FLOPs without products behind a mask. */
export function useful(cost: GraphCost, point: Point): Metric {
  const { sizes } = sizesAt(cost, point);
  const dense = cost.total.macs.times(2);
  return {
    kind: "value",
    value: cost.flopsUseful.evaluate(sizes),
    unit: "flop",
    terms: [
      { label: "weights", value: dense.evaluate(sizes) },
      { label: "masked attention", value: cost.flopsUseful.minus(dense).evaluate(sizes) },
    ],
    tokens: tokensOf(point),
    ...(cost.counted.size === 0 ? { polynomial: cost.flopsUseful } : {}),
  };
}

/** One more token after `past` others; without `past`, the last of `seq`. */
export function decode(model: ModelCost, point: Point): Metric {
  if (!model.keepsState) {
    return {
      kind: "no-data",
      why: "the model keeps no state, so each token needs a full pass (`flops.forward`)",
    };
  }
  const seq = point.seq ?? 1n;
  const past = (point.past ?? 0n) > 0n ? point.past! : seq - 1n;
  const at = model.at({ ...point, seq: 1n, past });
  const cost = model.costOf(model.step);
  return flops(cost, at);
}

/** Bytes read and written, as if no op were fused. */
export function moved(cost: GraphCost, point: Point): Metric {
  const total = cost.total.bytesRead.plus(cost.total.bytesWritten);
  return {
    kind: "value",
    value: total.evaluate(point),
    unit: "bytes",
    terms: [
      { label: "read", value: cost.total.bytesRead.evaluate(point) },
      { label: "written", value: cost.total.bytesWritten.evaluate(point) },
    ],
    tokens: tokensOf(point),
    polynomial: total,
  };
}

/** Bytes of the states after `past` positions; without `past`, after `seq`. */
export function cache(model: ModelCost, point: Point, stored: Stored): Metric {
  const past = (point.past ?? 0n) > 0n ? point.past! : (point.seq ?? 0n);
  const at = model.at({ ...point, past });
  const sizes = stateSizes(model.instance.step.inputPorts, stored);
  const total = sumDims(sizes.map((s) => s.bytes));
  const terms = new Map<string, Dim[]>();
  for (const { state, bytes } of sizes) {
    const list = terms.get(state.name);
    if (list) list.push(bytes);
    else terms.set(state.name, [bytes]);
  }
  return {
    kind: "value",
    value: total.evaluate(at),
    unit: "bytes",
    terms: [...terms].map(([name, list]) => ({ label: `\`${name}\``, value: sumDims(list).evaluate(at) })),
    tokens: (point.batch ?? 1n) * (past > 0n ? past : 1n),
    polynomial: total,
  };
}

/** The degree of `flops.forward` in a symbol. */
export function growth(model: ModelCost, point: Point, words: readonly string[]): Metric {
  const symbol = words[0] ?? "seq";
  const cost = model.costOf(symbol === "past" ? model.step : model.forward);
  const degree = cost.flops.degree(symbol);
  const leading = degree > 0 ? leadingTerms(cost.flops, symbol) : undefined;
  return {
    kind: "value",
    value: [BigInt(degree), 1n],
    ...(leading ? { why: `\`flops.forward\` grows with \`${leading}\`` } : {}),
    unit: "count",
    terms: [],
    tokens: tokensOf(point),
    polynomial: cost.flops,
  };
}

/** The terms of highest degree in a symbol, as a polynomial: what dominates for long sequences. */
export function leadingTerms(polynomial: Dim, symbol: string): Dim {
  const degree = polynomial.degree(symbol);
  return Dim.fromTerms(polynomial.terms.filter((term) => Dim.fromTerms([term]).degree(symbol) === degree));
}
