import type { ModelInstance } from "../check/instance.js";
import type { Region } from "../ir/graph.js";
import { bodyOf } from "../ir/traverse.js";
import { optimizers } from "../train/optimizer-names.js";
import type { TrainingStep } from "../train/step.js";
import {
  cache,
  compares,
  decode,
  flops,
  growth,
  type Metric,
  macs,
  moved,
  sumWeights,
  tokensOf,
  useful,
  weightsIn,
} from "./figures.js";
import { type ModelCost, modelCost, type Point } from "./model.js";
import { inferenceMemory, memoryMetric, runtimeMemory } from "./run-memory.js";
import { runtimeNames } from "./runtime-names.js";
import type { Stored } from "./stored.js";
import { trainingMemory, trainingMetric } from "./train-memory.js";

export { type Exact, leadingTerms, type Metric, type MetricValue } from "./figures.js";

interface Row {
  /** Takes a graph of its own: a report has it where it is asked for. */
  readonly apart?: boolean;
  /** Words between its parentheses that are not sizes. */
  readonly words?: (sizes: () => readonly string[]) => readonly string[];
  /** Why archc does not know it yet. */
  readonly notYet?: string;
  read(model: ModelCost, point: Point, words: readonly string[], stored: Stored): Metric;
}

const noTimes = "archc does not estimate times yet; `archc run` measures them";

const later: Row = {
  words: () => optimizers,
  notYet: noTimes,
  read: () => ({ kind: "not-yet", why: noTimes }),
};

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
      if (stored !== "f32")
        return {
          kind: "no-data",
          why: "a runtime's memory is known only for f32, the type that archc builds",
        };
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
        : { kind: "no-data", why: "training memory is known only for f32" },
  },
  "flops.train": {
    apart: true,
    words: () => optimizers,
    read: (m, p, words) => trained(m, p, words, (step) => flops(m.costOf(step.graph), p)),
  },
  "time.forward": later,
  "time.prefill": later,
  "time.decode": later,
  "time.train": later,
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

/**
 * What a figure takes once its graph is known, about as many microseconds: figures of memory run the graph, the others
 * evaluate what has been added up.
 */
export function metricWork(instance: ModelInstance, name: string): number {
  const { nodes, inputs } = sizeOf(instance);
  if (name === "memory.train") return 8 * (nodes + inputs);
  if (name === "memory.inference") return nodes + inputs;
  return 10 + Math.ceil(inputs / 8);
}

const sizes = new WeakMap<ModelInstance, { readonly nodes: number; readonly inputs: number }>();

/** Nodes, those of a body once however often it is called, and inputs. */
function sizeOf(instance: ModelInstance): { readonly nodes: number; readonly inputs: number } {
  let size = sizes.get(instance);
  if (!size) {
    const seen = new Set<Region>();
    const count = (region: Region): number => {
      if (seen.has(region)) return 0;
      seen.add(region);
      return region.nodes.reduce((sum, node) => {
        const body = bodyOf(node);
        return sum + 1 + (body ? count(body) : 0);
      }, 0);
    };
    size = { nodes: count(instance.start), inputs: instance.start.inputPorts.length };
    sizes.set(instance, size);
  }
  return size;
}

/** A figure of a training step with the optimizer that `words` name, `adam` where none is named. */
function trained(
  model: ModelCost,
  point: Point,
  words: readonly string[],
  read: (step: TrainingStep) => Metric,
): Metric {
  if ((point.past ?? 0n) > 0n) return { kind: "no-data", why: "a training step has no past tokens" };
  const step = model.training(optimizers.find((name) => words.includes(name)) ?? "adam");
  return step.kind === "step" ? read(step) : step;
}

function missingSize(model: ModelCost, point: Point): string | undefined {
  const { start, step } = model.instance;
  return [...start.symbols, ...step.symbols].find(
    (s) => s.name !== "past" && !s.left && point[s.name] === undefined,
  )?.name;
}
