import type { DType, Graph, Node, Value } from "../ir/graph.js";
import { bytesPerElement } from "../ir/traverse.js";
import { flatOf } from "./flat.js";
import type { MemoryReport, ScheduleRules, Sizes } from "./memory-report.js";
import { CostRules } from "./rules.js";
import { Simulation } from "./simulation.js";

export interface MemoryOptions {
  /** Bytes per element; 4 for f32 and i32, 1 for bool unless told. */
  readonly dtypeBytes?: Readonly<Record<DType, number>>;
  /** Bytes per element of weights and buffers, where they are kept otherwise than values. */
  readonly weightBytes?: number;
  /**
   * `nested` (unless told): a call holds its operands while its body runs, as generated functions do. `flat`: every
   * call expanded, so that nothing is held longer than needed.
   */
  readonly schedule?: "nested" | "flat";
  /** How a runtime differs from the schedule alone. */
  readonly rules?: ScheduleRules;
  /** Shared with other questions about graphs that have nodes in common. */
  readonly costs?: CostRules | undefined;
  /** Of a training step: its states are the optimizer's, and what is next is written over what was. */
  readonly training?: {
    /** Values that are told apart from activations. */
    readonly gradients: ReadonlySet<Value>;
    readonly paths: ReadonlyMap<Node, string>;
  };
}

/**
 * Peak memory of one run: nodes in order, each result freed after its last use, views sharing the storage of their
 * operand. Evaluates the graph at a point; never rebuilds it. Throws RangeError where a size is missing.
 */
export function memoryAt(graph: Graph, sizes: Sizes, options: MemoryOptions = {}): MemoryReport {
  const { rules } = options;
  const { training } = options;
  const scheduled = options.schedule === "flat" ? flatOf(graph, rules) : { graph, paths: training?.paths };
  const { dtypeBytes = bytesPerElement, weightBytes = dtypeBytes.f32 } = options;
  const { costs = new CostRules() } = options;
  const simulation = new Simulation(sizes, dtypeBytes, weightBytes, scheduled.paths, rules, costs);
  return simulation.run(scheduled.graph, training?.gradients);
}
