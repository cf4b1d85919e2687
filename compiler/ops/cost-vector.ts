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

/** Each entry as `entry` gives it. Written out, because objects of one shape are made and read fast. */
function eachEntry(entry: (key: CostKey) => Dim): Cost {
  return {
    macs: entry("macs"),
    attentionMacs: entry("attentionMacs"),
    elementwise: entry("elementwise"),
    transcendental: entry("transcendental"),
    reduce: entry("reduce"),
    compares: entry("compares"),
    gatherRows: entry("gatherRows"),
    gatherBytes: entry("gatherBytes"),
    bytesRead: entry("bytesRead"),
    bytesWritten: entry("bytesWritten"),
    workspace: entry("workspace"),
  };
}

/** A rule's answer with 0 for the entries it leaves out. */
export function fillCost(partial: Partial<Cost>): Cost {
  return eachEntry((key) => partial[key] ?? Dim.zero);
}

/** The sum of each entry; of `workspace`, too, though only its largest matters at once. */
export function sumCosts(costs: readonly Cost[]): Cost {
  const counts = [...countEach(costs)];
  const [only] = counts;
  if (only && counts.length === 1 && only[1] === 1) return only[0];
  return eachEntry((key) => {
    const parts: (readonly [Dim, number])[] = [];
    for (const [cost, count] of counts) if (!cost[key].isZero) parts.push([cost[key], count]);
    const [first] = parts;
    return first && parts.length === 1 && first[1] === 1 ? first[0] : Dim.weightedSum(parts);
  });
}

/** The sum of dims of which many are the same object, as those of equal layers are. */
export function sumDims(dims: readonly Dim[]): Dim {
  return Dim.weightedSum(countEach(dims));
}

function countEach<T>(all: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

/** Every entry but `workspace`, so many times; the same object where that is once. */
export function repeatCost(cost: Cost, times: Dim): Cost {
  if (times.isOne) return cost;
  return eachEntry((key) => (key === "workspace" ? cost[key] : cost[key].times(times)));
}
