import type { ModelInstance } from "../check/instance.js";
import { Dim } from "../dim/dim.js";
import type { Graph } from "../ir/graph.js";
import { dropStates, optimize } from "../ir/passes/optimize.js";
import type { Optimizer } from "../train/optimizer-names.js";
import { type TrainingStep, trainingStep, type Untrainable } from "../train/step.js";
import { costOf, type GraphCost } from "./analyse.js";
import type { MemoryReport } from "./memory-report.js";
import { countWeights, groupWeights, type WeightCount, type WeightGroup } from "./params.js";
import { CostRules } from "./rules.js";

/** Run-time sizes that a figure is taken at. */
export type Point = Readonly<Record<string, bigint>>;

/**
 * The graphs of a model as they are counted, each made once. All are optimized, as backends get them.
 */
export class ModelCost {
  private readonly graphs = new Map<string, Graph>();
  private readonly costs = new Map<Graph, GraphCost>();
  private readonly steps = new Map<Optimizer, TrainingStep | Untrainable>();
  readonly rules = new CostRules();
  /** The last answer for a graph: a report asks for it as a metric and as a whole. */
  readonly lastMemory = new Map<Graph, { readonly asked: string; readonly report: MemoryReport }>();
  private cachedWeights: readonly WeightCount[] | undefined;
  private cachedGroups: readonly WeightGroup[] | undefined;

  constructor(readonly instance: ModelInstance) {}

  /** One pass over whole sequences; the states that it would leave are not computed. */
  get forward(): Graph {
    return this.graph("forward", () => dropStates(this.prefill));
  }

  /** The same, leaving states to continue from. */
  get prefill(): Graph {
    return this.graph("prefill", () => optimize(this.instance.start));
  }

  /** Continues from states; the symbol `past` counts positions seen. */
  get step(): Graph {
    return this.graph("step", () => optimize(this.instance.step));
  }

  /** One step of training with an optimizer, or why there is none. */
  training(optimizer: Optimizer): TrainingStep | Untrainable {
    let step = this.steps.get(optimizer);
    if (!step) this.steps.set(optimizer, (step = trainingStep(this.instance, optimizer)));
    return step;
  }

  /** Does it keep anything from step to step? */
  get keepsState(): boolean {
    return this.instance.step.inputPorts.some((port) => port.role === "state");
  }

  costOf(graph: Graph): GraphCost {
    let cost = this.costs.get(graph);
    if (!cost) this.costs.set(graph, (cost = costOf(graph, this.rules)));
    return cost;
  }

  /** The point with what it leaves open: nothing past, and states that keep what a pass over the past would leave. */
  at(point: Point): Point {
    const { past = 0n } = point;
    const whole: Record<string, bigint> = { ...point, past };
    for (const { name, left } of this.instance.step.symbols) {
      if (!left) continue;
      const [length] = past === 0n ? [0n] : left.evaluate({ ...point, seq: past });
      whole[name] = length;
    }
    return whole;
  }

  /** The pass that a point means: `step` where something is past, `forward` otherwise. */
  passAt(point: Point): Graph {
    return (point.past ?? 0n) > 0n ? this.step : this.forward;
  }

  get weights(): readonly WeightCount[] {
    const symbol = (name: string) => {
      const known = this.instance.start.symbols.find((s) => s.name === name);
      return known ? Dim.symbol(name, Number(known.least)) : Dim.one;
    };
    this.cachedWeights ??= countWeights(this.costOf(this.forward), symbol("batch").times(symbol("seq")));
    return this.cachedWeights;
  }

  /** The same, with weights that count alike as one. */
  get weightGroups(): readonly WeightGroup[] {
    this.cachedGroups ??= groupWeights(this.weights);
    return this.cachedGroups;
  }

  private graph(name: string, make: () => Graph): Graph {
    let graph = this.graphs.get(name);
    if (!graph) this.graphs.set(name, (graph = make()));
    return graph;
  }
}

const costKey = Symbol("cost");

/**
 * The cost of an instance; the same object for the same instance. It is a hidden property, which no copy of the instance
 * takes along, and not the value of a WeakMap: V8 frees such values in full collections alone, so that all that was made
 * of each model would be copied to the old space first.
 */
export function modelCost(instance: ModelInstance & { readonly [costKey]?: ModelCost }): ModelCost {
  const known = instance[costKey];
  if (known) return known;
  const made = new ModelCost(instance);
  Object.defineProperty(instance, costKey, { value: made });
  return made;
}
