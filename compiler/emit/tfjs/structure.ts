import { Dim } from "../../dim/dim.js";
import type { DType } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import type { Body } from "./body.js";
import { code, type Variable } from "./lines.js";

/** Most axes that every function of every backend takes; shapes with more are folded first. */
export const mostAxes = 4;

/** `x` with another shape of as many elements; `x` itself where nothing changes. */
export function reshape(
  body: Body,
  x: Variable,
  from: readonly Dim[],
  to: readonly Dim[],
  hint: string,
): Variable {
  return sameShape(from, to) ? x : body.reshape(x, from, to, hint);
}

/** Axes `perm` of `x`. Axes of size 1 move for free, and neighbours that stay neighbours move as one. */
export function transpose(
  body: Body,
  x: Variable,
  shape: readonly Dim[],
  perm: readonly number[],
  hint: string,
  dtype: DType = "f32",
): Variable {
  const turn = (tensor: Variable, from: readonly Dim[], order: readonly number[]) => {
    const axes = `[${order.join(", ")}]`;
    const to = order.map((axis) => from[axis]!);
    if (dtype === "f32") return body.made(code`tf.transpose(${tensor}, ${axes})`, hint, to);
    return body.line(code`${body.helper("asFloats")}(tf, ${tensor}, (t) => tf.transpose(t, ${axes}))`, hint);
  };
  const result = perm.map((axis) => shape[axis]!);
  const moved = perm.filter((axis) => !shape[axis]!.isOne);
  if (moved.every((axis, i) => i === 0 || moved[i - 1]! < axis)) return reshape(body, x, shape, result, hint);
  if (perm.length <= mostAxes) return turn(x, shape, perm);
  const kept = shape.map((_, axis) => axis).filter((axis) => !shape[axis]!.isOne);
  const next = (axis: number) => kept[kept.indexOf(axis) + 1];
  const runs: number[][] = [];
  for (const axis of moved) {
    const run = runs.at(-1);
    if (run && next(run.at(-1)!) === axis) run.push(axis);
    else runs.push([axis]);
  }
  const size = (run: readonly number[]) => Dim.product(run.map((axis) => shape[axis]!));
  let before = [...runs].sort((a, b) => a[0]! - b[0]!);
  if (runs.length <= mostAxes) {
    const order = runs.map((run) => before.indexOf(run));
    const folded = reshape(body, x, shape, before.map(size), hint);
    return reshape(body, turn(folded, before.map(size), order), runs.map(size), result, hint);
  }
  // One run after another goes to its place, in front of those between.
  let [turned, at] = [x, shape];
  runs.forEach((run, place) => {
    const from = before.indexOf(run);
    if (from === place) return;
    const parts = [before.slice(0, place), before.slice(place, from), [run], before.slice(from + 1)];
    const sizes = parts.map((part) => Dim.product(part.map(size)));
    turned = turn(reshape(body, turned, at, sizes, hint), sizes, [0, 2, 1, 3]);
    at = [sizes[0]!, sizes[2]!, sizes[1]!, sizes[3]!];
    before = [...parts[0]!, run, ...parts[1]!, ...parts[3]!];
  });
  return reshape(body, turned, at, result, hint);
}

/** A shape seen as [before, axis, after], where it has too many axes to be passed as it is. */
export interface Folded {
  readonly x: Variable;
  readonly shape: readonly Dim[];
  readonly axis: number;
}

export function foldAround(
  body: Body,
  x: Variable,
  shape: readonly Dim[],
  axis: number,
  hint: string,
): Folded {
  if (shape.length <= mostAxes) return { x, shape, axis };
  const folded = [Dim.product(shape.slice(0, axis)), shape[axis]!, Dim.product(shape.slice(axis + 1))];
  return { x: reshape(body, x, shape, folded, hint), shape: folded, axis: 1 };
}

/** `x` repeated to `to`, a shape of the same rank; sizes differ only where `from` has a 1. */
export function broadcast(
  body: Body,
  x: Variable,
  from: readonly Dim[],
  to: readonly Dim[],
  hint: string,
): Variable {
  if (sameShape(from, to)) return x;
  if (to.length <= mostAxes) return body.line(code`tf.broadcastTo(${x}, ${body.shape(to)})`, hint);
  const small: Dim[][] = [];
  const large: Dim[][] = [];
  let spread: boolean | undefined;
  to.forEach((size, axis) => {
    const spreads = !from[axis]!.equals(size);
    if (spreads === spread) {
      small.at(-1)!.push(from[axis]!);
      large.at(-1)!.push(size);
    } else {
      small.push([from[axis]!]);
      large.push([size]);
    }
    spread = spreads;
  });
  const [a, b] = [small, large].map((runs) => runs.map((run) => Dim.product(run))) as [Dim[], Dim[]];
  const folded = reshape(body, x, from, a, hint);
  return reshape(body, body.line(code`tf.broadcastTo(${folded}, ${body.shape(b)})`, hint), b, to, hint);
}
