import type { Graph, Node, NodeOf, Region, Value } from "../graph.js";
import { withRegion, withValues } from "../traverse.js";

/**
 * Removes nodes whose results reach no output. Calls of instances and maps lose results that nobody reads and operands
 * that their bodies no longer need; library calls keep theirs, since backends match them by position.
 */
export function eliminateDeadCode(graph: Graph): Graph {
  const kept = prune(graph, graph.outputs);
  return kept.nodes === graph.nodes ? graph : withRegion(graph, kept);
}

/** Without the states that a step leaves: for a forward pass that nothing continues. */
export function dropStates(graph: Graph): Graph {
  const outputPorts = graph.outputPorts.filter((port) => port.role !== "state");
  if (outputPorts.length === graph.outputPorts.length) return graph;
  return eliminateDeadCode({ ...graph, outputPorts, outputs: outputPorts.map((port) => port.value) });
}

/** The region with only what `outputs` need; its inputs stay. The same `nodes` array where nothing was dead. */
export function prune(region: Region, outputs: readonly Value[]): Region {
  const needed = new Set<Value>(outputs);
  const kept: Node[] = [];
  let same = true;
  for (let i = region.nodes.length - 1; i >= 0; i--) {
    const node = region.nodes[i]!;
    if (!node.outputs.some((v) => needed.has(v))) {
      same = false;
      continue;
    }
    const trimmed = trim(node, needed);
    if (trimmed !== node) same = false;
    kept.push(trimmed);
    for (const value of trimmed.inputs) needed.add(value);
  }
  return { inputs: region.inputs, nodes: same ? region.nodes : kept.reverse(), outputs };
}

function trim(node: Node, needed: ReadonlySet<Value>): Node {
  if (node.op === "map") return trimMap(node, needed);
  if (node.op !== "call") return node;
  const { body, path } = node.attrs;
  const instance = path !== "";
  const live = node.outputs.map((v) => !instance || needed.has(v));
  const inner = prune(
    body,
    body.outputs.filter((_, i) => live[i]),
  );
  const used = usedInputs(inner);
  const taken = inner.inputs.map((v) => !instance || used.has(v));
  if (inner.nodes === body.nodes && live.every(Boolean) && taken.every(Boolean)) return node;
  const attrs = { ...node.attrs, body: { ...inner, inputs: inner.inputs.filter((_, i) => taken[i]) } };
  return withValues(
    { ...node, attrs },
    node.inputs.filter((_, i) => taken[i]),
    node.outputs.filter((_, i) => live[i]),
  );
}

function trimMap(node: NodeOf<"map">, needed: ReadonlySet<Value>): Node {
  const { body, mapped } = node.attrs;
  const live = node.outputs.map((v) => needed.has(v));
  const inner = prune(
    body,
    body.outputs.filter((_, i) => live[i]),
  );
  const used = usedInputs(inner);
  const taken = inner.inputs.map((v) => used.has(v));
  // The first mapped operand stays where none is read: it says how often the body runs.
  if (!taken.some((t, i) => t && i < mapped)) taken[0] = true;
  if (inner.nodes === body.nodes && live.every(Boolean) && taken.every(Boolean)) return node;
  const attrs = {
    mapped: taken.filter((t, i) => t && i < mapped).length,
    body: { ...inner, inputs: inner.inputs.filter((_, i) => taken[i]) },
  };
  return withValues(
    { ...node, attrs },
    node.inputs.filter((_, i) => taken[i]),
    node.outputs.filter((_, i) => live[i]),
  );
}

function usedInputs(region: Region): ReadonlySet<Value> {
  const used = new Set<Value>(region.outputs);
  for (const node of region.nodes) for (const value of node.inputs) used.add(value);
  return used;
}
