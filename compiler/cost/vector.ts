import { Dim } from "../dim/dim.js";

/**
 * What one execution of a node costs, every entry a polynomial in the run-time sizes. Bytes are at 4 per f32 and i32,
 * 1 per bool. See docs/cost.md for the conventions.
 */
export interface Cost {
  /** Multiply-adds of products with a weight or another value that is not attention. */
  readonly macs: Dim;
  /** Multiply-adds between two activations (scores, mixing), the mask not counted. Filled in by the analysis. */
  readonly attentionMacs: Dim;
  /** Adds, multiplies, comparisons, selects: one per output element. */
  readonly elementwise: Dim;
  /** exp, log, tanh, erf, sqrt, sin, …: one per output element. */
  readonly transcendental: Dim;
  /** Elements that go into reductions. */
  readonly reduce: Dim;
  /** Comparisons of sorting and selecting, n·log2 n rounded up. */
  readonly compares: Dim;
  /** Rows fetched by index, and their bytes. */
  readonly gatherRows: Dim;
  readonly gatherBytes: Dim;
  /** Bytes of operands read once, and of results written once. Views (reshape) move none. */
  readonly bytesRead: Dim;
  readonly bytesWritten: Dim;
  /** Scratch bytes beyond operands and results while the op runs. */
  readonly workspace: Dim;
}

export type CostKey = keyof Cost;

/** The entries in the order of reports. `workspace` does not add up: ops run one after another. */
export const costKeys: readonly CostKey[] = [
  "macs",
  "attentionMacs",
  "elementwise",
  "transcendental",
  "reduce",
  "compares",
  "gatherRows",
  "gatherBytes",
  "bytesRead",
  "bytesWritten",
  "workspace",
];

/** A rule's answer with 0 for the entries it leaves out. */
export function fillCost(partial: Partial<Cost>): Cost {
  return Object.fromEntries(costKeys.map((key) => [key, partial[key] ?? Dim.zero])) as unknown as Cost;
}

/** The sum of each entry; of `workspace`, too, though only its largest matters at once. */
export function sumCosts(costs: readonly Cost[]): Cost {
  return Object.fromEntries(
    costKeys.map((key) => [key, sumDims(costs.map((c) => c[key]))]),
  ) as unknown as Cost;
}

/** The sum of dims of which many are the same object, as those of equal layers are. */
export function sumDims(dims: readonly Dim[]): Dim {
  const counts = new Map<Dim, number>();
  for (const dim of dims) if (!dim.isZero) counts.set(dim, (counts.get(dim) ?? 0) + 1);
  return Dim.sum([...counts].map(([dim, count]) => dim.times(count)));
}

/** Every entry but `workspace`, so many times; the same object where that is once. */
export function repeatCost(cost: Cost, times: Dim): Cost {
  if (times.isOne) return cost;
  return Object.fromEntries(
    costKeys.map((key) => [key, key === "workspace" ? cost[key] : cost[key].times(times)]),
  ) as unknown as Cost;
}
