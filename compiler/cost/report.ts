import type { ModelInstance } from "../check/instance.js";
import type { LearnedCount } from "../check/learned.js";
import { shownPoint } from "../check/point.js";
import type { Dim } from "../dim/dim.js";
import { type Cost, repeatCost, sumDims } from "../ops/cost-vector.js";
import type { OpName } from "../ops/index.js";
import type { Optimizer } from "../train/optimizer-names.js";
import { type BodyCost, eachBody, type GraphCost } from "./analyse.js";
import { AtPoint } from "./at-point.js";
import { type ConventionCost, conventionCosts } from "./convention-costs.js";
import type { ConventionName } from "./conventions.js";
import type { MemoryReport } from "./memory-report.js";
import { type Exact, leadingTerms, type Metric, metric, metricNames, reportedNames } from "./metrics.js";
import { type ModelCost, modelCost, type Point } from "./model.js";
import { inferenceMemory, runtimeMemory } from "./run-memory.js";
import type { Runtime } from "./runtime-names.js";
import type { ProcessMemory } from "./runtimes.js";
import { type Stored, stateSizes } from "./stored.js";
import { type TrainingMemory, trainingMemory } from "./train-memory.js";

/** One block, or one part outside the blocks (`embed`, `head`). Numbers are at the report's point. */
export interface PartCost {
  /** `blocks.5`, `embed`; "" for ops of the model itself. */
  readonly path: string;
  /** The layers in the slots of a block. */
  readonly slots: Readonly<Record<string, string>>;
  readonly params: bigint;
  readonly active: Exact;
  readonly flops: bigint;
  /** Bytes of all results that its ops write. */
  readonly activationBytes: bigint;
  readonly cacheBytes: bigint;
}

export interface OpCost {
  readonly op: OpName;
  /** Nodes of this op in the expanded graph. */
  readonly nodes: number;
  readonly flops: bigint;
  readonly elementwise: bigint;
  readonly transcendental: bigint;
  readonly reduce: bigint;
  readonly compares: bigint;
  readonly gatherRows: bigint;
  readonly bytesMoved: bigint;
}

/** Everything about one model at one point. */
export interface CostReport {
  readonly model: string;
  /** Sizes that its graphs have, or that were set. */
  readonly point: Point;
  /** Every metric that has an answer here, by name. */
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly flopsPolynomial: Dim;
  readonly usefulPolynomial: Dim;
  readonly comparesPolynomial: Dim;
  /** The degree of `flops.forward` in each symbol, and its terms of that degree. */
  readonly growth: readonly { readonly symbol: string; readonly degree: number; readonly leading: Dim }[];
  readonly parts: readonly PartCost[];
  readonly ops: readonly OpCost[];
  readonly memory: MemoryReport;
  /** The memory of a process that runs the build, if a backend was requested. */
  readonly process: (ProcessMemory & { readonly backend: Runtime }) | undefined;
  /** If an optimizer was requested: the memory of a training step, or why it is unknown. Its figures are metrics too. */
  readonly training:
    | { readonly optimizer: Optimizer; readonly memory: TrainingMemory }
    | { readonly optimizer: Optimizer; readonly memory: undefined; readonly why: string }
    | undefined;
  /** The number type of weights and values in figures of memory. */
  readonly stored: Stored;
  readonly conventions: readonly ConventionCost[];
  /** Counts that weights decide; those without a value have their largest one. */
  readonly learned: readonly Pick<LearnedCount, "path" | "value" | "most">[];
}

export interface CostOptions {
  /** Default: `f32`. */
  readonly stored?: Stored | undefined;
  /** Also the memory of a process that runs the build on this backend. */
  readonly backend?: Runtime | undefined;
  /** Also a step of training with it. */
  readonly optimizer?: Optimizer | undefined;
  /** Other ways of counting FLOPs to report besides archc's. */
  readonly conventions?: readonly ConventionName[] | undefined;
}

/** The cost of a model at a point that names every size. Throws RangeError if one is missing. */
export function costReport(
  instance: ModelInstance,
  point: Point,
  { stored = "f32", conventions = [], backend, optimizer }: CostOptions = {},
): CostReport {
  const model = modelCost(instance);
  const sized = model.at(point);
  const pass = model.passAt(sized);
  const cost = model.costOf(pass);
  const metrics = new Map<string, Metric>();
  for (const name of reportedNames) {
    if (name !== "growth") metrics.set(name, metric(instance, name, [], sized, stored));
  }
  if (optimizer) {
    for (const name of metricNames)
      if (!reportedNames.includes(name))
        metrics.set(name, metric(instance, name, [optimizer], sized, stored));
  }
  return {
    model: instance.name,
    point: shownPoint(instance, point),
    metrics,
    flopsPolynomial: cost.flops,
    usefulPolynomial: cost.flopsUseful,
    comparesPolynomial: cost.total.compares,
    growth: pass.symbols.map(({ name }) => ({
      symbol: name,
      degree: cost.flops.degree(name),
      leading: leadingTerms(cost.flops, name),
    })),
    parts: partsOf(model, cost, sized, stored),
    ops: opsOf(cost, sized),
    memory: inferenceMemory(model, sized, stored),
    process: backend && { ...runtimeMemory(model, sized, backend), backend },
    training: optimizer && trainingOf(model, optimizer, sized, metrics.get("memory.train")!),
    stored,
    conventions: conventionCosts(model, sized, conventions),
    learned: instance.learned.map(({ path, value, most }) => ({ path, value, most })),
  };
}

function trainingOf(
  model: ModelCost,
  optimizer: Optimizer,
  point: Point,
  figure: Metric,
): NonNullable<CostReport["training"]> {
  const step = model.training(optimizer);
  if (figure.kind !== "value") return { optimizer, memory: undefined, why: figure.why };
  if (step.kind !== "step") return { optimizer, memory: undefined, why: step.why };
  return { optimizer, memory: trainingMemory(step, point, model.rules) };
}

interface Sums {
  params: Dim[];
  active: Dim[];
  macs: Dim[];
  written: Dim[];
  cache: Dim[];
}

function partsOf(model: ModelCost, cost: GraphCost, point: Point, stored: Stored): readonly PartCost[] {
  const blocks = new Map(model.instance.blocks.map((b) => [b.path, b.slots]));
  const parts = new Map<string, Sums>();
  const part = (path: string): Sums => {
    let sums = parts.get(path);
    if (!sums) parts.set(path, (sums = { params: [], active: [], macs: [], written: [], cache: [] }));
    return sums;
  };
  // Most paths are of the block that the path before was of.
  let last = "";
  const owner = (path: string): string => {
    const { length } = last;
    if (length > 0 && path.startsWith(last) && (path.length === length || path[length] === ".")) return last;
    // The path of a block is its stack's name and its number: `blocks.5` of `blocks.5.attn`.
    const dot = path.indexOf(".");
    if (dot < 0) return path;
    const next = path.indexOf(".", dot + 1);
    const block = next < 0 ? path : path.slice(0, next);
    if (!blocks.has(block)) return path.slice(0, dot);
    last = block;
    return block;
  };
  eachBody(cost, ({ own }, path, times) => {
    const { macs, attentionMacs, bytesWritten } = repeatCost(own, times);
    const sums = part(owner(path));
    sums.macs.push(macs, attentionMacs);
    sums.written.push(bytesWritten);
  });
  for (const weight of model.weights) {
    if (weight.kind !== "weight") continue;
    const sums = part(owner(weight.name));
    sums.params.push(weight.total);
    sums.active.push(weight.active);
  }
  for (const { state, bytes } of stateSizes(model.instance.step.inputPorts, stored))
    part(owner(state.path)).cache.push(bytes);
  const now = new AtPoint(point);
  const past = (point.past ?? 0n) > 0n ? point.past! : (point.seq ?? 0n);
  const after = new AtPoint(model.at({ ...point, past }));
  // Ops of the model itself (sums between parts, shared masks) come last.
  const order = [...parts].sort(([a], [b]) => Number(a === "") - Number(b === ""));
  return order.map(([path, sums]) => ({
    path,
    slots: blocks.get(path) ?? {},
    params: total(sums.params, now),
    active: sumDims(sums.active).evaluate(point),
    flops: 2n * total(sums.macs, now),
    activationBytes: total(sums.written, now),
    cacheBytes: total(sums.cache, after),
  }));
}

function opsOf(cost: GraphCost, point: Point): readonly OpCost[] {
  const now = new AtPoint(point);
  // How often each body stands in the expanded graph, and runs.
  const bodies = new Map<BodyCost, { copies: number; runs: bigint }>();
  eachBody(cost, (body, _, times) => {
    const { copies, runs } = bodies.get(body) ?? { copies: 0, runs: 0n };
    bodies.set(body, { copies: copies + 1, runs: runs + now.whole(times) });
  });
  const rows = new Map<OpName, Mutable<OpCost>>();
  // Rows that are equal stay in the order of execution.
  const seen = new Set<BodyCost>();
  const walk = (body: BodyCost): void => {
    if (seen.has(body)) return;
    seen.add(body);
    const { copies, runs } = bodies.get(body) ?? { copies: 0, runs: 0n };
    for (const item of body.items) {
      if ("body" in item) {
        walk(item.body);
        continue;
      }
      const row = rows.get(item.op) ?? { op: item.op, ...none };
      rows.set(item.op, row);
      const sum = (...keys: readonly (keyof Cost)[]) =>
        runs * keys.reduce((all, key) => all + now.whole(item.cost[key]), 0n);
      row.nodes += copies;
      row.flops += 2n * sum("macs", "attentionMacs");
      row.elementwise += sum("elementwise");
      row.transcendental += sum("transcendental");
      row.reduce += sum("reduce");
      row.compares += sum("compares");
      row.gatherRows += sum("gatherRows");
      row.bytesMoved += sum("bytesRead", "bytesWritten");
    }
  };
  walk(cost);
  return [...rows.values()].sort((a, b) => Number(b.flops - a.flops) || Number(b.bytesMoved - a.bytesMoved));
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const none = {
  nodes: 0,
  flops: 0n,
  elementwise: 0n,
  transcendental: 0n,
  reduce: 0n,
  compares: 0n,
  gatherRows: 0n,
  bytesMoved: 0n,
};

function total(dims: readonly Dim[], point: AtPoint): bigint {
  return dims.reduce((sum, dim) => sum + point.whole(dim), 0n);
}
