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
  const counts = countEach(costs);
  return Object.fromEntries(
    costKeys.map((key) => [key, sumCounted(counts, (c) => c[key])]),
  ) as unknown as Cost;
}

/** The sum of dims of which many are the same object, as those of equal layers are. */
export function sumDims(dims: readonly Dim[]): Dim {
  return sumCounted(countEach(dims), (dim) => dim);
}

function countEach<T>(all: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

function sumCounted<T>(counts: ReadonlyMap<T, number>, read: (one: T) => Dim): Dim {
  const dims: Dim[] = [];
  for (const [one, count] of counts) {
    const dim = read(one);
    if (!dim.isZero) dims.push(dim.times(count));
  }
  return dims.length === 1 ? dims[0]! : Dim.sum(dims);
}

/** Every entry but `workspace`, so many times; the same object where that is once. */
export function repeatCost(cost: Cost, times: Dim): Cost {
  if (times.isOne) return cost;
  return Object.fromEntries(
    costKeys.map((key) => [key, key === "workspace" ? cost[key] : cost[key].times(times)]),
  ) as unknown as Cost;
}
