import { Dim } from "./dim.js";
import type { Atom } from "./monomial.js";
import { add, divide, floor, less, logBits, multiply, type Rational } from "./rational.js";
import { extreme, floorOf, logOf, modOf } from "./simplify.js";

type Sizes = Readonly<Record<string, number | bigint>>;

/** The atoms of its terms, each once. */
export function atomsOf(dim: Dim): Atom[] {
  const atoms = new Map<string, Atom>();
  for (const term of dim.terms) for (const { atom } of term.monomial.factors) atoms.set(atom.key, atom);
  return [...atoms.values()];
}

export function partsOf(atom: Exclude<Atom, { kind: "symbol" }>): readonly Dim[] {
  switch (atom.kind) {
    case "mod":
      return [atom.of, atom.by];
    case "max":
    case "min":
      return atom.of;
    default:
      return [atom.of];
  }
}

/** Puts a dim in the place of every atom. */
export function mapAtoms(dim: Dim, replace: (atom: Atom) => Dim): Dim {
  const known = new Map<string, Dim>();
  return Dim.sum(
    dim.terms.map((term) => {
      let value = Dim.rational(...term.coefficient);
      for (const { atom, exponent } of term.monomial.factors) {
        const by = known.get(atom.key) ?? replace(atom);
        known.set(atom.key, by);
        value = value.times(by.power(exponent));
      }
      return value;
    }),
  );
}

export function rebuildAtom(atom: Atom, map: (dim: Dim) => Dim): Dim {
  switch (atom.kind) {
    case "symbol":
      return Dim.atom(atom);
    case "floor":
      return floorOf(map(atom.of));
    case "log":
      return logOf(map(atom.of));
    case "mod":
      return modOf(map(atom.of), map(atom.by));
    case "max":
    case "min":
      return extreme(atom.kind, atom.of.map(map));
    case "group":
      return map(atom.of);
  }
}

/** `mod(a, b)` as `a - b*floor(a/b)`, for comparisons: only then do the two cancel. */
export function expandMods(dim: Dim): Dim {
  if (!dim.key.includes("mod(")) return dim;
  try {
    return expandEach(dim);
  } catch (error) {
    // A divisor turned out to be 0: there is nothing to learn from a size that does not exist.
    if (error instanceof RangeError) return dim;
    throw error;
  }
}

function expandEach(dim: Dim): Dim {
  return mapAtoms(dim, (atom) => {
    if (!atom.key.includes("mod(")) return Dim.atom(atom);
    if (atom.kind !== "mod") return rebuildAtom(atom, expandEach);
    const [of, by] = [expandEach(atom.of), expandEach(atom.by)];
    return of.minus(by.times(of.floorDiv(by)));
  });
}

export function evaluateAtom(atom: Atom, sizes: Sizes): Rational {
  switch (atom.kind) {
    case "symbol": {
      const value = sizes[atom.name];
      if (value === undefined) throw new RangeError(`the size \`${atom.name}\` is not given`);
      return [BigInt(value), 1n];
    }
    case "floor":
      return [floor(atom.of.evaluate(sizes)), 1n];
    case "log":
      return [logBits(atom.of.evaluate(sizes)), 1n];
    case "mod": {
      const [of, by] = [atom.of.evaluate(sizes), atom.by.evaluate(sizes)];
      return add(of, multiply([-floor(divide(of, by)), 1n], by));
    }
    case "max":
      return atom.of.map((d) => d.evaluate(sizes)).reduce((a, b) => (less(a, b) ? b : a));
    case "min":
      return atom.of.map((d) => d.evaluate(sizes)).reduce((a, b) => (less(b, a) ? b : a));
    case "group":
      return atom.of.evaluate(sizes);
  }
}

export function atomDegree(atom: Atom, symbol: string): number {
  switch (atom.kind) {
    case "symbol":
      return atom.name === symbol ? 1 : 0;
    case "log":
      return 0;
    case "mod":
      return Math.min(atom.of.degree(symbol), atom.by.degree(symbol));
    case "max":
      return Math.max(...atom.of.map((d) => d.degree(symbol)));
    case "min":
      return Math.min(...atom.of.map((d) => d.degree(symbol)));
    default:
      return atom.of.degree(symbol);
  }
}
