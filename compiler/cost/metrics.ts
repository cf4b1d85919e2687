import type { ModelInstance } from "../check/instance.js";
import { rational } from "../check/quantity.js";
import { Dim } from "../dim/dim.js";
import { optimizers } from "../train/optimizer.js";
import type { TrainingStep } from "../train/step.js";
import { type GraphCost, sizesAt } from "./analyse.js";
import { type ModelCost, modelCost, type Point } from "./model.js";
import { inferenceMemory, memoryMetric, runtimeMemory } from "./run-memory.js";
import { runtimeNames } from "./runtime-names.js";
import { type Stored, stateSizes, weightBytes } from "./stored.js";
import { trainingMemory, trainingMetric } from "./train-memory.js";
import { sumDims } from "./vector.js";

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

interface Row {
  /** Takes a graph of its own: a report has it where it is asked for. */
  readonly apart?: boolean;
  /** Words between its parentheses that are not sizes. */
  readonly words?: (sizes: () => readonly string[]) => readonly string[];
  /** Why archc does not know it yet. */
  readonly notYet?: string;
  read(model: ModelCost, point: Point, words: readonly string[], stored: Stored): Metric;
}

const later = (what: string): Row => ({
  words: () => optimizers,
  notYet: `${what} is not available yet`,
  read: () => ({ kind: "not-yet", why: `${what} is not available yet` }),
});

const rows: Readonly<Record<string, Row>> = {
  "params.total": { read: (m, p) => sumWeights(m, p, "total", "weight") },
  "params.active": { read: (m, p) => sumWeights(m, p, "active", "weight") },
  "params.bytes": { read: (m, p, _, stored) => weightsIn(m, p, stored, "weight") },
  "params.buffers": { read: (m, p) => sumWeights(m, p, "total", "buffer") },
  "flops.forward": { read: (m, p) => flops(m.costOf(m.passAt(p)), p) },
  "flops.prefill": { read: (m, p) => flops(m.costOf(m.prefill), p) },
  "flops.decode": { read: (m, p) => decode(m, p) },
  "flops.useful": { read: (m, p) => useful(m.costOf(m.passAt(p)), p) },
  macs: { read: (m, p) => macs(m.costOf(m.passAt(p)), p) },
  compares: { read: (m, p) => compares(m.costOf(m.passAt(p)), p) },
  "bytes.moved": { read: (m, p) => moved(m.costOf(m.passAt(p)), p) },
  "memory.inference": {
    words: () => runtimeNames,
    read: (m, p, words, stored) => {
      const runtime = runtimeNames.find((name) => words.includes(name));
      if (!runtime) return memoryMetric(inferenceMemory(m, p, stored), tokensOf(p));
      if (stored !== "f32") return { kind: "no-data", why: "what archc builds for a runtime is kept as f32" };
      return memoryMetric(runtimeMemory(m, p, runtime), tokensOf(p));
    },
  },
  "memory.weights": { read: (m, p, _, stored) => weightsIn(m, p, stored) },
  "memory.cache": { read: (m, p, _, stored) => cache(m, p, stored) },
  growth: {
    words: (sizes) => sizes(),
    read: (m, p, words) => growth(m, p, words),
  },
  "memory.train": {
    apart: true,
    words: () => optimizers,
    read: (m, p, words, stored) =>
      stored === "f32"
        ? trained(m, p, words, (step) => trainingMetric(trainingMemory(step, p, m.rules), tokensOf(p)))
        : { kind: "no-data", why: "training is known for numbers kept as f32 alone" },
  },
  "flops.train": {
    apart: true,
    words: () => optimizers,
    read: (m, p, words) => trained(m, p, words, (step) => flops(m.costOf(step.graph), p)),
  },
  "time.forward": later("a time"),
  "time.prefill": later("a time"),
  "time.decode": later("a time"),
  "time.train": later("a time"),
};

/** Every metric that a budget or an expectation may name. */
export const metricNames: readonly string[] = Object.keys(rows);

/** Those that a report has unasked. */
export const reportedNames: readonly string[] = metricNames.filter((name) => !rows[name]!.apart);

/** The words (not sizes) that a metric takes: the symbols of `growth`, the optimizers of `memory.train`. */
export function metricWords(instance: ModelInstance, name: string): readonly string[] {
  return wordsOfMetric(name, () => modelCost(instance).instance.step.symbols.map((s) => s.name));
}

/** The same of a model that is known by its sizes alone. */
export function wordsOfMetric(name: string, sizes: () => readonly string[]): readonly string[] {
  return rows[name]?.words?.(sizes) ?? [];
}

/** Why archc cannot work a metric out yet; undefined where it can. */
export const notYet = (name: string): string | undefined => rows[name]?.notYet;

/**
 * A figure of a model at a point, exact. `point` holds every size (`batch`, `seq`, and `past` where something is
 * past); `words` are arguments that are not sizes (`seq` of `growth(seq)`); figures of memory are for numbers kept as
 * `stored`. Never throws on a point.
 */
export function metric(
  instance: ModelInstance,
  name: string,
  words: readonly string[],
  point: Point,
  stored: Stored = "f32",
): Metric {
  const row = rows[name];
  if (!row) return { kind: "no-data", why: `there is no metric \`${name}\`` };
  const model = modelCost(instance);
  const missing = missingSize(model, point);
  if (missing) return { kind: "no-data", why: `it depends on \`${missing}\`, which has no value here` };
  return row.read(model, model.at(point), words, stored);
}

/** A figure of a training step with the optimizer that `words` name, `adam` where none is named. */
function trained(
  model: ModelCost,
  point: Point,
  words: readonly string[],
  read: (step: TrainingStep) => Metric,
): Metric {
  if ((point.past ?? 0n) > 0n) return { kind: "no-data", why: "training begins with nothing past" };
  const step = model.training(optimizers.find((name) => words.includes(name)) ?? "adam");
  return step.kind === "step" ? read(step) : step;
}

function missingSize(model: ModelCost, point: Point): string | undefined {
  const { start, step } = model.instance;
  return [...start.symbols, ...step.symbols].find(
    (s) => s.name !== "past" && !s.left && point[s.name] === undefined,
  )?.name;
}

function tokensOf(point: Point): bigint {
  return (point.batch ?? 1n) * (point.seq ?? 1n);
}

function sumWeights(
  model: ModelCost,
  point: Point,
  what: "total" | "active" | "bytes",
  kind?: "weight" | "buffer",
): MetricValue {
  const all: (readonly [Dim, number])[] = [];
  const terms = new Map<string, (readonly [Dim, number])[]>();
  for (const { weight, count } of model.weightGroups) {
    if (kind !== undefined && weight.kind !== kind) continue;
    const label =
      weight.kind === "buffer" ? "buffers" : weight.lookup ? `\`${weight.name}\`` : "other weights";
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
    terms:
      terms.size > 1
        ? [...terms].map(([label, dims]) => ({ label, value: Dim.weightedSum(dims).evaluate(point) }))
        : [],
    tokens: tokensOf(point),
    polynomial: total,
  };
}

/** The bytes of weights (and, unless told, buffers) kept as `stored`. */
function weightsIn(model: ModelCost, point: Point, stored: Stored, kind?: "weight"): Metric {
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

function flops(cost: GraphCost, point: Point): Metric {
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

function macs(cost: GraphCost, point: Point): Metric {
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
function compares(cost: GraphCost, point: Point): Metric {
  return {
    kind: "value",
    value: cost.total.compares.evaluate(point),
    unit: "count",
    terms: [],
    tokens: tokensOf(point),
    polynomial: cost.total.compares,
  };
}

function useful(cost: GraphCost, point: Point): Metric {
  const { sizes } = sizesAt(cost, point);
  const dense = cost.total.macs.times(2);
  return {
    kind: "value",
    value: cost.flopsUseful.evaluate(sizes),
    unit: "flop",
    terms: [
      { label: "weights", value: dense.evaluate(sizes) },
      { label: "attention behind its mask", value: cost.flopsUseful.minus(dense).evaluate(sizes) },
    ],
    tokens: tokensOf(point),
    ...(cost.counted.size === 0 ? { polynomial: cost.flopsUseful } : {}),
  };
}

/** One more token after `past` others; without `past`, the last of `seq`. */
function decode(model: ModelCost, point: Point): Metric {
  if (!model.keepsState) {
    return {
      kind: "no-data",
      why: "the model keeps no state, so each token takes a whole pass (`flops.forward`)",
    };
  }
  const seq = point.seq ?? 1n;
  const past = (point.past ?? 0n) > 0n ? point.past! : seq - 1n;
  const at = model.at({ ...point, seq: 1n, past });
  const cost = model.costOf(model.step);
  return flops(cost, at);
}

function moved(cost: GraphCost, point: Point): Metric {
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
function cache(model: ModelCost, point: Point, stored: Stored): Metric {
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
function growth(model: ModelCost, point: Point, words: readonly string[]): Metric {
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
