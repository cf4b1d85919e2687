import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { Value } from "../ir/graph.js";

/**
 * Mean cross-entropy of `logits` [.., V] against `labels` i32 [..] over the labels that are not negative (padding, and
 * tokens that nobody asks about): logsumexp(logits) − logits[label], a scalar.
 */
export function crossEntropy(b: Builder, logits: Value, labels: Value): Value {
  const axis = logits.shape.length - 1;
  const size = logits.shape[axis]!;
  const [terms] = b.call("cross_entropy", [logits, labels], (inner, [x, y]) => {
    const top = inner.op("stop_gradient", [inner.op("reduce_max", [x!], { axes: [axis] })], {});
    const shifted = inner.op("sub", [x!, column(inner, top)], {});
    const total = inner.op("reduce_sum", [inner.op("exp", [shifted], {})], { axes: [axis] });
    const isLabel = inner.op("eq", [inner.op("iota", [], { size }), column(inner, y!)], {});
    const own = inner.op("select", [isLabel, shifted, inner.scalar(0)], {});
    const log = inner.op("log", [total], {});
    return [inner.op("sub", [log, inner.op("reduce_sum", [own], { axes: [axis] })], {})];
  });
  const counts = b.op("cast", [b.op("le", [b.scalar(0, "i32"), labels], {})], { to: "f32" });
  const axes = labels.shape.map((_, i) => i);
  const sum = (x: Value) => b.op("reduce_sum", [x], { axes });
  const asked = b.op("maximum", [sum(counts), b.scalar(1)], {});
  return b.op("div", [sum(b.op("mul", [terms!, counts], {})), asked], {});
}

/** With an axis of 1 behind, to spread along the last axis of another. */
function column(b: Builder, x: Value): Value {
  return b.op("reshape", [x], { shape: [...x.shape, Dim.one] });
}
