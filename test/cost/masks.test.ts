import { describe, expect, test } from "vitest";
import { affine, countMask, type Mask, negate } from "../../compiler/cost/masks.js";
import { Dim } from "../../compiler/dim/dim.js";

const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);
const of = (rows: Dim, columns: Dim) => ({ id: 0, name: "", dtype: "bool" as const, shape: [rows, columns] });

/** `low <= column - row <= high` */
function band(low: Dim | undefined, high: Dim | undefined): Mask {
  const atoms = [];
  if (high)
    atoms.push(
      affine(high.times(-1), [
        [0, -1],
        [1, 1],
      ]),
    );
  if (low)
    atoms.push(
      affine(low, [
        [0, 1],
        [1, -1],
      ]),
    );
  return { atoms };
}

function brute(rows: number, columns: number, low: number, high: number): number {
  let count = 0;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) if (j - i >= low && j - i <= high) count++;
  return count;
}

describe("counting masks", () => {
  test("a causal mask over a past is seq(seq + 1)/2 + seq*past", () => {
    const support = countMask(band(undefined, past), of(seq, past.plus(seq)))!;
    expect(support.count.equals(seq.times(seq.plus(1)).over(2).plus(seq.times(past)))).toBe(true);
  });

  test("any band of any rectangle, as counted one by one", () => {
    for (const rows of [0, 1, 2, 5, 8])
      for (const columns of [0, 1, 3, 5, 9])
        for (let low = -10; low <= 10; low += 2)
          for (let high = -10; high <= 10; high += 3) {
            const value = of(Dim.of(rows), Dim.of(columns));
            expect(countMask(band(Dim.of(low), Dim.of(high)), value)!.count.int).toBe(
              BigInt(brute(rows, columns, low, high)),
            );
            expect(countMask(band(undefined, Dim.of(high)), value)!.count.int).toBe(
              BigInt(brute(rows, columns, -99, high)),
            );
            expect(countMask(band(Dim.of(low), undefined), value)!.count.int).toBe(
              BigInt(brute(rows, columns, low, 99)),
            );
          }
  });

  test("a band of symbolic sizes holds at every point", () => {
    const value = of(seq, past.plus(seq));
    const support = countMask(band(past.minus(3), past), value)!;
    for (const s of [1, 2, 4, 7]) {
      for (const p of [0, 1, 5]) {
        const counted = support.count.evaluate({ seq: s, past: p });
        expect(counted).toEqual([BigInt(brute(s, s + p, p - 3, p)), 1n]);
      }
    }
  });

  test("the negation counts the rest", () => {
    const value = of(Dim.of(6), Dim.of(9));
    const mask = band(undefined, Dim.of(2));
    const both = countMask(mask, value)!.count.plus(countMask(negate(mask)!, value)!.count);
    expect(both.int).toBe(54n);
  });

  test("comparisons of one axis", () => {
    const value = of(seq, Dim.of(10));
    expect(countMask({ atoms: [affine(Dim.of(-3), [[1, 1]])] }, value)!.count.int).toBe(4n);
    expect(countMask({ atoms: [affine(Dim.of(-30), [[1, 1]])] }, value)!.count.int).toBe(10n);
    expect(countMask({ atoms: [affine(Dim.of(7), [[1, -1]])] }, value)!.count.int).toBe(3n);
  });

  test("other slopes have no closed form here", () => {
    expect(
      countMask(
        {
          atoms: [
            affine(Dim.zero, [
              [0, -2],
              [1, 1],
            ]),
          ],
        },
        of(seq, seq),
      ),
    ).toBeUndefined();
  });
});
