import { atomsOf, expandMods } from "./atoms.js";
import { type Answer, Dim, type Term } from "./dim.js";
import { type Atom, compareMonomials, type Monomial, unit } from "./monomial.js";
import { surely } from "./prove.js";
import { add, floor, lcm, logBits, multiply, type Rational, rational } from "./rational.js";

/** Whole at all sizes by its form. */
function wholeAtom(atom: Atom): boolean {
  switch (atom.kind) {
    case "symbol":
    case "floor":
    case "log":
      return true;
    case "mod":
      return atom.of.whole === "yes" && atom.by.whole === "yes";
    case "max":
    case "min":
      return atom.of.every((d) => d.whole === "yes");
    case "group":
      return false;
  }
}

function wholeMonomial(term: Term): boolean {
  return term.monomial.factors.every((f) => f.exponent > 0 && wholeAtom(f.atom));
}

/** `dim` = `whole` + `rest`, where `whole` is surely whole; coefficients of `rest` are in (−1/2, 1/2], its constant in [0, 1). */
function split(dim: Dim): { whole: Dim; rest: Dim } {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of dim.terms) {
    if (!wholeMonomial(term)) {
      rest.push(term);
      continue;
    }
    const half: Rational = term.monomial.factors.length === 0 ? [0n, 1n] : [1n, 2n];
    // Rounding halves down keeps 1/2 itself in the rest.
    const part =
      term.monomial.factors.length === 0
        ? floor(term.coefficient)
        : -floor(add(half, negate(term.coefficient)));
    whole.push({ coefficient: [part, 1n], monomial: term.monomial });
    rest.push({ coefficient: add(term.coefficient, [-part, 1n]), monomial: term.monomial });
  }
  return { whole: Dim.fromTerms(whole), rest: Dim.fromTerms(rest) };
}

function negate(a: Rational): Rational {
  return multiply(a, [-1n, 1n]);
}

function constantTerm(dim: Dim): Rational {
  return dim.terms.find((t) => t.monomial.factors.length === 0)?.coefficient ?? [0n, 1n];
}

/** The floor of a quotient: whole terms move out, a floor in a floor is one. */
export function floorOf(dim: Dim): Dim {
  const { whole, rest: fraction } = split(dim);
  if (fraction.constant) return whole;
  let rest = fraction;
  const constant = constantTerm(rest);
  const others = rest.terms.filter((t) => t.monomial.factors.length > 0);
  if (others.every(wholeMonomial)) {
    // The other terms move in steps of 1/step, so that less than a step in the constant changes nothing.
    const step = others.reduce((a, t) => lcm(a, t.coefficient[1]), 1n);
    const kept = rational(floor(multiply(constant, [step, 1n])), step);
    rest = rest.plus(Dim.rational(...add(kept, negate(constant))));
    const only = others.length === 1 ? others[0]! : undefined;
    const inner = only?.monomial.factors[0];
    if (only && inner?.atom.kind === "floor" && only.monomial.degree === 1 && only.coefficient[0] === 1n) {
      return whole.plus(floorOf(inner.atom.of.scale(only.coefficient).plus(Dim.rational(...kept))));
    }
  }
  const plain = others.every((t) =>
    t.monomial.factors.every((f) => f.exponent > 0 && f.atom.kind === "symbol"),
  );
  if (!plain && surely(rest, false) && surely(Dim.one.minus(rest), true)) return whole;
  return whole.plus(Dim.atom({ kind: "floor", of: rest, key: `floor(${rest.key})` }));
}

/** How often a whole size can be halved: log2, rounded up; 0 for sizes up to 1. */
export function logOf(dim: Dim): Dim {
  const { constant } = dim;
  return constant ? Dim.of(logBits(constant)) : Dim.atom({ kind: "log", of: dim, key: `log(${dim.key})` });
}

/** The remainder of the floor division; whole multiples of `by` are dropped. Throws RangeError where `by` is 0. */
export function modOf(of: Dim, by: Dim): Dim {
  const rest = split(of.over(by)).rest.times(by);
  if (rest.isZero) return rest;
  if (rest.constant && by.constant) return rest;
  if (surely(rest, false) && surely(by.minus(rest), true)) return rest;
  return Dim.atom({ kind: "mod", of: rest, by, key: `mod(${rest.key},${by.key})` });
}

function leading(dim: Dim): Monomial {
  return dim.terms[0]?.monomial ?? unit;
}

/** Greatest or least of several; those that surely do not matter are dropped. */
export function extreme(kind: "max" | "min", dims: readonly Dim[]): Dim {
  const flat = dims.flatMap((d) => {
    const [term] = d.terms;
    const [factor] = term?.monomial.factors ?? [];
    const single = d.terms.length === 1 && term!.monomial.degree === 1 && term!.monomial.factors.length === 1;
    const plain = single && term!.coefficient[0] === 1n && term!.coefficient[1] === 1n;
    return plain && factor!.atom.kind === kind ? factor!.atom.of : [d];
  });
  const kept: Dim[] = [];
  for (const dim of flat) {
    const beats = (a: Dim, b: Dim) => (kind === "max" ? b.atMost(a) : a.atMost(b)) === "yes";
    if (kept.some((other) => beats(other, dim))) continue;
    for (let i = kept.length - 1; i >= 0; i--) if (beats(dim, kept[i]!)) kept.splice(i, 1);
    kept.push(dim);
  }
  if (kept.length === 1) return kept[0]!;
  kept.sort((a, b) => compareMonomials(leading(a), leading(b)) || (a.key < b.key ? -1 : 1));
  return Dim.atom({ kind, of: kept, key: `${kind}(${kept.map((d) => d.key).join(",")})` });
}

/** Whole at all sizes, at none, or it depends: decided by trying every remainder of the denominators. */
export function wholeAnswer(dim: Dim): Answer {
  if (dim.terms.every((t) => t.coefficient[1] === 1n && wholeMonomial(t))) return "yes";
  if (dim.constant) return "no";
  const expanded = expandMods(dim);
  if (!expanded.terms.every(wholeMonomial)) return "unknown";
  const step = expanded.terms.reduce((a, t) => lcm(a, t.coefficient[1]), 1n);
  const atoms = atomsOf(expanded);
  const cases = step ** BigInt(atoms.length);
  if (step === 1n) return "yes";
  if (cases > 4096n) return "unknown";
  let hits = 0n;
  for (let index = 0n; index < cases; index++) {
    const values = new Map<string, bigint>();
    let left = index;
    for (const atom of atoms) {
      values.set(atom.key, left % step);
      left /= step;
    }
    let total: Rational = [0n, 1n];
    for (const { coefficient, monomial } of expanded.terms) {
      const product = monomial.factors.reduce(
        (p, f) => p * values.get(f.atom.key)! ** BigInt(f.exponent),
        1n,
      );
      total = add(total, multiply(coefficient, [product, 1n]));
    }
    if (total[1] === 1n) hits++;
  }
  // Atoms that are not symbols may depend on each other, so that not every case need occur.
  return hits === cases ? "yes" : hits === 0n ? "no" : "unknown";
}
