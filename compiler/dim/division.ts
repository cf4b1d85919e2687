import { atomsOf } from "./atoms.js";
import { Dim, type Term } from "./dim.js";
import { invertMonomial, monomial, multiplyMonomials } from "./monomial.js";
import { divide, gcd, lcm, multiply, type Rational } from "./rational.js";

export function multiplyTerms(a: Term, b: Term): Term {
  return {
    coefficient: multiply(a.coefficient, b.coefficient),
    monomial: multiplyMonomials(a.monomial, b.monomial),
  };
}

/** The greatest common rational and monomial, and what is left: whole, coprime, its first coefficient positive. */
export function factorOut(dim: Dim): { content: Dim; primitive: Dim } {
  if (dim.isZero) return { content: Dim.one, primitive: dim };
  let numerator = 0n;
  let denominator = 1n;
  for (const { coefficient } of dim.terms) {
    numerator = gcd(numerator, coefficient[0]);
    denominator = lcm(denominator, coefficient[1]);
  }
  if (dim.terms[0]!.coefficient[0] < 0n) numerator = -numerator;
  let content = Dim.rational(numerator, denominator);
  for (const atom of atomsOf(dim)) {
    const exponents = dim.terms.map(
      (t) => t.monomial.factors.find((f) => f.atom.key === atom.key)?.exponent ?? 0,
    );
    const exponent = Math.min(...exponents);
    if (exponent === 0) continue;
    const factor = Dim.fromTerms([{ coefficient: [1n, 1n], monomial: monomial([{ atom, exponent }]) }]);
    content = content.times(factor);
  }
  const { coefficient, monomial: m } = content.terms[0]!;
  const inverse = { coefficient: divide([1n, 1n], coefficient), monomial: invertMonomial(m) };
  const primitive = Dim.fromTerms(dim.terms.map((t) => multiplyTerms(t, inverse)));
  const plain = ungroup(primitive);
  if (plain === primitive) return { content, primitive };
  const rest = factorOut(plain);
  return { content: content.times(rest.content), primitive: rest.primitive };
}

/** Long division of polynomials (no negative exponents); undefined where a remainder is left. */
export function dividePolynomials(dividend: Dim, divisor: Dim): Dim | undefined {
  const lead = divisor.terms[0]!;
  const quotient: Term[] = [];
  let rest = dividend;
  for (let step = 0; step < 256; step++) {
    const first = rest.terms[0];
    if (!first) return Dim.fromTerms(quotient);
    const term = {
      coefficient: divide(first.coefficient, lead.coefficient),
      monomial: multiplyMonomials(first.monomial, invertMonomial(lead.monomial)),
    };
    if (term.monomial.factors.some((f) => f.exponent < 0)) return undefined;
    quotient.push(term);
    rest = rest.minus(Dim.fromTerms(divisor.terms.map((t) => multiplyTerms(t, term))));
  }
  return undefined;
}

/** Groups with positive exponents, multiplied out. */
export function ungroup(dim: Dim): Dim {
  const has = dim.terms.some((t) =>
    t.monomial.factors.some((f) => f.atom.kind === "group" && f.exponent > 0),
  );
  if (!has) return dim;
  return Dim.sum(
    dim.terms.map((term) => {
      const plain = term.monomial.factors.filter((f) => f.atom.kind !== "group" || f.exponent < 0);
      let value = Dim.fromTerms([{ coefficient: term.coefficient, monomial: monomial(plain) }]);
      for (const { atom, exponent } of term.monomial.factors) {
        if (atom.kind === "group" && exponent > 0) value = value.times(atom.of.power(exponent));
      }
      return value;
    }),
  );
}

/** `(x*seq + x) / (seq + 1)` is `x` again: a group is divided out where the terms over it allow it. */
export function cancel(dim: Dim): Dim {
  // Every sum comes by here, and hardly any has a group.
  if (!dim.terms.some((t) => t.monomial.factors.some((f) => f.atom.kind === "group"))) return dim;
  for (const atom of atomsOf(dim)) {
    if (atom.kind !== "group") continue;
    const exponentIn = (t: Term) => t.monomial.factors.find((f) => f.atom.key === atom.key)?.exponent ?? 0;
    const lowest = Math.min(...dim.terms.map(exponentIn));
    const over = dim.terms.filter((t) => exponentIn(t) === lowest);
    const up = (exponent: number) => ({
      coefficient: [1n, 1n] as Rational,
      monomial: monomial([{ atom, exponent }]),
    });
    const { content, primitive } = factorOut(Dim.fromTerms(over.map((t) => multiplyTerms(t, up(-lowest)))));
    const quotient = dividePolynomials(primitive, atom.of);
    if (!quotient) continue;
    const reduced = quotient
      .times(content)
      .terms.map((t) => (lowest === -1 ? t : multiplyTerms(t, up(lowest + 1))));
    return Dim.fromTerms([...dim.terms.filter((t) => exponentIn(t) !== lowest), ...reduced]);
  }
  return dim;
}

/** Its terms but the constant are multiples of a number that does not divide the constant: `2*seq - 1`. */
export function neverZero(dim: Dim): boolean {
  const constant = dim.terms.find((t) => t.monomial.factors.length === 0);
  if (!constant) return false;
  const { content } = factorOut(Dim.fromTerms(dim.terms.filter((t) => t !== constant)));
  const rest = dim
    .minus(Dim.rational(...constant.coefficient))
    .over(Dim.rational(...content.terms[0]!.coefficient));
  return rest.whole === "yes" && divide(constant.coefficient, content.terms[0]!.coefficient)[1] !== 1n;
}
