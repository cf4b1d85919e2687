import type { Dim } from "../dim/dim.js";

type Rational = readonly [bigint, bigint];

/** Evaluates many dims at one point, equal ones once. */
export class AtPoint {
  private readonly known = new Map<Dim, Rational>();

  constructor(private readonly sizes: Readonly<Record<string, bigint>>) {}

  /** Throws RangeError where a size is missing. */
  exact(dim: Dim): Rational {
    let value = this.known.get(dim);
    if (!value) this.known.set(dim, (value = dim.evaluate(this.sizes)));
    return value;
  }

  /** Rounded up, for the rare count that is a fraction. */
  whole(dim: Dim): bigint {
    const [numerator, denominator] = this.exact(dim);
    return denominator === 1n ? numerator : (numerator + denominator - 1n) / denominator;
  }
}
