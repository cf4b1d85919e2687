import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { Type, Value } from "../ir/graph.js";
import type { Check } from "./define.js";

/** The shape that operands meet in: trailing axes are equal, or constant 1 and spread. */
export function meet(types: readonly Type[], check: Check): readonly Dim[] {
  const rank = Math.max(0, ...types.map((t) => t.shape.length));
  return Array.from({ length: rank }, (_, i) => {
    let size = Dim.one;
    for (const { shape } of types) {
      const other = shape[i - rank + shape.length];
      if (!other || other.isOne) continue;
      if (!size.isOne) check.same(size, other, `axis ${i} of the operands`);
      else size = other;
    }
    return size;
  });
}

/** The transpose of spreading: sums a cotangent over the axes along which `operand` was spread. */
export function unspread(b: Builder, cotangent: Value, operand: Type): Value {
  const missing = cotangent.shape.length - operand.shape.length;
  const axes = cotangent.shape.flatMap((size, i) =>
    i < missing || (operand.shape[i - missing]!.isOne && !size.isOne) ? [i] : [],
  );
  if (axes.length === 0) return cotangent;
  const summed = b.op("reduce_sum", [cotangent], { axes });
  return axes.length === missing ? summed : b.op("reshape", [summed], { shape: operand.shape });
}
