import { Dim } from "../dim/dim.js";
import type { Value } from "../ir/graph.js";
import type { Support } from "./supports.js";

/** An integer tensor that is a sum of its own positions: `Σ coefficient · position(axis) + offset`. */
export interface Affine {
  /** Coefficients by axis; none is 0. */
  readonly terms: ReadonlyMap<number, number>;
  readonly offset: Dim;
}

/** A boolean tensor that is true where all of `atoms` are at most 0 (and perhaps a condition not known here). */
export interface Mask {
  readonly atoms: readonly Affine[];
}

export function affine(offset: Dim, terms: readonly (readonly [number, number])[] = []): Affine {
  return { offset, terms: new Map(terms.filter(([, c]) => c !== 0)) };
}

/** `a + factor · b` */
export function combine(a: Affine, b: Affine, factor: number): Affine {
  const terms = new Map(a.terms);
  for (const [axis, c] of b.terms) terms.set(axis, (terms.get(axis) ?? 0) + factor * c);
  return affine(a.offset.plus(b.offset.times(factor)), [...terms]);
}

/** With axis numbers replaced; undefined where a used axis is gone. */
export function renumber(a: Affine, axis: (i: number) => number | undefined): Affine | undefined {
  const terms: [number, number][] = [];
  for (const [i, c] of a.terms) {
    const to = axis(i);
    if (to === undefined) return undefined;
    terms.push([to, c]);
  }
  return affine(a.offset, terms);
}

export function renumberMask(mask: Mask, axis: (i: number) => number | undefined): Mask | undefined {
  const atoms: Affine[] = [];
  for (const atom of mask.atoms) {
    const moved = renumber(atom, axis);
    if (!moved) return undefined;
    atoms.push(moved);
  }
  return { atoms };
}

/** Where the mask is false, if that is again one comparison. */
export function negate(mask: Mask): Mask | undefined {
  const [atom] = mask.atoms;
  if (mask.atoms.length !== 1 || !atom) return undefined;
  return { atoms: [combine(affine(Dim.one), atom, -1)] };
}

/**
 * How often a mask of `value`'s shape is true: exact where its comparisons bound one axis, or the difference of two
 * (causal, windows, bands); undefined for other patterns.
 */
export function countMask(mask: Mask, value: Value): Support | undefined {
  const axes = [...new Set(mask.atoms.flatMap((atom) => [...atom.terms.keys()]))].sort((a, b) => a - b);
  if (axes.length === 0 || axes.length > 2) return undefined;
  const [i, j] = axes.length === 2 ? axes : [undefined, axes[0]];
  let low: Dim | undefined;
  let high: Dim | undefined;
  for (const { terms, offset } of mask.atoms) {
    // Each comparison bounds `position(j) - position(i)` (or `position(j)`) from above or below.
    const c = terms.get(j!);
    if (c !== 1 && c !== -1) return undefined;
    if (i !== undefined && terms.get(i) !== -c) return undefined;
    if (c === 1) high = high ? high.min(offset.times(-1)) : offset.times(-1);
    else low = low ? low.max(offset) : offset;
  }
  const columns = value.shape[j!]!;
  const rows = i === undefined ? undefined : value.shape[i]!;
  const below = (bound: Dim) =>
    rows ? pairsBelow(bound, rows, columns) : clampBelow(bound.plus(1), columns);
  const all = rows ? rows.times(columns) : columns;
  let count = high ? below(high) : all;
  // Of an empty range (low above high) nothing is left.
  if (low) count = count.minus(below(high ? low.minus(1).min(high) : low.minus(1)));
  return { count, axes };
}

/** Pairs i < rows, j < columns with j - i <= bound. */
function pairsBelow(bound: Dim, rows: Dim, columns: Dim): Dim {
  return triangle(rows.plus(bound))
    .minus(triangle(bound))
    .minus(triangle(rows.plus(bound).minus(columns)))
    .plus(triangle(bound.minus(columns)));
}

/** 1 + 2 + … + n, 0 for n <= 0. */
function triangle(n: Dim): Dim {
  if (n.atMost(0) === "yes") return Dim.zero;
  // At -1 the product is 0 as well.
  const m = Dim.of(-1).atMost(n) === "yes" ? n : n.max(0);
  return m.times(m.plus(1)).over(2);
}

function clampBelow(n: Dim, most: Dim): Dim {
  return positive(n).min(most);
}

function positive(n: Dim): Dim {
  return Dim.zero.atMost(n) === "yes" ? n : n.max(0);
}
