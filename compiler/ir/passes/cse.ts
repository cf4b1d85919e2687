import type { Graph, Node, Region } from "../graph.js";
import { bodyOf, Renaming, rewriteRegions, sameValues, withValues } from "../traverse.js";
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
    const key = placeOf(node);
    const alike = seen.get(key);
    const first = alike?.find((other) => sameNode(other, node));
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

/** Where to look for nodes that may be equal. The many operands of a call are only compared where the outer two agree. */
function placeOf(node: Node): string {
  const { inputs } = node;
  if (bodyOf(node)) return `${node.op} ${inputs[0]?.id} ${inputs.at(-1)?.id}`;
  let key = "";
  for (const { id } of inputs) key += `${id},`;
  return `${key}|${nodeKey(node)}`;
}

/** For nodes of one place. */
function sameNode(a: Node, b: Node): boolean {
  if (a.outputs.length !== b.outputs.length) return false;
  const bodyA = bodyOf(a);
  const bodyB = bodyOf(b);
  if (!bodyA || !bodyB) return bodyA === bodyB;
  return (
    sameValues(a.inputs, b.inputs) &&
    nodeKey(a) === nodeKey(b) &&
    (bodyA === bodyB || regionKey(bodyA) === regionKey(bodyB))
  );
}
