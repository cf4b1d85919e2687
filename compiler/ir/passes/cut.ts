import { Dim } from "../../dim/dim.js";
import type { OpName } from "../../ops/attrs.js";
import { parseEquation } from "../../ops/einsum.js";
import type { Node, NodeOf } from "../graph.js";

/** A part of one axis of a value. */
export interface Cut {
  readonly axis: number;
  readonly start: Dim;
  readonly size: Dim;
}

/** For each operand the axis that stands for the one of the results; undefined: it has none, and is taken whole. */
type Axes = readonly (number | undefined)[];
/** How an op works along an axis of its results, place by place; undefined: the places depend on each other. */
type Along<K extends OpName> = (node: NodeOf<K>, axis: number) => Axes | undefined;

/**
 * The axes of a node's operands that an axis of its results goes along, so that a part of the results needs but the same
 * part of the operands. Undefined where that is not so.
 */
export function axesAlong(node: Node, axis: number): Axes | undefined {
  const axes = (along[node.op] as Along<OpName>)(node, axis);
  const size = node.outputs[0]!.shape[axis]!;
  // Sizes that are equal by an assumption alone are left to the op as it stands.
  const same = axes?.every((a, i) => a === undefined || node.inputs[i]!.shape[a]!.equals(size));
  return same ? axes : undefined;
}

/** The node's attributes where its results have `size` places along `axis`. */
export function attrsWith<N extends Node>(node: N, axis: number, size: Dim): N["attrs"] {
  if (node.op !== "reshape" && node.op !== "broadcast") return node.attrs;
  return { shape: node.attrs.shape.with(axis, size) };
}

const never = (): undefined => undefined;

/** Trailing axes meet, and an axis of one place spreads. */
const pointwise = <K extends OpName>(node: NodeOf<K>, axis: number): Axes => {
  const { shape } = node.outputs[0]!;
  return node.inputs.map((v) => {
    const own = axis - shape.length + v.shape.length;
    const spread = own < 0 || (v.shape[own]!.isOne && !shape[axis]!.isOne);
    return spread ? undefined : own;
  });
};

/** An axis that is dropped is none of the results'. */
const dropping =
  <K extends OpName>(dropped: (node: NodeOf<K>) => readonly number[]): Along<K> =>
  (node, axis) => {
    const gone = dropped(node);
    return [node.inputs[0]!.shape.map((_, i) => i).filter((i) => !gone.includes(i))[axis]];
  };

/** The same axes in and out, and one of them that the op works across. */
const except =
  <K extends OpName>(across: (node: NodeOf<K>) => number): Along<K> =>
  (node, axis) =>
    axis === across(node) ? undefined : node.inputs.map(() => axis);

const last = (node: Node): number => node.inputs[0]!.shape.length - 1;

const along: { readonly [K in OpName]: Along<K> } = {
  neg: pointwise,
  abs: pointwise,
  sign: pointwise,
  exp: pointwise,
  log: pointwise,
  sqrt: pointwise,
  rsqrt: pointwise,
  tanh: pointwise,
  erf: pointwise,
  logistic: pointwise,
  sin: pointwise,
  cos: pointwise,
  floor: pointwise,
  add: pointwise,
  sub: pointwise,
  mul: pointwise,
  div: pointwise,
  pow: pointwise,
  maximum: pointwise,
  minimum: pointwise,
  floor_div: pointwise,
  mod: pointwise,
  eq: pointwise,
  lt: pointwise,
  le: pointwise,
  and: pointwise,
  or: pointwise,
  not: pointwise,
  select: pointwise,
  cast: pointwise,
  stop_gradient: pointwise,
  broadcast: pointwise,
  reduce_sum: dropping((node) => node.attrs.axes),
  reduce_max: dropping((node) => node.attrs.axes),
  reduce_min: dropping((node) => node.attrs.axes),
  argmax: dropping((node) => [node.attrs.axis]),
  cumsum: except((node) => node.attrs.axis),
  slice: except((node) => node.attrs.axis),
  concat: except((node) => node.attrs.axis),
  pad: except((node) => node.attrs.axis),
  topk: except<"topk">(last),
  argsort: except<"argsort">(last),
  transpose: (node, axis) => [node.attrs.perm[axis]],
  einsum(node, axis) {
    const { left, right, result } = parseEquation(node.attrs.equation);
    const at = [left, right].map((letters) => letters.indexOf(result[axis]!));
    return at.map((a) => (a < 0 ? undefined : a));
  },
  // An axis stays what it is where as many elements stand before it and it is as long.
  reshape(node, axis) {
    const [x] = node.inputs;
    const { shape } = node.attrs;
    const own = x!.shape.findIndex(
      (d, i) => d.equals(shape[axis]!) && sameElements(x!.shape.slice(0, i), shape.slice(0, axis)),
    );
    return own < 0 ? undefined : [own];
  },
  gather(node, axis) {
    const { axis: rows, batch } = node.attrs;
    const picked = node.inputs[1]!.shape.length - batch;
    if (axis < batch) return [axis, axis];
    if (axis < rows) return [axis, undefined];
    if (axis < rows + picked) return [undefined, axis - rows + batch];
    return [axis - picked + 1, undefined];
  },
  scatter_add: (node, axis) => (axis < node.attrs.batch ? [axis, axis] : undefined),
  gather_matmul: (node, axis) => (axis === last(node) ? undefined : [axis, undefined, axis]),
  iota: never,
  size: never,
  constant: never,
  call: never,
  map: never,
};

function sameElements(a: readonly Dim[], b: readonly Dim[]): boolean {
  return Dim.product(a).equals(Dim.product(b));
}
