import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  breakdownText,
  combineUnits,
  distinctTexts,
  exactText,
  inBytes,
  inFlop,
  inSeconds,
  inTokens,
  order,
  over,
  plus,
  quantityText,
  type Rational,
  rational,
  unitless,
  unitName,
} from "../../compiler/dim/quantity.js";

const bytes = (n: bigint, decimal = false) => ({ value: [n, 1n] as Rational, unit: inBytes, decimal });
const count = (n: bigint) => ({ value: [n, 1n] as Rational, unit: unitless });
const GiB = 1n << 30n;

describe("quantities for a person", () => {
  it("are in the unit of the question", () => {
    expect(quantityText(bytes(28n * GiB))).toBe("28.0 GiB");
    expect(quantityText(bytes(28n * 10n ** 9n, true))).toBe("28.0 GB");
    expect(quantityText(bytes((7n * GiB) / 2n))).toBe("3.50 GiB");
    expect(quantityText({ value: [291_600_000_000n, 1n], unit: inFlop })).toBe("291.6 GFLOP");
    expect(quantityText({ value: [2_130_000_000n, 1n], unit: combineUnits(inFlop, inTokens, -1) })).toBe(
      "2.13 GFLOP / token",
    );
    expect(quantityText({ value: [3n, 1000n], unit: inSeconds })).toBe("3.00 ms");
    expect(quantityText(count(9_999n))).toBe("9,999");
    expect(quantityText(count(403_200_000n))).toBe("403.2M");
    expect(quantityText(count(-2_500_000n))).toBe("-2.50M");
    expect(quantityText({ value: [1n, 2n], unit: unitless })).toBe("0.5");
  });

  it("show that two differ, exactly if they must", () => {
    expect(distinctTexts(count(403_200_000n), count(400_000_000n))).toEqual(["403.2M", "400.0M"]);
    expect(distinctTexts(count(400_001_000n), count(400_000_000n))).toEqual(["400.001M", "400.000M"]);
    expect(distinctTexts(count(124_439_808_001n), count(124_439_808_000n))).toEqual([
      "124,439,808,001",
      "124,439,808,000",
    ]);
  });

  it("name the terms of a sum in its unit, the largest first", () => {
    const terms = [
      { label: "weights", value: [(GiB * 173n) / 100n, 1n] as Rational },
      { label: "activations", value: [18n * GiB, 1n] as Rational },
      { label: "nothing", value: [0n, 1n] as Rational },
    ];
    expect(breakdownText(bytes((1973n * GiB) / 100n), terms)).toBe(
      "19.7 GiB = activations 18.0 + weights 1.73",
    );
    const few = [
      { label: "other weights", value: [1280n, 1n] as const },
      { label: "`embed.table`", value: [128n, 1n] as const },
    ];
    const total = { value: [1408n, 1n] as const, unit: unitless };
    expect(breakdownText(total, few)).toBe("1,408 = other weights 1,280 + `embed.table` 128");
  });

  it("name units", () => {
    expect(unitName(unitless)).toBe("a count");
    expect(unitName(combineUnits(inFlop, inTokens, -1))).toBe("FLOP / token");
    expect(unitName(combineUnits(unitless, inSeconds, -1))).toBe("1 / seconds");
  });
});

describe("rationals", () => {
  const some = fc
    .tuple(fc.bigInt(-(10n ** 20n), 10n ** 20n), fc.bigInt(1n, 10n ** 9n))
    .map(([n, d]) => rational(n, d));

  it("are exact", () => {
    fc.assert(
      fc.property(some, some, (a, b) => {
        const sum = plus(a, b);
        expect(sum[0] * a[1] * b[1]).toBe((a[0] * b[1] + b[0] * a[1]) * sum[1]);
        if (b[0] !== 0n) expect(order(over(over(a, b), over([1n, 1n], b)), a)).toBe(0);
        expect(Math.sign(order(a, b))).toBe(-Math.sign(order(b, a)) + 0);
      }),
    );
  });

  it("print with separators, and six decimals at most", () => {
    expect(exactText([124_439_808n, 1n])).toBe("124,439,808");
    expect(exactText([-1234n, 1n])).toBe("-1,234");
    expect(exactText([1n, 3n])).toBe("0.333333");
    expect(exactText([5n, 2n])).toBe("2.5");
  });
});
