import { Dim } from "../dim/dim.js";
import type { Node, Value } from "../ir/graph.js";
import { type Affine, affine, combine, type Mask, renumber, renumberMask } from "./masks.js";
import type { Origin } from "./origins.js";
import type { Support } from "./supports.js";

/** How a value that depends on sizes alone is computed, to count a mask at a point. */
export interface Expression {
  readonly node: Node;
  readonly output: number;
  readonly operands: readonly Expression[];
}

/** What is known of a value before it is run. */
export interface Facts {
  readonly origin: Origin;
  /** The one number in it. */
  readonly scalar?: number | undefined;
  readonly affine?: Affine | undefined;
  readonly mask?: Mask | undefined;
  /** Outside of it, so negative that its exponential is 0. */
  readonly low?: Support | undefined;
  /** Outside of it, 0. */
  readonly zero?: Support | undefined;
  readonly expression?: Expression | undefined;
}

/** Positions and masks after a move of whole elements. */
export function moved(from: Facts, axis: (i: number) => number | undefined): Omit<Facts, "origin"> {
  return {
    affine: from.affine && renumber(from.affine, axis),
    mask: from.mask && renumberMask(from.mask, axis),
  };
}

/** A position on an axis of size 1 is 0: such terms go, so that the axis may spread or be dropped. */
export function onAxes(facts: Omit<Facts, "origin">, value: Value): Omit<Facts, "origin"> {
  const trim = (x: Affine) =>
    affine(
      x.offset,
      [...x.terms].filter(([axis]) => !value.shape[axis]?.isOne),
    );
  if (!facts.affine && !facts.mask) return facts;
  return {
    ...facts,
    affine: facts.affine && trim(facts.affine),
    mask: facts.mask && { atoms: facts.mask.atoms.map(trim) },
  };
}

/** Positions times a number; undefined where that is no whole one, or not known. */
export function scaled(a: Affine | undefined, by: number | undefined): Affine | undefined {
  if (!a || by === undefined || !Number.isInteger(by)) return undefined;
  return combine(affine(Dim.zero), a, by);
}

/** How a reshape that only adds or drops axes of size 1 moves the others: the new axis of an old one. Others move none. */
export function axisMap(from: Value, to: Value): (axis: number) => number | undefined {
  const map = new Map<number, number>();
  const targets = to.shape.flatMap((dim, i) => (dim.isOne ? [] : [i]));
  const sources = from.shape.flatMap((dim, i) => (dim.isOne ? [] : [i]));
  const same =
    targets.length === sources.length &&
    sources.every((s, k) => from.shape[s]!.equals(to.shape[targets[k]!]!));
  if (same) for (const [k, source] of sources.entries()) map.set(source, targets[k]!);
  return (axis) => map.get(axis);
}
