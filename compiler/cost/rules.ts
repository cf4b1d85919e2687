import type { Dim } from "../dim/dim.js";
import type { Node, NodeOf, Region, Type } from "../ir/graph.js";
import { nodeKey } from "../ir/passes/key.js";
import { byteSize } from "../ir/traverse.js";
import { type Cost, fillCost, sumDims } from "../ops/cost-vector.js";
import type { OpDef } from "../ops/define.js";
import { type OpName, ops } from "../ops/index.js";
import type { Plan } from "./liveness.js";

/**
 * Costs of nodes by the rules of their ops. A rule sees attributes and types alone, so that equal nodes of many layers
 * share one answer (the same object).
 */
export class CostRules {
  private readonly known = new Map<string, Cost>();
  /** The graphs of one model share most nodes, and memory asks for what the cost asked for. */
  private readonly nodes = new Map<Node, Cost>();
  /** When the values of regions die, by region: all questions about memory ask for it. */
  readonly plans = new Map<Region, Plan>();

  /** Throws where an op has no rule: it never counts as 0. A `map` or `call` without its body, so that a call is free. */
  of(node: Node): Cost {
    if (node.op === "call") return free;
    let cost = this.nodes.get(node);
    if (!cost) this.nodes.set(node, (cost = this.alike(node)));
    return cost;
  }

  private alike(node: Exclude<Node, NodeOf<"call">>): Cost {
    const key = `${node.op === "map" ? node.op : nodeKey(node)}|${typesKey(node.inputs)}|${typesKey(node.outputs)}`;
    let cost = this.known.get(key);
    if (!cost) this.known.set(key, (cost = fillCost(ruled(node))));
    return cost;
  }
}

const free = fillCost({});

function ruled(node: Node): Partial<Cost> {
  if (node.op === "map") return mapOverhead(node);
  const def = ops[node.op] as OpDef<OpName> | undefined;
  if (!def) throw new Error(`the op \`${node.op}\` has no cost rule`);
  return def.cost(node as NodeOf<OpName>);
}

/** Slices of the mapped operands are copied out, results into the stack. */
function mapOverhead(node: NodeOf<"map">): Partial<Cost> {
  const copied = sumDims([...node.inputs.slice(0, node.attrs.mapped), ...node.outputs].map(byteSize));
  return { bytesRead: copied, bytesWritten: copied };
}

const shapeKeys = new WeakMap<readonly Dim[], string>();

function typesKey(types: readonly Type[]): string {
  let key = "";
  for (const { dtype, shape } of types) {
    let text = shapeKeys.get(shape);
    if (text === undefined) shapeKeys.set(shape, (text = shape.map((d) => d.key).join()));
    key += `${dtype}[${text}]`;
  }
  return key;
}
