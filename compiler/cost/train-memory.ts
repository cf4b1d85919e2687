import type { Graph, Value } from "../ir/graph.js";
import type { TrainingStep } from "../train/step.js";
import type { MetricValue } from "./figures.js";
import { isView } from "./liveness.js";
import { memoryAt } from "./memory.js";
import type { MemoryReport, Sizes } from "./memory-report.js";
import type { CostRules } from "./rules.js";

/** Bytes at the moment of a training step at which most are held. The terms add up to `total`. */
export interface TrainingMemory
  extends Pick<MemoryReport, "weights" | "buffers" | "activations" | "workspace" | "total" | "peak"> {
  /** What the optimizer keeps for each weight. */
  readonly optimizer: bigint;
  /** Derivatives by weights that are done at that moment: all of them are held until the optimizer has run. */
  readonly gradients: bigint;
}

/** Peak memory of a training step at a point. Throws RangeError where a size is missing. */
export function trainingMemory(step: TrainingStep, sizes: Sizes, costs?: CostRules): TrainingMemory {
  const gradients = stored(step.graph, step.gradients.values());
  const given = memoryAt(step.graph, sizes, { costs, training: { gradients, paths: step.paths } });
  const bytes = (value: Value) => value.shape.reduce((product, dim) => product * BigInt(dim.at({})), 4n);
  const optimizer = step.graph.inputPorts.reduce(
    (sum, port) => (port.role === "state" ? sum + bytes(port.value) : sum),
    0n,
  );
  const { weights, buffers, states, activations, workspace, total, peak } = given;
  return { weights, buffers, optimizer, gradients: states - optimizer, activations, workspace, total, peak };
}

/** The figure for so many tokens, with its terms. */
export function trainingMetric(memory: TrainingMemory, tokens: bigint): MetricValue {
  const labels = ["weights", "buffers", "optimizer", "gradients", "activations", "workspace"] as const;
  return {
    kind: "value",
    value: [memory.total, 1n],
    unit: "bytes",
    terms: labels.map((label) => ({ label, value: [memory[label], 1n] })),
    tokens,
  };
}

/** The values, and those that they are views of. */
function stored(graph: Graph, values: Iterable<Value>): ReadonlySet<Value> {
  const all = new Set(values);
  for (const node of [...graph.nodes].reverse())
    if (isView(node) && all.has(node.outputs[0]!)) all.add(node.inputs[0]!);
  return all;
}
