import type { Graph, NodeOf, Region, Value } from "../../ir/graph.js";
import { withBody, withRegion } from "../../ir/traverse.js";
import { mergeProjections } from "../passes/merge.js";
import { weightsOf } from "../passes/rewrite.js";
import { fixedIn, foldFactors, foldNorms, sinkNorms } from "./fold.js";

/**
 * Merges the projections of a graph and of the layers in it, and folds into their weights what scales them: wherever a
 * layer is given weights, other than those `alone`, once for all calls that are given them alike.
 */
export function mergeWithin(graph: Graph, alone: ReadonlySet<string>): Graph {
  const done = new Map<Region, Map<string, Region>>();
  const merge = <R extends Region>(region: R, weights: ReadonlySet<Value>): R => {
    const sunk = sinkNorms(region, weights);
    const nodes = sunk.nodes.map((node) => {
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
    const same = nodes.every((node, i) => node === sunk.nodes[i]);
    const { region: scaled, fixed } = foldFactors(same ? sunk : { ...sunk, nodes }, weights);
    const merged = mergeProjections(scaled, fixed);
    return foldNorms(merged, fixedIn(merged, weights));
  };
  const weights = new Set(weightsOf(graph));
  for (const port of graph.inputPorts) if (alone.has(port.name)) weights.delete(port.value);
  return withRegion(graph, merge<Region>(graph, weights));
}
