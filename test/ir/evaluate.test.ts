import { expect, it } from "vitest";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import { arrayOf } from "../../compiler/ops/array.js";

it("keeps what a region gives out, whatever another region of the same nodes gives out", () => {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [] }, "x");
  const double = b.op("add", [x, x], {});
  const square = b.op("mul", [double, double], {});
  const both = b.region([double, square]);
  const given = [arrayOf("f32", [], [3])];
  const last = evaluateRegion({ ...both, outputs: [square] }, given);
  expect(last.map((array) => array.data[0])).toEqual([36]);
  expect(evaluateRegion(both, given).map((array) => array.data[0])).toEqual([6, 36]);
});
