import type { Dim } from "../dim/dim.js";
import type { Node, Region, Value } from "../ir/graph.js";

/** When a region's values die; the same for every point. */
export interface Plan {
  /** For each node, the values whose last use it is (its own results too, where nobody uses them). */
  readonly dying: readonly (readonly Value[])[];
  /** Inputs that no node uses. */
  readonly unused: readonly Value[];
  /** Scratch bytes of each node. */
  readonly workspace: readonly Dim[];
}

/** Results that lie in their operand's storage in every runtime. */
export function isView(node: Node): boolean {
  return node.op === "reshape" || node.op === "stop_gradient";
}

/** What says how much scratch each node needs; plans made with it are kept in it. */
interface ScratchRules {
  of(node: Node): { readonly workspace: Dim };
  readonly plans: Map<Region, Plan>;
}

/** The plan of a region, made once with the same rules; throws where an op has no cost rule. */
export function planOf(region: Region, costs: ScratchRules): Plan {
  const { plans } = costs;
  const known = plans.get(region);
  if (known) return known;
  const alive = new Set<Value>(region.outputs);
  const dying: Value[][] = region.nodes.map(() => []);
  for (let i = region.nodes.length - 1; i >= 0; i--) {
    const node = region.nodes[i]!;
    for (const values of [node.outputs, node.inputs]) {
      for (const v of values) {
        if (alive.has(v)) continue;
        alive.add(v);
        dying[i]!.push(v);
      }
    }
  }
  const workspace = region.nodes.map((node) => costs.of(node).workspace);
  const plan = { dying, unused: region.inputs.filter((v) => !alive.has(v)), workspace };
  plans.set(region, plan);
  return plan;
}
