import type { Dim } from "./dim.js";

/**
 * What a polynomial is made of, besides numbers. `group` is a sum of several terms that did not divide: it only
 * occurs with negative exponents.
 */
export type Atom =
  | { readonly kind: "symbol"; readonly name: string; readonly least: bigint; readonly key: string }
  | { readonly kind: "floor"; readonly of: Dim; readonly key: string }
  | { readonly kind: "log"; readonly of: Dim; readonly key: string }
  | { readonly kind: "mod"; readonly of: Dim; readonly by: Dim; readonly key: string }
  | { readonly kind: "max" | "min"; readonly of: readonly Dim[]; readonly key: string }
  | { readonly kind: "group"; readonly of: Dim; readonly key: string };

export interface Factor {
  readonly atom: Atom;
  readonly exponent: number;
}

/** A product of atoms, sorted by `compareAtoms`; no exponent is 0. */
export interface Monomial {
  readonly factors: readonly Factor[];
  readonly degree: number;
  readonly key: string;
}

const ranks = { symbol: 0, floor: 1, mod: 2, max: 3, min: 4, group: 5, log: 6 } as const;

/** Sizes that are never empty come first (`seq*past`), then by name. */
function compareAtoms(a: Atom, b: Atom): number {
  if (a.key === b.key) return 0;
  if (a.kind === "symbol" && b.kind === "symbol" && a.least !== b.least) return a.least > b.least ? -1 : 1;
  return ranks[a.kind] - ranks[b.kind] || (a.key < b.key ? -1 : 1);
}

export function monomial(factors: readonly Factor[]): Monomial {
  let degree = 0;
  let key = "";
  for (const { atom, exponent } of factors) {
    degree += exponent;
    key += exponent === 1 ? `*${atom.key}` : `*${atom.key}^${exponent}`;
  }
  return { factors, degree, key };
}

/** The empty product. */
export const unit: Monomial = monomial([]);

export function multiplyMonomials(a: Monomial, b: Monomial): Monomial {
  if (a.factors.length === 0) return b;
  if (b.factors.length === 0) return a;
  const factors: Factor[] = [];
  let i = 0;
  let j = 0;
  while (i < a.factors.length && j < b.factors.length) {
    const left = a.factors[i]!;
    const right = b.factors[j]!;
    const order = compareAtoms(left.atom, right.atom);
    if (order < 0) factors.push(a.factors[i++]!);
    else if (order > 0) factors.push(b.factors[j++]!);
    else {
      const exponent = left.exponent + right.exponent;
      if (exponent !== 0) factors.push({ atom: left.atom, exponent });
      i++;
      j++;
    }
  }
  return monomial([...factors, ...a.factors.slice(i), ...b.factors.slice(j)]);
}

export function invertMonomial(a: Monomial): Monomial {
  return monomial(a.factors.map(({ atom, exponent }) => ({ atom, exponent: -exponent })));
}

/** Graded order, `seq^2`, `seq*past`, `past^2`, `seq`, …: an admissible one, so that long division works. */
export function compareMonomials(a: Monomial, b: Monomial): number {
  if (a.key === b.key) return 0;
  if (a.degree !== b.degree) return b.degree - a.degree;
  for (let i = 0; ; i++) {
    const left = a.factors[i];
    const right = b.factors[i];
    if (!left || !right) return left ? -left.exponent : right ? right.exponent : 0;
    const order = compareAtoms(left.atom, right.atom);
    if (order < 0) return -left.exponent;
    if (order > 0) return right.exponent;
    if (left.exponent !== right.exponent) return right.exponent - left.exponent;
  }
}
