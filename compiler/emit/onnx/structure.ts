import type { Dim } from "../../dim/dim.js";
import type { Emitter } from "./emitter.js";
import { direct, type Lower, single } from "./lower.js";
import { named } from "./ref.js";
import { part } from "./split.js";

type Names =
  | "reduce_sum"
  | "reduce_max"
  | "reduce_min"
  | "argmax"
  | "cumsum"
  | "reshape"
  | "transpose"
  | "broadcast"
  | "slice"
  | "concat"
  | "pad"
  | "iota"
  | "size"
  | "constant";

function reduce<K extends "reduce_sum" | "reduce_max" | "reduce_min">(type: string): Lower<K> {
  return (e, node, inputs) => {
    const { axes } = node.attrs;
    // Without axes ONNX would reduce all of them.
    if (axes.length === 0) return inputs;
    return [named(e.op(type, [e.name(inputs[0]!), e.ints(axes)], { keepdims: 0 }))];
  };
}

/** Beyond the end of every axis; Slice stops there. */
const TO_END = Number.MAX_SAFE_INTEGER;

function sliceEnd(e: Emitter, axis: Dim, start: Dim, size: Dim): string {
  const end = start.plus(size);
  return end.equals(axis) ? e.ints([TO_END]) : e.dims.size(end);
}

export const structure: { readonly [K in Names]: Lower<K> } = {
  reduce_sum: reduce("ReduceSum"),
  reduce_max: reduce("ReduceMax"),
  reduce_min: reduce("ReduceMin"),
  argmax: single((e, node, x) =>
    e.op("ArgMax", [x!], { axis: node.attrs.axis, keepdims: 0, select_last_index: 0 }),
  ),
  cumsum: single((e, node, x) =>
    e.op("CumSum", [x!, e.scalar("i32", node.attrs.axis)], { reverse: node.attrs.reverse ? 1 : 0 }),
  ),
  reshape: (e, node, inputs) => [e.reshape(inputs[0]!, node.inputs[0]!.shape, node.attrs.shape)],
  transpose: (e, node, inputs) => {
    const { perm } = node.attrs;
    if (perm.every((from, to) => from === to)) return inputs;
    return [named(e.op("Transpose", [e.name(inputs[0]!)], { perm }))];
  },
  broadcast: (e, node, inputs) => {
    const from = node.inputs[0]!.shape;
    const { shape } = node.attrs;
    if (shape.every((d, i) => d.equals(from[i]!))) return inputs;
    // Expand spreads both ways: a 1 keeps the size there is, and needs no arithmetic at run time.
    const target = shape.map((d, i) => (d.equals(from[i]!) ? one(d) : d));
    return [named(e.op("Expand", [e.name(inputs[0]!), e.dims.vector(target)]))];
  },
  slice: (e, node, inputs) => {
    const { axis, start, size } = node.attrs;
    const whole = node.inputs[0]!.shape[axis]!;
    if (start.isZero && size.equals(whole)) return inputs;
    const split = e.splits.get(node);
    if (split) return [named(part(e, split, node, e.name(inputs[0]!)))];
    const ends = sliceEnd(e, whole, start, size);
    return [named(e.op("Slice", [e.name(inputs[0]!), e.dims.size(start), ends, e.ints([axis])]))];
  },
  concat: (e, node, inputs) => {
    if (inputs.length === 1) return inputs;
    return direct<"concat">("Concat", { axis: node.attrs.axis })(e, node, inputs);
  },
  pad: single((e, node, x) => {
    const { axis, before, after, value } = node.attrs;
    const pads = e.dims.vector([before, after]);
    return e.op("Pad", [x!, pads, e.scalar(node.inputs[0]!.dtype, value), e.ints([axis])]);
  }),
  iota: (e, node) => {
    const [zero, step] = [e.scalar("i32", 0), e.scalar("i32", 1)];
    return [named(e.op("Range", [zero, e.dims.scalar(node.attrs.size), step]))];
  },
  size: (e, node) => [named(e.dims.scalar(node.attrs.dim))],
  constant: (e, node) => [named(e.constant(node.attrs.dtype, node.attrs.shape, node.attrs.data))],
};

function one(dim: Dim): Dim {
  return dim.power(0);
}
