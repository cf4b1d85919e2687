import type { Graph, Node, Region } from "../graph.js";
import { bodyOf, Renaming, rewriteRegions, withValues } from "../traverse.js";
import { nodeKey, regionKey } from "./key.js";

/** Computes equal things once, within each region (never across the border of a body). Every op is pure. */
export function commonSubexpressions(graph: Graph): Graph {
  return rewriteRegions(graph, shareIn);
}

function shareIn(region: Region): Region {
  const renaming = new Renaming();
  const seen = new Map<string, Node[]>();
  const nodes: Node[] = [];
  let same = true;
  for (const original of region.nodes) {
    const node = withValues(original, renaming.all(original.inputs));
    if (node !== original) same = false;
    const key = `${node.inputs.map((v) => v.id).join()}|${nodeKey(node)}`;
    const alike = seen.get(key);
    const first = alike?.find((other) => sameBody(other, node));
    if (first) {
      same = false;
      node.outputs.forEach((v, i) => {
        renaming.set(v, first.outputs[i]!);
      });
      continue;
    }
    if (alike) alike.push(node);
    else seen.set(key, [node]);
    nodes.push(node);
  }
  return same ? region : { inputs: region.inputs, nodes, outputs: renaming.all(region.outputs) };
}

function sameBody(a: Node, b: Node): boolean {
  const bodyA = bodyOf(a);
  const bodyB = bodyOf(b);
  if (a.outputs.length !== b.outputs.length) return false;
  return (
    bodyA === bodyB || (bodyA !== undefined && bodyB !== undefined && regionKey(bodyA) === regionKey(bodyB))
  );
}
