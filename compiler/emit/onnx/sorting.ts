import { Dim } from "../../dim/dim.js";
import type { Value } from "../../ir/graph.js";
import type { Emitter } from "./emitter.js";
import { mayBeZero, withoutSpare, withSpare } from "./empty.js";
import type { Lower } from "./lower.js";
import { named, type Ref } from "./ref.js";

/** Values and indices along the last axis; `sorted` also promises the lowest index first among equals. */
function order(e: Emitter, x: Value, ref: Ref, k: Dim, largest: 0 | 1): Ref[] {
  const attributes = { axis: -1, largest, sorted: 1 };
  const size = e.dims.size(k);
  const leading = x.shape.slice(0, -1);
  const rows = Dim.product(leading);
  if (!mayBeZero(rows)) return e.ops("TopK", [e.name(ref), size], 2, attributes).map(named);
  // ONNX Runtime 1.30 divides by the number of rows.
  const axis = x.shape[x.shape.length - 1]!;
  const flat = e.name(e.reshape(ref, x.shape, [rows, axis]));
  const spare = withSpare(e, flat, x.dtype);
  return e
    .ops("TopK", [spare, size], 2, attributes)
    .map((y) => e.reshape(named(withoutSpare(e, y, rows)), [rows, k], [...leading, k]));
}

export const topk: Lower<"topk"> = (e, node, inputs) =>
  order(e, node.inputs[0]!, inputs[0]!, node.attrs.k, 1);

export const argsort: Lower<"argsort"> = (e, node, inputs) => {
  const x = node.inputs[0]!;
  return [order(e, x, inputs[0]!, x.shape[x.shape.length - 1]!, 0)[1]!];
};
