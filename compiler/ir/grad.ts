import type { OpName } from "../ops/attrs.js";
import type { OpDef } from "../ops/define.js";
import { ops } from "../ops/index.js";
import type { Builder } from "./build.js";
import type { Node, NodeOf, Region, Value } from "./graph.js";
import { takenOut } from "./path.js";

/** Cotangents of a node's inputs from those of its outputs, in `b`. */
export type Vjp = (
  b: Builder,
  node: Node,
  cotangents: readonly (Value | undefined)[],
) => readonly (Value | undefined)[];

/** As each op says. */
export const vjpOfOp: Vjp = (b, node, cotangents) =>
  (ops[node.op] as OpDef<OpName>).vjp(b, node as NodeOf<OpName>, cotangents);

/**
 * Derivatives backwards through `nodes`: adds nodes to `b` and gives, for every value of `wrt`, the sum over `outputs`
 * of cotangent × derivative, in that value's shape; undefined where nothing depends on it (or it is not a float).
 * The values must be known to `b`; a cotangent left undefined counts as 0. What stands in `wrt` twice has all of its
 * derivative in its first place. `vjp` gives each node's part.
 */
export function gradient(
  b: Builder,
  nodes: readonly Node[],
  outputs: readonly Value[],
  cotangents: readonly (Value | undefined)[],
  wrt: readonly Value[],
  vjp: Vjp = vjpOfOp,
): (Value | undefined)[] {
  const found = new Map<Value, Value>();
  const add = (value: Value, cotangent: Value | undefined) => {
    if (!cotangent) return;
    const known = found.get(value);
    found.set(value, known ? b.op("add", [known, cotangent], {}) : cotangent);
  };
  for (const [i, output] of outputs.entries()) if (output.dtype === "f32") add(output, cotangents[i]);

  const dependent = dependentOn(nodes, wrt);
  // The list may be b's own, which grows meanwhile.
  for (const node of [...nodes].reverse()) {
    const arriving = node.outputs.map((v) => found.get(v));
    if (arriving.every((c) => c === undefined) || !node.inputs.some((v) => dependent.has(v))) continue;
    const leaving = vjp(b, node, arriving);
    for (const [i, input] of node.inputs.entries()) if (dependent.has(input)) add(input, leaving[i]);
  }
  return wrt.map((v, i) => (wrt.indexOf(v) === i ? found.get(v) : undefined));
}

/** The float values that change when one of `wrt` does. */
function dependentOn(nodes: readonly Node[], wrt: readonly Value[]): Set<Value> {
  const dependent = new Set(wrt.filter((v) => v.dtype === "f32"));
  for (const node of nodes) {
    if (!node.inputs.some((v) => dependent.has(v))) continue;
    for (const v of node.outputs) if (v.dtype === "f32") dependent.add(v);
  }
  return dependent;
}

/**
 * Copies the nodes of the body of a call at `path` ("" for that of a map) into `b`, its inputs replaced by `args`. Gives
 * the copies and what its outputs became.
 */
export function inlineRegion(
  b: Builder,
  region: Region,
  args: readonly Value[],
  path: string,
): { nodes: readonly Node[]; outputs: readonly Value[] } {
  const known = new Map<Value, Value>();
  for (const [i, input] of region.inputs.entries()) known.set(input, args[i]!);
  const first = b.nodes.length;
  for (const node of region.nodes) {
    const copies = b.copy(
      takenOut(node, path),
      node.inputs.map((v) => known.get(v)!),
    );
    for (const [i, output] of node.outputs.entries()) known.set(output, copies[i]!);
  }
  return { nodes: b.nodes.slice(first), outputs: region.outputs.map((v) => known.get(v)!) };
}
