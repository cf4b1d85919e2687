import type { Graph, NodeOf, Region, Value } from "../../ir/graph.js";
import { withBody, withRegion } from "../../ir/traverse.js";
import { mergeProjections } from "../passes/merge.js";
import { weightsOf } from "../passes/rewrite.js";

/** Merges the projections of a graph and of the layers in it where a layer is given weights, other than those `alone`. */
export function mergeWithin(graph: Graph, alone: ReadonlySet<string>): Graph {
  const done = new Map<Region, Map<string, Region>>();
  const merge = <R extends Region>(region: R, weights: ReadonlySet<Value>): R => {
    const nodes = region.nodes.map((node) => {
      if (node.op !== "call") return node;
      const { body } = node.attrs;
      const given = node.inputs.map((v) => weights.has(v));
      let known = done.get(body);
      if (!known) done.set(body, (known = new Map()));
      let inner = known.get(given.join());
      if (!inner)
        known.set(given.join(), (inner = merge(body, new Set(body.inputs.filter((_, i) => given[i])))));
      return inner === body ? node : withBody(node as NodeOf<"call">, inner);
    });
    const same = nodes.every((node, i) => node === region.nodes[i]);
    return mergeProjections(same ? region : { ...region, nodes }, weights);
  };
  const weights = new Set(weightsOf(graph));
  for (const port of graph.inputPorts) if (alone.has(port.name)) weights.delete(port.value);
  return withRegion(graph, merge<Region>(graph, weights));
}
