import type { Graph, Value } from "../ir/graph.js";
import { type Inlined, inline } from "../ir/passes/inline.js";

/** How a runtime gets a graph. */
export interface FlatRules {
  /** The graph as a build for it has it, where that is not as it stands; `paths`: the instance that a value comes from. */
  rewrite?(graph: Graph): { readonly graph: Graph; readonly paths: ReadonlyMap<Value, string> };
  /** Calls that run as one kernel, whose inner results are never there. */
  readonly kernels: ReadonlySet<string>;
}

const flats = new WeakMap<Graph, Map<FlatRules | undefined, Inlined>>();

/** The graph as the runtime gets it, with every call expanded but those that run as one kernel. */
export function flatOf(graph: Graph, rules?: FlatRules): Inlined {
  let known = flats.get(graph);
  if (!known) flats.set(graph, (known = new Map()));
  let flat = known.get(rules);
  if (!flat) known.set(rules, (flat = flatten(graph, rules)));
  return flat;
}

function flatten(graph: Graph, rules: FlatRules | undefined): Inlined {
  const built = rules?.rewrite?.(graph);
  const { graph: flat, paths } = inline(built?.graph ?? graph, (name) => rules?.kernels.has(name) ?? false);
  if (!built) return { graph: flat, paths };
  // What was expanded before keeps its place, what is only now lies within it.
  const all = new Map(paths);
  flat.nodes.forEach((node) => {
    const path = node.outputs[0] && built.paths.get(node.outputs[0]);
    if (path !== undefined) all.set(node, path);
  });
  return { graph: flat, paths: all };
}
