import type { Dim, Term } from "./dim.js";
import { compareMonomials, type Monomial } from "./monomial.js";
import { add, multiply, type Rational } from "./rational.js";

/** A term that is still added to. */
interface Sum {
  coefficient: Rational;
  readonly monomial: Monomial;
}

/** The terms of the sum of dims, each so many times: like ones added, none of them 0, in the order of a dim. */
export function summed(parts: Iterable<readonly [dim: Pick<Dim, "terms">, count: number]>): readonly Term[] {
  const sums: Sum[] = [];
  // Nearly all sums have few different products: looking through those is faster than to make a map.
  let byKey: Map<string, Sum> | undefined;
  for (const [dim, count] of parts) {
    for (const { coefficient, monomial } of dim.terms) {
      const more = count === 1 ? coefficient : multiply(coefficient, [BigInt(count), 1n]);
      const known = byKey ? byKey.get(monomial.key) : sumOf(sums, monomial);
      if (known) {
        known.coefficient = add(known.coefficient, more);
        continue;
      }
      const sum = { coefficient: more, monomial };
      sums.push(sum);
      if (byKey) byKey.set(monomial.key, sum);
      else if (sums.length > 8) byKey = new Map(sums.map((one) => [one.monomial.key, one]));
    }
  }
  const kept = sums.some(isNothing) ? sums.filter((sum) => !isNothing(sum)) : sums;
  const inOrder = kept.every(
    (sum, i) => i === 0 || compareMonomials(kept[i - 1]!.monomial, sum.monomial) < 0,
  );
  return inOrder ? kept : kept.sort((a, b) => compareMonomials(a.monomial, b.monomial));
}

function isNothing({ coefficient }: Sum): boolean {
  return coefficient[0] === 0n;
}

function sumOf(sums: readonly Sum[], monomial: Monomial): Sum | undefined {
  for (const sum of sums) if (sum.monomial === monomial || sum.monomial.key === monomial.key) return sum;
  return undefined;
}
