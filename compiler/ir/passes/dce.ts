import type { Graph, Node, NodeOf, Region, Value } from "../graph.js";
import { withRegion, withValues } from "../traverse.js";

/**
 * Removes nodes whose results reach no output. Calls of instances and maps lose results that nobody reads and operands
 * that their bodies no longer need; library calls keep theirs, since backends match them by position.
 */
export function eliminateDeadCode(graph: Graph): Graph {
  if (known.has(graph)) return graph;
  const kept = prune(graph, graph.outputs);
  const lean = kept.nodes === graph.nodes ? graph : withRegion(graph, kept);
  known.add(lean);
  return lean;
}

/** Graphs without dead code: several passes ask for one. */
const known = new WeakSet<Graph>();

/** Without the states that a step leaves: for a forward pass that nothing continues. */
export function dropStates(graph: Graph): Graph {
  const outputPorts = graph.outputPorts.filter((port) => port.role !== "state");
  if (outputPorts.length === graph.outputPorts.length) return graph;
  return eliminateDeadCode({ ...graph, outputPorts, outputs: outputPorts.map((port) => port.value) });
}

/** A body with what some of its results need; `taken` says which of its inputs that is. */
interface Cut {
  readonly body: Region;
  readonly taken: readonly boolean[];
}

/** Bodies that many calls share are cut once for each set of results that is read. */
type Cuts = Map<Region, Map<string, Cut>>;

/** The region with only what `outputs` need; its inputs stay. The same `nodes` array where nothing was dead. */
export function prune(region: Region, outputs: readonly Value[], cuts: Cuts = new Map()): Region {
  const needed = new Set<Value>(outputs);
  const kept: Node[] = [];
  let same = true;
  for (let i = region.nodes.length - 1; i >= 0; i--) {
    const node = region.nodes[i]!;
    if (!node.outputs.some((v) => needed.has(v))) {
      same = false;
      continue;
    }
    const trimmed = node.op === "call" || node.op === "map" ? trim(node, needed, cuts) : node;
    if (trimmed !== node) same = false;
    kept.push(trimmed);
    for (const value of trimmed.inputs) needed.add(value);
  }
  return { inputs: region.inputs, nodes: same ? region.nodes : kept.reverse(), outputs };
}

function trim(node: NodeOf<"call"> | NodeOf<"map">, needed: ReadonlySet<Value>, cuts: Cuts): Node {
  const whole = node.op === "call" && node.attrs.path === "";
  const mapped = node.op === "map" ? node.attrs.mapped : 0;
  const live = node.outputs.map((v) => whole || needed.has(v));
  const { body } = node.attrs;
  const known = cuts.get(body) ?? new Map<string, Cut>();
  cuts.set(body, known);
  const key = `${whole};${mapped};${live}`;
  const cut = known.get(key) ?? cutBody(body, live, whole, mapped, cuts);
  known.set(key, cut);
  if (cut.body === body) return node;
  const { taken } = cut;
  const attrs =
    node.op === "map"
      ? { mapped: taken.filter((t, i) => t && i < mapped).length, body: cut.body }
      : { ...node.attrs, body: cut.body };
  return withValues(
    { ...node, attrs } as Node,
    node.inputs.filter((_, i) => taken[i]),
    node.outputs.filter((_, i) => live[i]),
  );
}

function cutBody(body: Region, live: readonly boolean[], whole: boolean, mapped: number, cuts: Cuts): Cut {
  const outputs = body.outputs.filter((_, i) => live[i]);
  const inner = prune(body, outputs, cuts);
  const used = usedInputs(inner);
  const taken = inner.inputs.map((v) => whole || used.has(v));
  // The first mapped operand stays where none is read: it says how often the body runs.
  if (mapped > 0 && !taken.some((t, i) => t && i < mapped)) taken[0] = true;
  const same = inner.nodes === body.nodes && live.every(Boolean) && taken.every(Boolean);
  return { body: same ? body : { ...inner, inputs: inner.inputs.filter((_, i) => taken[i]) }, taken };
}

/** The values that its nodes or outputs read. */
export function usedInputs(region: Region): ReadonlySet<Value> {
  const used = new Set<Value>(region.outputs);
  for (const node of region.nodes) for (const value of node.inputs) used.add(value);
  return used;
}
