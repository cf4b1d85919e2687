/** Contract; the helper that owns compiler/dim fills it in. */
export type Verdict = "same" | "different" | "unknown";
export type Answer = "yes" | "no" | "unknown";
export declare class Dim {
  static of(n: number | bigint): Dim;
  static rational(numerator: bigint, denominator: bigint): Dim;
  /** A size of run time; `least` is its lowest value (1 unless told). */
  static symbol(name: string, least?: number): Dim;
  static sum(dims: readonly Dim[]): Dim;
  static product(dims: readonly Dim[]): Dim;
  plus(other: Dim | number): Dim;
  minus(other: Dim | number): Dim;
  times(other: Dim | number): Dim;
  /** Exact quotient: whole by the caller's word (negative exponents where it does not divide as a polynomial). */
  over(other: Dim | number): Dim;
  power(exponent: number): Dim;
  floorDiv(other: Dim | number): Dim;
  ceilDiv(other: Dim | number): Dim;
  mod(other: Dim | number): Dim;
  max(other: Dim | number): Dim;
  min(other: Dim | number): Dim;
  /** Equal as canonical forms. */
  equals(other: Dim | number): boolean;
  compare(other: Dim | number): Verdict;
  /** this <= other */
  atMost(other: Dim | number): Answer;
  /** The value where no symbol is left and it is whole. */
  readonly int: bigint | undefined;
  /** The value where no symbol is left. */
  readonly constant: readonly [bigint, bigint] | undefined;
  readonly isOne: boolean;
  readonly isZero: boolean;
  /** The names of the symbols in it. */
  readonly symbols: ReadonlySet<string>;
  /** Is it whole for all sizes, surely? */
  readonly whole: Answer;
  evaluate(sizes: Readonly<Record<string, number | bigint>>): readonly [bigint, bigint];
  /** `evaluate` as a JS number (throws where it is not whole or above 2^53). */
  at(sizes: Readonly<Record<string, number | bigint>>): number;
  substitute(sizes: Readonly<Record<string, Dim>>): Dim;
  /** Highest power of a symbol (`max`, `//`, … counted by their arguments). */
  degree(symbol: string): number;
  /** `12·seq² + 3·seq·past + 7`; ASCII: `12*seq^2 + 3*seq*past + 7` */
  toString(): string;
}
