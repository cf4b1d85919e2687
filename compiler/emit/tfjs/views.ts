import { Dim } from "../../dim/dim.js";
import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import type { OpName } from "../../ops/attrs.js";
import type { Body } from "./body.js";
import { nameOf } from "./define.js";
import type { Code, Operand } from "./lines.js";
import { mostAxes, reshape } from "./structure.js";

/**
 * Binds the result of an elementwise function. Where an operand is a view, the tensor behind it is taken instead if the
 * other operands fit that as well, and the result is viewed: between one product and the next no reshape is left.
 */
export function behindViews(
  body: Body,
  node: Node,
  operands: readonly Operand[],
  make: (operands: readonly Operand[]) => Code,
): void {
  const out = node.outputs[0]!;
  for (const [i, operand] of operands.entries()) {
    const root = operand.kind === "variable" ? body.behind(operand) : undefined;
    if (!root || root.dims.length > Math.max(out.shape.length, mostAxes)) continue;
    if (!sameShape(node.inputs[i]!.shape, out.shape)) continue;
    const fitting = operands.map((o, k) => fitted(body, o, node.inputs[k]!, out.shape, root.dims));
    if (!fitting.every((o) => o !== undefined)) continue;
    const made = body.made(make(fitting), nameOf(node), root.dims);
    body.bind(out, reshape(body, made, root.dims, out.shape, nameOf(node)));
    return;
  }
  body.bind(out, body.made(make(operands), nameOf(node), out.shape));
}

/** What stands for an operand of a result of shape `out` where that is computed in the shape `dims`, if anything does. */
function fitted(
  body: Body,
  operand: Operand,
  { shape, name }: Value,
  out: readonly Dim[],
  dims: readonly Dim[],
): Operand | undefined {
  if (operand.kind !== "variable" || shape.length === 0) return operand;
  const root = body.behind(operand);
  if (root && sameShape(shape, out) && sameShape(root.dims, dims)) return root.of;
  const trailing = (all: readonly Dim[]) => all.slice(-shape.length);
  if (shape.length <= dims.length && sameShape(trailing(dims), trailing(out))) return operand;
  const dropped = droppedAxes(out, dims);
  if (!dropped) return undefined;
  const missing = out.length - shape.length;
  const rest = shape.filter((_, axis) => !dropped.has(axis + missing));
  return reshape(body, operand, shape, rest, name || "operand");
}

/** The axes of size 1 without which `out` is `dims`, if it is so. */
function droppedAxes(out: readonly Dim[], dims: readonly Dim[]): ReadonlySet<number> | undefined {
  const dropped = new Set<number>();
  let next = 0;
  out.forEach((size, axis) => {
    if (next < dims.length && size.equals(dims[next]!)) next++;
    else dropped.add(axis);
  });
  return next === dims.length && [...dropped].every((axis) => out[axis]!.isOne) ? dropped : undefined;
}

const pointwise = new Set([
  "add",
  "sub",
  "mul",
  "div",
  "neg",
  "exp",
  "log",
  "sqrt",
  "rsqrt",
  "maximum",
  "minimum",
]);

/** The reductions whose every reader, perhaps behind arithmetic with numbers, wants the reduced axes back as size 1. */
export function keptAxes(region: Region): ReadonlySet<Node> {
  const readers = new Map<Value, Set<Node>>();
  for (const node of region.nodes)
    for (const v of node.inputs) {
      const known = readers.get(v);
      if (known) known.add(node);
      else readers.set(v, new Set([node]));
    }
  const results = new Set(region.outputs);
  const wanted = (value: Value, kept: readonly Dim[]): boolean =>
    !results.has(value) &&
    [...(readers.get(value) ?? [])].every((node) => {
      const [out] = node.outputs as [Value];
      if (node.op === "reshape") return sameShape(out.shape, kept);
      const alone = node.inputs.every((v) => v === value || v.shape.length === 0);
      return pointwise.has(node.op) && alone && wanted(out, kept);
    });
  const found = region.nodes.filter((node) => {
    if (node.op !== "reduce_sum" && node.op !== "reduce_max" && node.op !== "reduce_min") return false;
    return (
      node.attrs.axes.length > 0 && wanted(node.outputs[0]!, keptShape(node.inputs[0]!, node.attrs.axes))
    );
  });
  return new Set(found);
}

/** A shape with the reduced axes as size 1. */
export function keptShape({ shape }: Value, axes: readonly number[]): readonly Dim[] {
  return shape.map((size, axis) => (axes.includes(axis) ? Dim.of(1) : size));
}

/** The results of nodes of an op that one node reads, once, and that are no results of the region. */
export function readOnce<K extends OpName>(region: Region, op: K): ReadonlyMap<Value, NodeOf<K>> {
  const reads = new Map<Value, number>();
  for (const v of [...region.nodes.flatMap((n) => n.inputs), ...region.outputs])
    reads.set(v, (reads.get(v) ?? 0) + 1);
  const found = new Map<Value, NodeOf<K>>();
  for (const node of region.nodes)
    if (node.op === op && reads.get(node.outputs[0]!) === 1) found.set(node.outputs[0]!, node as NodeOf<K>);
  for (const v of region.outputs) found.delete(v);
  return found;
}
