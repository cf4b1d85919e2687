import type { MetricValue } from "./figures.js";
import { memoryAt } from "./memory.js";
import type { MemoryReport } from "./memory-report.js";
import type { ModelCost, Point } from "./model.js";
import type { Runtime } from "./runtime-names.js";
import { type ProcessMemory, processMemory } from "./runtimes.js";
import { type Stored, valueBytes, weightBytes } from "./stored.js";

/**
 * Bytes of a pass that leaves its states, or of a step where something is past, with values kept as `stored` says.
 * Throws RangeError where a size is missing.
 */
export function inferenceMemory(model: ModelCost, point: Point, stored: Stored = "f32"): MemoryReport {
  const graph = (point.past ?? 0n) > 0n ? model.step : model.prefill;
  const asked = `${stored};${Object.entries(point).join(";")}`;
  const last = model.lastMemory.get(graph);
  if (last?.asked === asked) return last.report;
  const report = memoryAt(graph, point, {
    dtypeBytes: valueBytes(stored),
    weightBytes: weightBytes(stored),
    costs: model.rules,
  });
  model.lastMemory.set(graph, { asked, report });
  return report;
}

/**
 * Bytes of a process that loads a build into a runtime and runs it: a whole pass, or a step where something is past.
 * Throws RangeError where a size is missing.
 */
export function runtimeMemory(model: ModelCost, point: Point, runtime: Runtime): ProcessMemory {
  const at = model.at(point);
  if (at.past === 0n) return processMemory(model.prefill, at, runtime);
  const before = model.at({ ...at, seq: at.past!, past: 0n });
  return processMemory(model.step, at, runtime, {
    graph: model.prefill,
    sizes: before,
    separate: model.instance.separateStep,
  });
}

/** A figure of memory, for so many tokens, with its terms. */
export function memoryMetric(
  report: Omit<ProcessMemory, "runtime"> & { readonly runtime?: bigint },
  tokens: bigint,
): MetricValue {
  const labels = ["weights", "buffers", "states", "activations", "workspace"] as const;
  return {
    kind: "value",
    value: [report.total, 1n],
    unit: "bytes",
    terms: [
      ...(report.runtime === undefined ? [] : [{ label: "runtime", value: [report.runtime, 1n] as const }]),
      ...labels.map((label) => ({ label, value: [report[label], 1n] as const })),
    ],
    tokens,
  };
}
