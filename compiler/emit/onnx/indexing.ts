import { Dim } from "../../dim/dim.js";
import type { Emitter } from "./emitter.js";
import type { Lower } from "./lower.js";
import { tensor } from "./proto.js";
import { named, type Ref } from "./ref.js";

/**
 * Rows along one axis. Without shared axes this is ONNX's Gather; with them GatherND, for which the axis must come
 * right after the shared ones.
 */
export const gather: Lower<"gather"> = (e, node, inputs) => {
  const [x, indices] = node.inputs as [(typeof node.inputs)[0], (typeof node.inputs)[0]];
  const { axis, batch } = node.attrs;
  const [data, at] = [e.table(inputs[0]!), e.name(inputs[1]!)];
  if (batch === 0) return [named(e.op("Gather", [data, at], { axis }))];
  const rank = x.shape.length;
  if (rank === batch + 1 && indices.shape.length === rank) {
    return [named(e.op("GatherElements", [data, at], { axis }))];
  }
  const range = (from: number, to: number): number[] =>
    Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  const before = range(batch, axis);
  const front =
    before.length === 0
      ? data
      : e.op("Transpose", [data], { perm: [...range(0, batch), axis, ...before, ...range(axis + 1, rank)] });
  const tuples = e.op("Unsqueeze", [at, e.ints([indices.shape.length])]);
  const rows = e.op("GatherND", [front, tuples], { batch_dims: batch });
  if (before.length === 0) return [named(rows)];
  // [b.., i.., pre.., post..] → [b.., pre.., i.., post..]
  const placed = indices.shape.length;
  const perm = [
    ...range(0, batch),
    ...range(placed, placed + before.length),
    ...range(batch, placed),
    ...range(placed + before.length, placed + rank - batch - 1),
  ];
  return [named(e.op("Transpose", [rows], { perm }))];
};

/** Adds rows into zeros by ScatterND; shared axes are merged with the indexed one, each share at its own offset. */
export const scatterAdd: Lower<"scatter_add"> = (e, node, inputs) => {
  const [indices, updates] = node.inputs as [(typeof node.inputs)[0], (typeof node.inputs)[0]];
  const { batch, size } = node.attrs;
  const rank = indices.shape.length;
  const shared = indices.shape.slice(0, batch);
  const post = updates.shape.slice(rank);
  const rows = Dim.product([...shared, size]);
  const zero = tensor("", updates.dtype, [1], [0]);
  const zeros = e.op("ConstantOfShape", [e.dims.vector([rows, ...post])], { value: zero }, "zeros");
  const flat = batch === 0 ? e.name(inputs[0]!) : offset(e, inputs[0]!, indices.shape, batch, size);
  const tuples = e.op("Unsqueeze", [flat, e.ints([rank])]);
  const sum = e.op("ScatterND", [zeros, tuples, e.name(inputs[1]!)], { reduction: "add" });
  return [e.reshape(named(sum), [rows, ...post], [...shared, size, ...post])];
};

function offset(e: Emitter, indices: Ref, shape: readonly Dim[], batch: number, size: Dim): string {
  const shared = shape.slice(0, batch);
  const count = Dim.product(shared);
  const steps = e.op("Range", [e.scalar("i32", 0), e.dims.scalar(count), e.scalar("i32", 1)]);
  const starts = e.op("Mul", [steps, e.dims.scalar(size)]);
  const ones = shape.slice(batch).map(() => Dim.of(1));
  const aligned = e.reshape(named(starts), [count], [...shared, ...ones]);
  return e.op("Add", [e.name(indices), e.name(aligned)]);
}
