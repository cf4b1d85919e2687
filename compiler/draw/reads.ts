import type { Node, Region, Type, Value } from "../ir/graph.js";

/** What stands for all that comes from outside of the model. */
export const OUTSIDE = "";

/** For each stage, whose results it reads, and what they are when they leave there. */
export type Reads = ReadonlyMap<string, ReadonlyMap<string, Type>>;

/**
 * Which stages of a picture read which others, through whatever stands between them, and which one makes a value.
 * `stageOf` gives the stage of a path that is drawn; `given` are the values that come from outside.
 */
export function readsOf(
  graph: Region,
  stageOf: (path: string) => string | undefined,
  given: Iterable<Value>,
): { readonly reads: Reads; readonly makerOf: (value: Value) => string | undefined } {
  const origins = new Map<Value, ReadonlyMap<string, Type>>();
  for (const value of given) origins.set(value, new Map([[OUTSIDE, value]]));
  const reads = new Map<string, Map<string, Type>>();
  for (const node of graph.nodes) {
    const stage = node.op === "call" && node.attrs.path ? stageOf(node.attrs.path) : undefined;
    const from = new Map<string, Type>();
    for (const value of usedBy(node))
      for (const [label, type] of origins.get(value) ?? []) if (!from.has(label)) from.set(label, type);
    if (stage === undefined) {
      for (const value of node.outputs) origins.set(value, from);
      continue;
    }
    const known = reads.get(stage) ?? new Map<string, Type>();
    for (const [label, type] of from) if (label !== stage && !known.has(label)) known.set(label, type);
    reads.set(stage, known);
    for (const value of node.outputs) origins.set(value, new Map([[stage, value]]));
  }
  // What several stages give together is made by the last of them.
  return { reads, makerOf: (value) => [...(origins.get(value)?.keys() ?? [])].at(-1) };
}

/** The inputs of a node without those that a layer takes only for their shape. */
function usedBy(node: Node): readonly Value[] {
  if (node.op !== "call") return node.inputs;
  const { body } = node.attrs;
  const used = new Set([...body.nodes.flatMap((n) => n.inputs), ...body.outputs]);
  return node.inputs.filter((_, i) => used.has(body.inputs[i]!));
}
