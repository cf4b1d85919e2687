import { atomsOf, expandMods, mapAtoms } from "./atoms.js";
import { Dim } from "./dim.js";
import { type Atom, monomial } from "./monomial.js";
import { lcm } from "./rational.js";

interface Budget {
  steps: number;
}

/**
 * Is `dim` ≥ 0 (or > 0) at all sizes? A "true" is proven; "false" means that no proof was found. The proof shifts each
 * symbol by its least value and looks for coefficients without a minus; `floor`, `max` and `min` give way to bounds.
 */
export function surely(dim: Dim, strict: boolean): boolean {
  const key = strict ? `+${dim.key}` : dim.key;
  const known = answers.get(key);
  if (known !== undefined) return known;
  if (answers.size > 10_000) answers.clear();
  // A proof simplifies, which asks for proofs: those deeper down are tried less hard, so that all end soon.
  const effort = efforts[depth];
  if (effort === undefined) return false;
  depth++;
  try {
    const answer = prove(expandMods(dim), strict, { steps: effort });
    if (depth === 1 || answer) answers.set(key, answer);
    return answer;
  } finally {
    depth--;
  }
}

const efforts = [32, 8, 2];
let depth = 0;
const answers = new Map<string, boolean>();

function prove(dim: Dim, strict: boolean, budget: Budget): boolean {
  const constant = dim.constant;
  if (constant) return strict ? constant[0] > 0n : constant[0] >= 0n;
  if (budget.steps-- <= 0) return false;
  const cleared = clearDenominators(dim, budget);
  if (!cleared) return false;
  if (noMinus(cleared, strict, budget)) return true;
  for (const atom of atomsOf(cleared)) {
    if (atom.kind === "symbol" || atom.kind === "group") continue;
    if (byBounds(cleared, atom, strict, budget)) return true;
  }
  return false;
}

/** Times every divisor, all of which must be positive. */
function clearDenominators(dim: Dim, budget: Budget): Dim | undefined {
  let result = dim;
  for (let round = 0; round < 8; round++) {
    const factor = result.terms.flatMap((t) => t.monomial.factors).find((f) => f.exponent < 0);
    if (!factor) return result;
    const { atom, exponent } = factor;
    // A size that something is divided by is not 0 there, even if it may be elsewhere.
    if (atom.kind !== "symbol") {
      const base = atom.kind === "group" ? atom.of : Dim.atom(atom);
      if (!prove(base, atom.kind === "group", budget)) return undefined;
    }
    const by = atom.kind === "group" ? atom.of : Dim.atom(atom);
    result = result.times(by.power(-exponent));
  }
  return undefined;
}

/** Every symbol is its least value and something more; other atoms must not be negative. */
function noMinus(dim: Dim, strict: boolean, budget: Budget): boolean {
  const shifted = mapAtoms(dim, (atom) =>
    atom.kind === "symbol" && atom.least !== 0n
      ? Dim.symbol(atom.name, 0).plus(Dim.of(atom.least))
      : Dim.atom(atom),
  );
  if (shifted.terms.some((t) => t.coefficient[0] < 0n)) return false;
  if (strict && !shifted.terms.some((t) => t.monomial.factors.length === 0)) return false;
  return atomsOf(shifted).every((atom) => atom.kind === "symbol" || notNegative(atom, budget));
}

function notNegative(atom: Atom, budget: Budget): boolean {
  switch (atom.kind) {
    case "symbol":
      return atom.least >= 0n;
    case "floor":
      return prove(atom.of, false, budget);
    case "log":
      return true;
    case "mod":
      return prove(atom.by, true, budget);
    case "max":
      return atom.of.some((d) => prove(d, false, budget));
    case "min":
      return atom.of.every((d) => prove(d, false, budget));
    case "group":
      return false;
  }
}

/** Puts bounds in the place of an atom that occurs with exponent 1 alone. */
function byBounds(dim: Dim, atom: Atom, strict: boolean, budget: Budget): boolean {
  const withAtom = dim.terms.filter((t) => t.monomial.factors.some((f) => f.atom.key === atom.key));
  if (withAtom.some((t) => t.monomial.factors.some((f) => f.atom.key === atom.key && f.exponent !== 1)))
    return false;
  const cofactor = Dim.fromTerms(
    withAtom.map((t) => ({
      coefficient: t.coefficient,
      monomial: monomial(t.monomial.factors.filter((f) => f.atom.key !== atom.key)),
    })),
  );
  const holdsWith = (bound: Dim) =>
    prove(
      mapAtoms(dim, (a) => (a.key === atom.key ? bound : Dim.atom(a))),
      strict,
      budget,
    );
  if (atom.kind === "max" || atom.kind === "min") {
    // Either it is one of them, whichever; or one of them alone bounds it on the side that matters.
    if (atom.of.every(holdsWith)) return true;
    const side = atom.kind === "max" ? cofactor : cofactor.scale([-1n, 1n]);
    return prove(side, false, budget) && atom.of.some(holdsWith);
  }
  if (atom.kind !== "floor") return false;
  if (prove(cofactor.scale([-1n, 1n]), false, budget)) return holdsWith(atom.of);
  if (!prove(cofactor, false, budget)) return false;
  const step = denominatorOf(atom.of);
  if (step && holdsWith(atom.of.minus(1).plus(Dim.one.over(step)))) return true;
  if (!step && holdsWith(atom.of.minus(1))) return true;
  return prove(atom.of, false, budget) && holdsWith(Dim.zero);
}

/** What makes it a polynomial of whole coefficients over whole atoms; undefined where something else is in it. */
function denominatorOf(dim: Dim): Dim | undefined {
  const exponents = new Map<string, { atom: Atom; exponent: number }>();
  let number = 1n;
  for (const { coefficient, monomial: m } of dim.terms) {
    number = lcm(number, coefficient[1]);
    for (const { atom, exponent } of m.factors) {
      if (atom.kind !== "symbol" && atom.kind !== "floor") return undefined;
      if (exponent < (exponents.get(atom.key)?.exponent ?? 0)) exponents.set(atom.key, { atom, exponent });
    }
  }
  let result = Dim.of(number);
  for (const { atom, exponent } of exponents.values()) result = result.times(Dim.atom(atom).power(-exponent));
  return result;
}
