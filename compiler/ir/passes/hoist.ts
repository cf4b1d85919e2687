import { newValue } from "../build.js";
import type { Graph, Node, Region, Value } from "../graph.js";
import { takenOut } from "../path.js";
import { Renaming, withBody, withRegion, withValues } from "../traverse.js";
import { prune } from "./dce.js";

/**
 * Moves what a body computes from nothing (masks from `iota` and `size`, tables of sines) to its caller, which passes
 * it in; from there `commonSubexpressions` shares it between layers. Scalars and bare sources stay: they cost nothing.
 */
export function hoist(graph: Graph): Graph {
  const moved = hoistIn(graph, new Map());
  return moved === graph ? graph : withRegion(graph, moved);
}

/** A body without its constant part: `roots` are computed by `nodes` outside, and passed as further inputs. */
interface Split {
  readonly body: Region;
  readonly nodes: readonly Node[];
  readonly roots: readonly Value[];
}

function hoistIn(region: Region, done: Map<Region, Split>): Region {
  const nodes: Node[] = [];
  // Computed from nothing, it is the same for every call, unless it names instances of the one.
  const hoisted = new Map<Split, readonly Value[]>();
  let same = true;
  for (const node of region.nodes) {
    if (node.op !== "call" && node.op !== "map") {
      nodes.push(node);
      continue;
    }
    const { body } = node.attrs;
    let parts = done.get(body);
    if (!parts) done.set(body, (parts = split(hoistIn(body, done))));
    if (parts.body === body) {
      nodes.push(node);
      continue;
    }
    same = false;
    let roots = hoisted.get(parts);
    if (!roots) {
      const renaming = new Renaming();
      const path = node.op === "call" ? node.attrs.path : "";
      const taken = parts.nodes.map((moved) => takenOut(moved, path));
      for (const moved of taken) nodes.push(freshCopy(moved, renaming));
      roots = renaming.all(parts.roots);
      if (sameNodes(taken, parts.nodes)) hoisted.set(parts, roots);
    }
    nodes.push(withValues(withBody(node, parts.body) as Node, [...node.inputs, ...roots]));
  }
  return same ? region : { inputs: region.inputs, nodes, outputs: region.outputs };
}

const sameNodes = (a: readonly Node[], b: readonly Node[]): boolean => a.every((node, i) => node === b[i]);

const sources: ReadonlySet<string> = new Set(["constant", "iota", "size"]);

function split(body: Region): Split {
  const free = new Map<Value, Node>();
  for (const node of body.nodes) {
    if (node.inputs.every((v) => free.has(v))) for (const v of node.outputs) free.set(v, node);
  }
  const roots = new Set<Value>();
  const consider = (value: Value) => {
    const node = free.get(value);
    if (node && value.shape.length > 0 && !sources.has(node.op)) roots.add(value);
  };
  for (const node of body.nodes) {
    if (!node.outputs.some((v) => free.has(v))) for (const v of node.inputs) consider(v);
  }
  for (const v of body.outputs) consider(v);
  if (roots.size === 0) return { body, nodes: [], roots: [] };

  const list = [...roots];
  const nodes = prune(
    { ...body, inputs: [], nodes: body.nodes.filter((n) => n.outputs.every((v) => free.has(v))) },
    list,
  ).nodes;
  const renaming = new Renaming();
  const passed = list.map((v) => {
    const inner = newValue(v, v.name);
    renaming.set(v, inner);
    return inner;
  });
  const rest = body.nodes.map((node) => withValues(node, renaming.all(node.inputs)));
  const inputs = [...body.inputs, ...passed];
  return {
    body: prune({ inputs, nodes: rest, outputs: [] }, renaming.all(body.outputs)),
    nodes,
    roots: list,
  };
}

function freshCopy(node: Node, renaming: Renaming): Node {
  const inputs = renaming.all(node.inputs);
  const outputs = node.outputs.map((v) => {
    const fresh = newValue(v, v.name);
    renaming.set(v, fresh);
    return fresh;
  });
  return withValues(node, inputs, outputs);
}
