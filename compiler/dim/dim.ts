import {
  type Atom,
  compareMonomials,
  invertMonomial,
  type Monomial,
  monomial,
  multiplyMonomials,
  unit,
} from "./monomial.js";
import { dimToString } from "./print.js";
import { surely } from "./prove.js";
import {
  add,
  divide,
  floor,
  gcd,
  lcm,
  less,
  multiply,
  power as powerOf,
  type Rational,
  rational,
} from "./rational.js";
import { extreme, floorOf, modOf, wholeAnswer } from "./simplify.js";

export type Verdict = "same" | "different" | "unknown";
export type Answer = "yes" | "no" | "unknown";

export interface Term {
  readonly coefficient: Rational;
  readonly monomial: Monomial;
}

type Sizes = Readonly<Record<string, number | bigint>>;

/**
 * An exact size: a sum of rational multiples of products of sizes known at run time, with `floor`, `mod`, `max` and
 * `min` where needed. Canonical: equal sums have equal keys. Immutable.
 */
export class Dim {
  static readonly zero = new Dim([]);
  static readonly one = new Dim([{ coefficient: [1n, 1n], monomial: unit }]);

  /** Sorted by `compareMonomials`, no coefficient is 0. */
  readonly terms: readonly Term[];
  private cachedKey: string | undefined;
  private cachedSymbols: ReadonlySet<string> | undefined;
  private cachedWhole: Answer | undefined;
  private cachedText: string | undefined;

  private constructor(terms: readonly Term[]) {
    this.terms = terms;
  }

  static of(n: number | bigint): Dim {
    if (typeof n === "bigint") return Dim.rational(n, 1n);
    if (n === 1) return Dim.one;
    if (!Number.isInteger(n)) throw new RangeError(`${n} is not a whole number`);
    return Dim.rational(BigInt(n), 1n);
  }

  /** Throws RangeError where the denominator is 0. */
  static rational(numerator: bigint, denominator: bigint): Dim {
    if (numerator === 0n && denominator !== 0n) return Dim.zero;
    return new Dim([{ coefficient: rational(numerator, denominator), monomial: unit }]);
  }

  /** A size of run time; `least` is its lowest value (1 unless told). Two of one name must have one `least`. */
  static symbol(name: string, least = 1): Dim {
    const key = least === 1 ? name : `${name}>=${least}`;
    return Dim.atom({ kind: "symbol", name, least: BigInt(least), key });
  }

  static atom(atom: Atom): Dim {
    return new Dim([{ coefficient: [1n, 1n], monomial: monomial([{ atom, exponent: 1 }]) }]);
  }

  /** A sum of terms in any order, like ones not yet added. */
  static fromTerms(terms: Iterable<Term>): Dim {
    const sums = new Map<string, Term>();
    for (const term of terms) {
      const known = sums.get(term.monomial.key);
      const coefficient = known ? add(known.coefficient, term.coefficient) : term.coefficient;
      sums.set(term.monomial.key, { coefficient, monomial: term.monomial });
    }
    const kept = [...sums.values()].filter((t) => t.coefficient[0] !== 0n);
    if (kept.length === 0) return Dim.zero;
    kept.sort((a, b) => compareMonomials(a.monomial, b.monomial));
    return cancel(new Dim(kept));
  }

  static sum(dims: readonly Dim[]): Dim {
    return Dim.fromTerms(dims.flatMap((d) => d.terms));
  }

  static product(dims: readonly Dim[]): Dim {
    return dims.reduce((a, b) => a.times(b), Dim.one);
  }

  plus(other: Dim | number): Dim {
    const that = lift(other);
    if (that.isZero) return this;
    if (this.isZero) return that;
    return Dim.fromTerms([...this.terms, ...that.terms]);
  }

  minus(other: Dim | number): Dim {
    return this.plus(lift(other).scale([-1n, 1n]));
  }

  times(other: Dim | number): Dim {
    const that = lift(other);
    if (this.isOne || that.isZero) return that;
    if (that.isOne || this.isZero) return this;
    const terms: Term[] = [];
    for (const a of this.terms) for (const b of that.terms) terms.push(multiplyTerms(a, b));
    return terms.length === 1 ? new Dim(terms) : Dim.fromTerms(terms);
  }

  /**
   * Exact quotient, whole by the caller's word; a sum that does not divide stays as a factor with exponent −1.
   * Throws RangeError where `other` is 0.
   */
  over(other: Dim | number): Dim {
    const that = lift(other);
    if (that.isZero) throw new RangeError("division by zero");
    if (that.isOne) return this;
    if (that.terms.length === 1) {
      const { coefficient, monomial: divisor } = that.terms[0]!;
      const inverse = { coefficient: divide([1n, 1n], coefficient), monomial: invertMonomial(divisor) };
      return ungroup(Dim.fromTerms(this.terms.map((t) => multiplyTerms(t, inverse))));
    }
    const divisor = factorOut(that);
    const dividend = this.over(divisor.content);
    const numerator = factorOut(dividend);
    const quotient = dividend.isZero ? Dim.zero : dividePolynomials(numerator.primitive, divisor.primitive);
    if (quotient) return quotient.times(numerator.content);
    const atom: Atom = { kind: "group", of: divisor.primitive, key: `(${divisor.primitive.key})` };
    return dividend.times(new Dim([{ coefficient: [1n, 1n], monomial: monomial([{ atom, exponent: -1 }]) }]));
  }

  /** `exponent` is a whole number, negative too. */
  power(exponent: number): Dim {
    if (exponent < 0) return Dim.one.over(this.power(-exponent));
    let result = Dim.one;
    for (let i = 0; i < exponent; i++) result = result.times(this);
    return result;
  }

  floorDiv(other: Dim | number): Dim {
    return floorOf(this.over(other));
  }

  /** For whole operands and a positive divisor. */
  ceilDiv(other: Dim | number): Dim {
    const that = lift(other);
    return this.plus(that).minus(1).floorDiv(that);
  }

  /** The remainder of floorDiv. */
  mod(other: Dim | number): Dim {
    return modOf(this, lift(other));
  }

  max(other: Dim | number): Dim {
    return extreme("max", [this, lift(other)]);
  }

  min(other: Dim | number): Dim {
    return extreme("min", [this, lift(other)]);
  }

  scale(factor: Rational): Dim {
    if (factor[0] === 0n) return Dim.zero;
    return new Dim(
      this.terms.map((t) => ({ coefficient: multiply(t.coefficient, factor), monomial: t.monomial })),
    );
  }

  /** Equal as canonical forms. */
  equals(other: Dim | number): boolean {
    const that = lift(other);
    return this === that || this.key === that.key;
  }

  compare(other: Dim | number): Verdict {
    const that = lift(other);
    if (this.equals(that)) return "same";
    const constants = this.constant && that.constant;
    if (constants) return "different";
    const difference = expandMods(this.minus(that));
    if (difference.isZero) return "same";
    if (difference.constant || neverZero(difference)) return "different";
    return surely(difference, true) || surely(difference.scale([-1n, 1n]), true) ? "different" : "unknown";
  }

  /** this <= other */
  atMost(other: Dim | number): Answer {
    const that = lift(other);
    if (this.equals(that)) return "yes";
    const [a, b] = [this.constant, that.constant];
    if (a && b) return less(b, a) ? "no" : "yes";
    const difference = expandMods(that.minus(this));
    if (surely(difference, false)) return "yes";
    return surely(difference.scale([-1n, 1n]), true) ? "no" : "unknown";
  }

  /** The value where no symbol is left and it is whole. */
  get int(): bigint | undefined {
    const value = this.constant;
    return value && value[1] === 1n ? value[0] : undefined;
  }

  /** The value where no symbol is left. */
  get constant(): Rational | undefined {
    if (this.terms.length === 0) return [0n, 1n];
    const [term] = this.terms;
    return this.terms.length === 1 && term!.monomial.factors.length === 0 ? term!.coefficient : undefined;
  }

  get isOne(): boolean {
    return this === Dim.one || this.int === 1n;
  }

  get isZero(): boolean {
    return this.terms.length === 0;
  }

  /** The canonical form as a string, the same for equal dims alone; for maps. */
  get key(): string {
    this.cachedKey ??= this.terms
      .map(({ coefficient: [n, d], monomial: m }) => `${n}${d === 1n ? "" : `/${d}`}${m.key}`)
      .join("+");
    return this.cachedKey;
  }

  /** The names of the symbols in it. */
  get symbols(): ReadonlySet<string> {
    if (!this.cachedSymbols) {
      const names = new Set<string>();
      for (const atom of atomsOf(this)) {
        if (atom.kind === "symbol") names.add(atom.name);
        else for (const inner of partsOf(atom)) for (const name of inner.symbols) names.add(name);
      }
      this.cachedSymbols = names;
    }
    return this.cachedSymbols;
  }

  /** Whole at all sizes, at none, or it depends. */
  get whole(): Answer {
    this.cachedWhole ??= wholeAnswer(this);
    return this.cachedWhole;
  }

  /** Exact value. Throws RangeError where a size is missing or a divisor is 0. */
  evaluate(sizes: Sizes): Rational {
    let total: Rational = [0n, 1n];
    for (const term of this.terms) {
      let value = term.coefficient;
      for (const { atom, exponent } of term.monomial.factors) {
        value = multiply(value, powerOf(evaluateAtom(atom, sizes), exponent));
      }
      total = add(total, value);
    }
    return total;
  }

  /** `evaluate` as a JS number. Throws RangeError where it is not whole or above 2^53. */
  at(sizes: Sizes): number {
    const [numerator, denominator] = this.evaluate(sizes);
    const value = Number(numerator);
    if (denominator !== 1n)
      throw new RangeError(`${this} is ${numerator}/${denominator}, not a whole number`);
    if (!Number.isSafeInteger(value)) throw new RangeError(`${this} is ${numerator}, above 2^53`);
    return value;
  }

  substitute(sizes: Readonly<Record<string, Dim>>): Dim {
    if (this.constant) return this;
    return mapAtoms(this, (atom) => {
      if (atom.kind === "symbol") return sizes[atom.name] ?? Dim.atom(atom);
      return rebuildAtom(atom, (d) => d.substitute(sizes));
    });
  }

  /** Highest power of a symbol; `floor` and `max` count as their arguments, `mod` as its divisor. */
  degree(symbol: string): number {
    if (this.isZero) return 0;
    return Math.max(
      ...this.terms.map((t) =>
        t.monomial.factors.reduce((sum, f) => sum + f.exponent * atomDegree(f.atom, symbol), 0),
      ),
    );
  }

  /** `12*seq^2 + 3*seq*past + 7`; `runtime/size-expression.ts` reads this notation. */
  toString(): string {
    this.cachedText ??= dimToString(this);
    return this.cachedText;
  }
}

function lift(value: Dim | number): Dim {
  return typeof value === "number" ? Dim.of(value) : value;
}

function multiplyTerms(a: Term, b: Term): Term {
  return {
    coefficient: multiply(a.coefficient, b.coefficient),
    monomial: multiplyMonomials(a.monomial, b.monomial),
  };
}

/** The atoms of its terms, each once. */
export function atomsOf(dim: Dim): Atom[] {
  const atoms = new Map<string, Atom>();
  for (const term of dim.terms) for (const { atom } of term.monomial.factors) atoms.set(atom.key, atom);
  return [...atoms.values()];
}

function partsOf(atom: Exclude<Atom, { kind: "symbol" }>): readonly Dim[] {
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
  if (atomsOf(dim).every((atom) => atom.kind === "symbol")) return dim;
  return mapAtoms(dim, (atom) => {
    if (atom.kind !== "mod") return rebuildAtom(atom, expandMods);
    const [of, by] = [expandMods(atom.of), expandMods(atom.by)];
    return of.minus(by.times(of.floorDiv(by)));
  });
}

function evaluateAtom(atom: Atom, sizes: Sizes): Rational {
  switch (atom.kind) {
    case "symbol": {
      const value = sizes[atom.name];
      if (value === undefined) throw new RangeError(`the size \`${atom.name}\` is not given`);
      return [BigInt(value), 1n];
    }
    case "floor":
      return [floor(atom.of.evaluate(sizes)), 1n];
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

function atomDegree(atom: Atom, symbol: string): number {
  switch (atom.kind) {
    case "symbol":
      return atom.name === symbol ? 1 : 0;
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
  return { content, primitive: Dim.fromTerms(dim.terms.map((t) => multiplyTerms(t, inverse))) };
}

/** Long division of polynomials (no negative exponents); undefined where a remainder is left. */
function dividePolynomials(dividend: Dim, divisor: Dim): Dim | undefined {
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
function ungroup(dim: Dim): Dim {
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
function cancel(dim: Dim): Dim {
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
function neverZero(dim: Dim): boolean {
  const constant = dim.terms.find((t) => t.monomial.factors.length === 0);
  if (!constant) return false;
  const { content } = factorOut(Dim.fromTerms(dim.terms.filter((t) => t !== constant)));
  const rest = dim
    .minus(Dim.rational(...constant.coefficient))
    .over(Dim.rational(...content.terms[0]!.coefficient));
  return rest.whole === "yes" && divide(constant.coefficient, content.terms[0]!.coefficient)[1] !== 1n;
}
