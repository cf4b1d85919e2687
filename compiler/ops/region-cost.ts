import { Dim } from "../dim/dim.js";
import type { Node, NodeOf, Region } from "../ir/graph.js";
import type { OpName } from "./attrs.js";
import { type Cost, costKeys } from "./cost-vector.js";
import type { OpDef } from "./define.js";
import { ops } from "./index.js";

/** What one node costs, by the rule of its op. */
export function nodeCost(node: Node): Partial<Cost> {
  return (ops[node.op] as OpDef<OpName>).cost(node as NodeOf<OpName>);
}

/** The costs of all nodes of a body, `times` over; scratch bytes are those of the greatest node. */
export function regionCost(region: Region, times: Dim = Dim.one): Partial<Cost> {
  const costs = region.nodes.map(nodeCost);
  const total: { -readonly [K in keyof Cost]?: Cost[K] } = {};
  for (const key of costKeys) {
    if (key === "workspace") continue;
    const parts = costs.flatMap((cost) => cost[key] ?? []);
    if (parts.length > 0) total[key] = Dim.sum(parts).times(times);
  }
  const scratch = costs.flatMap((cost) => cost.workspace ?? []);
  if (scratch.length > 0) total.workspace = scratch.reduce((a, b) => a.max(b));
  return total;
}
