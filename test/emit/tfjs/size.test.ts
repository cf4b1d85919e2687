import { expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { sizeText } from "../../../compiler/emit/tfjs/size.js";

const [seq, past] = [Dim.symbol("seq"), Dim.symbol("past", 0)];

/** What the source of a size comes to in JavaScript. */
const run = (dim: Dim, sizes: Readonly<Record<string, number>>): number =>
  new Function("seq", "past", `return ${sizeText(dim, (name) => name)};`)(sizes.seq, sizes.past) as number;

it.each<[string, Dim]>([
  ["by a product", Dim.one.mod(seq.plus(7).floorDiv(8).times(3))],
  ["of a product by a product", seq.times(past).times(5).mod(seq.times(3))],
  ["of a sum by a sum", past.minus(3).mod(seq.plus(2))],
  ["of a quotient", seq.plus(7).floorDiv(8).times(5).mod(seq.plus(1).floorDiv(2))],
])("a remainder %s is what the size is", (_, dim) => {
  for (let n = 1; n < 40; n++) {
    for (const p of [0, 1, 5, 17]) expect(run(dim, { seq: n, past: p })).toBe(dim.at({ seq: n, past: p }));
  }
});
