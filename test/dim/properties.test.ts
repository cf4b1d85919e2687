import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { evaluateSize } from "../../runtime/size-expression.js";

const symbols = [Dim.symbol("batch"), Dim.symbol("seq"), Dim.symbol("past", 0), Dim.symbol("chunk", 2)];
const sizes = fc.record({
  batch: fc.integer({ min: 1, max: 9 }),
  seq: fc.integer({ min: 1, max: 200 }),
  past: fc.integer({ min: 0, max: 200 }),
  chunk: fc.integer({ min: 2, max: 16 }),
});

/** Whole where all goes well; with `over`, any rational. */
const { whole, any } = fc.letrec<{ whole: Dim; any: Dim }>((tie) => {
  const leaf = fc.oneof(fc.constantFrom(...symbols), fc.integer({ min: -6, max: 70 }).map(Dim.of));
  const positive = fc.constantFrom(
    Dim.of(1),
    Dim.of(2),
    Dim.of(3),
    Dim.of(64),
    symbols[0]!,
    symbols[1]!,
    symbols[3]!,
  );
  const pair = fc.tuple(tie("whole"), tie("whole"));
  const node = fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    pair.map(([a, b]) => a.plus(b)),
    pair.map(([a, b]) => a.minus(b)),
    pair.map(([a, b]) => a.times(b)),
    pair.map(([a, b]) => a.max(b)),
    pair.map(([a, b]) => a.min(b)),
    fc.tuple(tie("whole"), positive).map(([a, b]) => a.floorDiv(b)),
    fc.tuple(tie("whole"), positive).map(([a, b]) => a.ceilDiv(b)),
    fc.tuple(tie("whole"), positive).map(([a, b]) => a.mod(b)),
  );
  const quotient = fc.tuple(
    tie("whole"),
    fc.oneof(
      positive,
      positive.map((p) => p.plus(symbols[2]!)),
    ),
  );
  return {
    whole: node,
    any: fc.oneof(
      node,
      quotient.map(([a, b]) => a.over(b)),
      fc.tuple(quotient, tie("whole")).map(([[a, b], c]) => a.over(b).plus(c)),
      fc.tuple(quotient, tie("whole")).map(([[a, b], c]) => a.over(b).times(c)),
    ),
  };
});

type Sizes = Record<string, number>;
const value = (dim: Dim, at: Sizes) => {
  const [numerator, denominator] = dim.evaluate(at);
  return { numerator, denominator };
};
const sameValue = (a: Dim, b: Dim, at: Sizes) => expect(value(a, at)).toEqual(value(b, at));

describe("the ring laws, as forms and as values", () => {
  test("commutative, associative, distributive", () => {
    fc.assert(
      fc.property(any, any, any, sizes, (a, b, c, at) => {
        expect(a.plus(b).key).toBe(b.plus(a).key);
        expect(a.times(b).key).toBe(b.times(a).key);
        sameValue(a.plus(b).plus(c), a.plus(b.plus(c)), at);
        sameValue(a.times(b).times(c), a.times(b.times(c)), at);
        sameValue(a.times(b.plus(c)), a.times(b).plus(a.times(c)), at);
        expect(a.minus(a).isZero).toBe(true);
        expect(a.minus(b).plus(b).key).toBe(a.key);
      }),
    );
  });

  test("forms of whole dims are canonical for the ring", () => {
    fc.assert(
      fc.property(whole, whole, whole, (a, b, c) => {
        expect(a.times(b.plus(c)).key).toBe(a.times(b).plus(a.times(c)).key);
        expect(a.times(b).times(c).key).toBe(a.times(b.times(c)).key);
      }),
    );
  });

  test("every operation does what its name says", () => {
    const arithmetic = (a: Dim, b: Dim, at: Sizes) => [
      Number(value(a, at).numerator),
      Number(value(b, at).numerator),
    ];
    fc.assert(
      fc.property(whole, whole, sizes, (a, b, at) => {
        const [x, y] = arithmetic(a, b, at) as [number, number];
        fc.pre(Number.isSafeInteger(x * y));
        expect(a.plus(b).at(at)).toBe(x + y);
        expect(a.times(b).at(at) + 0).toBe(x * y + 0);
        expect(a.max(b).at(at)).toBe(Math.max(x, y));
        expect(a.min(b).at(at)).toBe(Math.min(x, y));
        if (y <= 0 || b.isZero) return;
        const floor = Number((BigInt(x) - (((BigInt(x) % BigInt(y)) + BigInt(y)) % BigInt(y))) / BigInt(y));
        expect(a.floorDiv(b).at(at) + 0).toBe(floor + 0);
        expect(a.mod(b).at(at) + 0).toBe(x - y * floor + 0);
      }),
    );
  });

  test("division undoes multiplication", () => {
    fc.assert(
      fc.property(whole, whole, (a, b) => {
        fc.pre(!b.isZero);
        expect(a.times(b).over(b).key).toBe(a.key);
        expect(a.over(b).times(b).key).toBe(a.key);
      }),
    );
  });

  test("substitution and evaluation agree", () => {
    fc.assert(
      fc.property(any, sizes, (a, at) => {
        const numbers = Object.fromEntries(Object.entries(at).map(([name, n]) => [name, Dim.of(n)]));
        expect(a.substitute(numbers).constant).toEqual(a.evaluate(at));
      }),
    );
  });
});

describe("answers are never wrong", () => {
  test("compare and atMost", () => {
    fc.assert(
      fc.property(any, any, fc.array(sizes, { minLength: 4, maxLength: 8 }), (a, b, points) => {
        const [verdict, order] = [a.compare(b), a.atMost(b)];
        for (const at of points) {
          const [x, y] = [value(a, at), value(b, at)];
          const difference = x.numerator * y.denominator - y.numerator * x.denominator;
          if (verdict === "same") expect(difference).toBe(0n);
          if (verdict === "different") expect(difference).not.toBe(0n);
          if (order === "yes") expect(difference <= 0n).toBe(true);
          if (order === "no") expect(difference > 0n).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("whole", () => {
    fc.assert(
      fc.property(any, sizes, (a, at) => {
        const { denominator } = value(a, at);
        if (a.whole === "yes") expect(denominator).toBe(1n);
        if (a.whole === "no") expect(denominator).not.toBe(1n);
      }),
      { numRuns: 300 },
    );
  });
});

describe("evaluateSize reads the notation", () => {
  test("as the dim itself", () => {
    fc.assert(
      fc.property(any, sizes, (a, at) => {
        const { numerator, denominator } = value(a, at);
        fc.pre(numerator > -(2n ** 53n) && numerator < 2n ** 53n);
        expect(evaluateSize(`${a}`, at) + 0).toBe(Number(numerator) / Number(denominator) + 0);
      }),
      { numRuns: 400 },
    );
  });

  test("any text gives a number or NaN", () => {
    const pieces = fc.constantFrom(
      "seq",
      "past",
      "max",
      "min",
      "floor",
      "mod",
      "(",
      ")",
      ",",
      "+",
      "-",
      "*",
      "/",
      "^",
      "2",
      "0",
      " ",
      "$",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 20 }).map((p) => p.join("")),
        ),
        sizes,
        (text, at) => {
          expect(typeof evaluateSize(text, at)).toBe("number");
        },
      ),
      { numRuns: 400 },
    );
    for (const text of [
      "",
      "seq +",
      "seq seq",
      "nobody",
      "1/0",
      "seq/(past - past)",
      "__proto__",
      "floor(1, 2)",
      "2^99999",
    ]) {
      expect(evaluateSize(text, { seq: 3, past: 1 }), text).toBeNaN();
    }
    expect(evaluateSize("12*seq^2 + 3*seq*past + 7", { seq: 2, past: 5 })).toBe(85);
    expect(evaluateSize("-seq + max(seq, 64)/2", { seq: 3 })).toBe(29);
  });
});
