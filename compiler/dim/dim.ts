import { atomDegree, atomsOf, evaluateAtom, expandMods, mapAtoms, partsOf, rebuildAtom } from "./atoms.js";
import { cancel, dividePolynomials, factorOut, multiplyTerms, neverZero, ungroup } from "./division.js";
import { type Atom, invertMonomial, type Monomial, monomial, unit } from "./monomial.js";
import { dimToString } from "./print.js";
import { surely } from "./prove.js";
import { add, divide, less, multiply, power as powerOf, type Rational, rational } from "./rational.js";
import { extreme, floorOf, logOf, modOf, wholeAnswer } from "./simplify.js";
import { summed } from "./sum.js";

export type Verdict = "same" | "different" | "unknown";
export type Answer = "yes" | "no" | "unknown";

export interface Term {
  readonly coefficient: Rational;
  readonly monomial: Monomial;
}

type Sizes = Readonly<Record<string, number | bigint>>;

/**
 * An exact size: a sum of rational multiples of products of sizes known at run time, with `floor`, `mod`, `max`,
 * `min` and, in costs, `ceil_log2` where needed. Canonical: equal sums have equal keys. Immutable.
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
  static fromTerms(terms: readonly Term[]): Dim {
    return Dim.weightedSum([[{ terms }, 1]]);
  }

  static sum(dims: readonly Dim[]): Dim {
    return Dim.weightedSum(dims.map((dim) => [dim, 1]));
  }

  /** The sum of dims, each so many times. */
  static weightedSum(parts: Iterable<readonly [dim: Pick<Dim, "terms">, count: number]>): Dim {
    const kept = summed(parts);
    if (kept.length === 0) return Dim.zero;
    return cancel(new Dim(kept));
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
    if (that.constant) return this.scale(that.constant);
    if (this.constant) return that.scale(this.constant);
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

  /** log2, rounded up: comparisons that a sort makes for each element. 0 for sizes up to 1. */
  ceilLog2(): Dim {
    return logOf(this);
  }

  max(other: Dim | number): Dim {
    return extreme("max", [this, lift(other)]);
  }

  min(other: Dim | number): Dim {
    return extreme("min", [this, lift(other)]);
  }

  /** Times a number, which leaves the products of sizes as they are. */
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

  /** Throws RangeError where a divisor becomes 0. */
  substitute(sizes: Readonly<Record<string, Dim>>): Dim {
    if (this.constant) return this;
    return mapAtoms(this, (atom) => {
      if (atom.kind === "symbol") return sizes[atom.name] ?? Dim.atom(atom);
      return rebuildAtom(atom, (d) => d.substitute(sizes));
    });
  }

  /** Highest power of a symbol; `floor` and `max` count as their arguments, `mod` as its divisor, `ceil_log2` as 0. */
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
