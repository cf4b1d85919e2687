import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";

const batch = Dim.symbol("batch");
const seq = Dim.symbol("seq");
const past = Dim.symbol("past", 0);
const chunk = Dim.symbol("chunk");

describe("canonical form", () => {
  test.each<[Dim, string]>([
    [seq.power(2).times(12).plus(past.times(seq).times(3)).plus(7), "12*seq^2 + 3*seq*past + 7"],
    [seq.over(2), "seq/2"],
    [seq.times(3).over(2).minus(past), "3*seq/2 - past"],
    [Dim.of(-4).plus(seq.times(-1)), "-seq - 4"],
    [seq.floorDiv(64), "floor(seq/64)"],
    [seq.ceilDiv(64), "floor((seq + 63)/64)"],
    [seq.max(64), "max(seq, 64)"],
    [seq.min(past), "min(seq, past)"],
    [seq.plus(past).mod(64), "mod(seq + past, 64)"],
    [seq.over(chunk.times(2)), "seq/(2*chunk)"],
    [batch.over(seq.plus(1)), "batch/(seq + 1)"],
    [Dim.of(0), "0"],
    [seq.minus(seq), "0"],
  ])("%s", (dim, text) => expect(dim.toString()).toBe(text));

  test("a quotient times its divisor is the dividend again", () => {
    const rows = batch.times(seq);
    expect(rows.over(chunk).times(chunk).equals(rows)).toBe(true);
    expect(rows.over(seq.plus(past)).times(seq.plus(past)).equals(rows)).toBe(true);
    expect(seq.power(2).minus(past.power(2)).over(seq.plus(past)).toString()).toBe("seq - past");
    const inverse = Dim.one.over(seq.plus(1));
    expect(seq.times(inverse).plus(inverse).isOne).toBe(true);
    expect(Dim.one.over(inverse).toString()).toBe("seq + 1");
  });

  test("whole multiples leave floor and mod", () => {
    expect(seq.times(128).plus(past).floorDiv(64).toString()).toBe("2*seq + floor(past/64)");
    expect(seq.times(65).plus(130).mod(64).toString()).toBe("mod(seq + 2, 64)");
    expect(seq.times(chunk).mod(chunk).isZero).toBe(true);
    expect(seq.times(chunk).plus(past).floorDiv(chunk).toString()).toBe("seq + floor(past/chunk)");
    expect(seq.mod(64).floorDiv(64).isZero).toBe(true);
    expect(seq.mod(64).mod(64).toString()).toBe("mod(seq, 64)");
    expect(seq.floorDiv(4).floorDiv(2).toString()).toBe("floor(seq/8)");
    expect(seq.times(2).plus(1).floorDiv(2).equals(seq)).toBe(true);
    expect(seq.floorDiv(1).equals(seq)).toBe(true);
    expect(Dim.of(-7).floorDiv(2).int).toBe(-4n);
    expect(Dim.of(-7).mod(3).int).toBe(2n);
  });

  test("extremes that are decided disappear", () => {
    expect(seq.max(1).equals(seq)).toBe(true);
    expect(seq.max(past.plus(seq)).toString()).toBe("seq + past");
    expect(seq.min(seq.plus(past)).equals(seq)).toBe(true);
    expect(seq.max(64).max(32).toString()).toBe("max(seq, 64)");
    expect(seq.max(past).equals(past.max(seq))).toBe(true);
    expect(Dim.of(3).max(5).int).toBe(5n);
  });

  test("division by 0 is a RangeError", () => {
    expect(() => seq.over(0)).toThrow(RangeError);
    expect(() => seq.mod(0)).toThrow(RangeError);
    expect(() => seq.over(past).evaluate({ seq: 1, past: 0 })).toThrow(RangeError);
  });
});

describe("comparison", () => {
  test.each<[string, Dim, Dim, string]>([
    ["equal forms", seq.plus(past), past.plus(seq), "same"],
    ["constants", Dim.of(3), Dim.of(4), "different"],
    ["one is greater", seq.plus(past), past, "different"],
    ["it depends", seq, past, "unknown"],
    ["it depends on a number", seq, Dim.of(64), "unknown"],
    ["never 0", past, Dim.of(-1), "different"],
    ["odd and even", seq.times(2), past.times(2).plus(1), "different"],
    ["floor and mod make the whole", seq.floorDiv(64).times(64).plus(seq.mod(64)), seq, "same"],
    ["a remainder is less than its divisor", seq.mod(64), Dim.of(64), "different"],
    ["a remainder by a symbol", seq.mod(chunk), chunk, "different"],
    ["over a sum", seq.over(seq.plus(1)), Dim.of(1), "different"],
  ])("%s", (_, a, b, verdict) => expect(a.compare(b)).toBe(verdict));

  test.each<[string, Dim, Dim, string]>([
    ["least values", Dim.of(1), seq, "yes"],
    ["least value 0", Dim.of(1), past, "unknown"],
    ["products", seq, seq.times(batch), "yes"],
    ["surely greater", seq.plus(past).plus(1), seq, "no"],
    ["floor", seq.floorDiv(64).times(64), seq, "yes"],
    ["ceil", seq, seq.ceilDiv(64).times(64), "yes"],
    ["ceil by a symbol", seq, seq.ceilDiv(chunk).times(chunk), "yes"],
    ["mod", seq.mod(64), Dim.of(63), "yes"],
    ["mod is not negative", Dim.of(0), seq.mod(chunk), "yes"],
    ["min", seq.min(past), past, "yes"],
    ["max", seq, seq.max(past), "yes"],
    ["max of two below", seq.max(past), seq.plus(past), "yes"],
    ["a quotient", seq.over(chunk), seq, "yes"],
  ])("at most: %s", (_, a, b, answer) => expect(a.atMost(b)).toBe(answer));
});

describe("other facts", () => {
  test("whole", () => {
    expect(seq.times(seq.plus(1)).over(2).whole).toBe("yes");
    expect(seq.over(2).whole).toBe("unknown");
    expect(seq.over(chunk).whole).toBe("unknown");
    expect(seq.plus(Dim.rational(1n, 2n)).whole).toBe("no");
    expect(seq.minus(seq.mod(64)).over(64).whole).toBe("yes");
    expect(seq.times(4).max(past).whole).toBe("yes");
  });

  test("degree", () => {
    expect(seq.power(2).times(past).plus(seq).degree("seq")).toBe(2);
    expect(seq.times(seq.floorDiv(64)).degree("seq")).toBe(2);
    expect(seq.mod(64).degree("seq")).toBe(0);
    expect(seq.times(past).over(seq.plus(1)).degree("seq")).toBe(0);
  });

  test("symbols, substitution, evaluation", () => {
    const dim = seq.floorDiv(chunk).max(past);
    expect([...dim.symbols].sort()).toEqual(["chunk", "past", "seq"]);
    expect(dim.substitute({ chunk: Dim.of(1), past: Dim.of(0) }).equals(seq)).toBe(true);
    expect(dim.at({ seq: 130, chunk: 64, past: 1 })).toBe(2);
    expect(() => dim.at({ seq: 1 })).toThrow("the size `past` is not given");
    expect(() => seq.over(2).at({ seq: 3 })).toThrow("not a whole number");
    expect(seq.over(2).evaluate({ seq: 3 })).toEqual([3n, 2n]);
    expect(Dim.of(3).int).toBe(3n);
    expect(Dim.rational(6n, 4n).constant).toEqual([3n, 2n]);
  });
});

describe("ceil_log2", () => {
  test("is how often a size is halved, rounded up", () => {
    const of = (n: number) => seq.ceilLog2().at({ seq: n });
    expect([1, 2, 3, 4, 5, 8, 9, 65_536, 65_537].map(of)).toEqual([0, 1, 2, 2, 3, 3, 4, 16, 17]);
    expect(Dim.of(9).ceilLog2().int).toBe(4n);
    expect(Dim.of(0).ceilLog2().isZero).toBe(true);
  });

  test("is printed, whole, never negative, and of no degree", () => {
    const sorting = seq.times(seq.ceilLog2());
    expect(`${sorting}`).toBe("seq*ceil_log2(seq)");
    expect(sorting.degree("seq")).toBe(1);
    expect(sorting.whole).toBe("yes");
    expect(seq.ceilLog2().atMost(seq.ceilLog2().plus(1))).toBe("yes");
    expect([...sorting.symbols]).toEqual(["seq"]);
  });

  test("is substituted", () => {
    expect(seq.ceilLog2().substitute({ seq: Dim.of(100) }).int).toBe(7n);
    expect(`${seq.ceilLog2().substitute({ seq: Dim.symbol("past", 0).plus(1) })}`).toBe(
      "ceil_log2(past + 1)",
    );
  });
});
