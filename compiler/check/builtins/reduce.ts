import { Dim } from "../../dim/dim.js";
import type { Builder } from "../../ir/build.js";
import type { Value } from "../../ir/graph.js";
import { binary } from "../arithmetic.js";
import { asWhole } from "../shapes.js";
import { cast, reorder, scalarOf, sizeOf } from "../tensors.js";
import { type Tensor, tensorVal, unknown, type Val } from "../values.js";
import type { BuiltinCall } from "./context.js";

type Rule = (call: BuiltinCall) => Val;

/** A reduction over named axes, which go. Without axes, over all. */
function reduce(lower: (b: Builder, x: Value, axes: readonly number[]) => Value): Rule {
  return (call) => {
    if (!call.takes(1, 8)) return unknown;
    const first = call.value(0);
    if (call.name === "sum" && first.kind === "list") return addUp(call, first.items);
    const misuse = call.positional[1];
    if (
      (call.name === "max" || call.name === "min") &&
      misuse &&
      misuse.kind !== "name" &&
      misuse.kind !== "pattern"
    ) {
      call.scope.tracer.report("builtin/reduces", { name: call.name, other: `${call.name}imum` }, call.span);
      return unknown;
    }
    const t = call.float(0);
    const names = t && (call.positional.length === 1 ? t.axes : call.axes(1, t));
    if (!t || !names) return unknown;
    const axes = names.map((a) => t.axes.indexOf(a)).sort((a, b) => a - b);
    if (axes.length === 0) return tensorVal(t.value, t.axes);
    const reduced = lower(call.scope.builder, t.value, axes);
    if (call.positional.length === 1 && t.axes.some((a) => a.startsWith("..")))
      call.scope.tracer.overAll.set(reduced, { name: call.name, axes: t.axes, span: call.span });
    return tensorVal(
      reduced,
      t.axes.filter((a) => !names.includes(a)),
    );
  };
}

function addUp(call: BuiltinCall, items: readonly Val[]): Val {
  if (items.length === 0) {
    call.scope.tracer.report("builtin/empty-list", { name: call.name }, call.span);
    return unknown;
  }
  return items.reduce((a, b) =>
    binary(call.scope, "+", { val: a, span: call.span }, { val: b, span: call.span }, call.span, call.want),
  );
}

/** The mean is a library function of its own, so that a backend may use its own kernel. */
function mean(b: Builder, x: Value, axes: readonly number[]): Value {
  return b.call(
    "mean",
    [x],
    (inner, [v]) => {
      const size = Dim.product(axes.map((i) => x.shape[i]!));
      const sum = inner.op("reduce_sum", [v!], { axes });
      return [inner.op("div", [sum, scalarOf(inner, size, "f32")], {})];
    },
    { args: Object.fromEntries(axes.map((a, i) => [i === 0 ? "axis" : `axis${i}`, a])) },
  )[0]!;
}

/** Keeps a size of 1 where axes were reduced, so that the result spreads over the operand. */
function kept(b: Builder, reduced: Value, of: Value, axis: number): Value {
  return b.op("reshape", [reduced], { shape: of.shape.map((d, i) => (i === axis ? Dim.of(1) : d)) });
}

/** softmax, log_softmax, logsumexp: with the maximum taken off first, so that no exponential overflows. */
function normalised(name: "softmax" | "log_softmax" | "logsumexp"): Rule {
  return (call) => {
    if (!call.takes(2, 2)) return unknown;
    const t = call.float(0);
    const axis = t && call.axis(1, t);
    if (!t || axis === undefined) return unknown;
    const at = t.axes.indexOf(axis);
    const value = call.scope.builder.call(
      name,
      [t.value],
      (b, [x]) => {
        const top = b.op("stop_gradient", [b.op("reduce_max", [x!], { axes: [at] })], {});
        const shifted = b.op("sub", [x!, kept(b, top, x!, at)], {});
        const mass = b.op("exp", [shifted], {});
        const total = b.op("reduce_sum", [mass], { axes: [at] });
        if (name === "softmax") return [b.op("div", [mass, kept(b, total, x!, at)], {})];
        const log = b.op("log", [total], {});
        if (name === "log_softmax") return [b.op("sub", [shifted, kept(b, log, x!, at)], {})];
        return [b.op("add", [log, top], {})];
      },
      { args: { axis: at } },
    )[0]!;
    return tensorVal(value, name === "logsumexp" ? t.axes.filter((a) => a !== axis) : t.axes);
  };
}

const argmax: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const t = call.float(0);
  const axis = t && call.axis(1, t);
  if (!t || axis === undefined) return unknown;
  const value = call.scope.builder.op("argmax", [t.value], { axis: t.axes.indexOf(axis) });
  return tensorVal(
    value,
    t.axes.filter((a) => a !== axis),
  );
};

const cumsum: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const t = call.tensor(0);
  const axis = t && call.axis(1, t);
  if (!t || axis === undefined) return unknown;
  const x = t.value.dtype === "bool" ? cast(call.scope.builder, t.value, "i32") : t.value;
  return tensorVal(
    call.scope.builder.op("cumsum", [x], { axis: t.axes.indexOf(axis), reverse: false }),
    t.axes,
  );
};

/** The axis of `N -> R` moved last, for ops that work there. */
function lastAxis(
  call: BuiltinCall,
  t: Tensor,
  at: number,
): { moved: Tensor; from: string; to: string } | undefined {
  const pattern = call.pattern(at);
  if (!pattern) return undefined;
  const [from, to] = [pattern.from[0], pattern.to[0]];
  if (pattern.from.length !== 1 || pattern.to.length !== 1 || from === undefined || to === undefined) {
    call.scope.tracer.report(
      "builtin/pattern-expected",
      { name: call.name, usage: call.usage, found: "another pattern" },
      pattern.span,
    );
    return undefined;
  }
  if (!call.has(t, from, pattern.span)) return undefined;
  if (to !== from && t.axes.includes(to)) {
    call.scope.tracer.report("shape/axis-twice", { axis: to }, pattern.span);
    return undefined;
  }
  const moved = reorder(call.scope.builder, t, [...t.axes.filter((a) => a !== from), from]);
  return { moved, from, to };
}

/** Back to where the axis was, under its new name. */
function back(call: BuiltinCall, value: Value, t: Tensor, from: string, to: string): Val {
  const axes = [...t.axes.filter((a) => a !== from), to];
  const result = reorder(
    call.scope.builder,
    { value, axes },
    t.axes.map((a) => (a === from ? to : a)),
  );
  return tensorVal(result.value, result.axes);
}

const topk: Rule = (call) => {
  if (!call.takes(3, 3)) return unknown;
  const t = call.float(0);
  const k = asWhole(call.scope, call.value(1), call.positional[1]!.span, "the number of places `topk` keeps");
  const last = t && lastAxis(call, t, 2);
  if (!t || !k || !last) return unknown;
  const size = sizeOf(t, last.from);
  const fits = k.atMost(size);
  if (fits === "no") {
    call.scope.tracer.report(
      "builtin/topk-too-many",
      { k: String(k), axis: last.from, size: String(size) },
      call.positional[1]!.span,
    );
    return unknown;
  }
  if (fits === "unknown")
    call.scope.tracer.assume(
      k,
      "<=",
      size,
      `topk keeps at most the ${last.from} places there are`,
      call.positional[1]!.span,
    );
  const pattern = call.pattern(2);
  if (!call.define(pattern?.toNames[0], k)) return unknown;
  const [values, indices] = call.scope.builder.node("topk", [last.moved.value], { k });
  return {
    kind: "tuple",
    items: [back(call, values!, t, last.from, last.to), back(call, indices!, t, last.from, last.to)],
  };
};

const argsort: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const t = call.tensor(0);
  const last = t && lastAxis(call, t, 1);
  if (!t || !last) return unknown;
  if (!call.define(call.pattern(1)?.toNames[0], sizeOf(t, last.from))) return unknown;
  return back(call, call.scope.builder.op("argsort", [last.moved.value], {}), t, last.from, last.to);
};

export const reduceRules: Readonly<Record<string, { rule: Rule; usage: string }>> = {
  sum: { rule: reduce((b, x, axes) => b.op("reduce_sum", [x], { axes })), usage: "sum(x, AXIS)" },
  mean: { rule: reduce(mean), usage: "mean(x, AXIS)" },
  max: { rule: reduce((b, x, axes) => b.op("reduce_max", [x], { axes })), usage: "max(x, AXIS)" },
  min: { rule: reduce((b, x, axes) => b.op("reduce_min", [x], { axes })), usage: "min(x, AXIS)" },
  softmax: { rule: normalised("softmax"), usage: "softmax(x, AXIS)" },
  log_softmax: { rule: normalised("log_softmax"), usage: "log_softmax(x, AXIS)" },
  logsumexp: { rule: normalised("logsumexp"), usage: "logsumexp(x, AXIS)" },
  argmax: { rule: argmax, usage: "argmax(x, AXIS)" },
  cumsum: { rule: cumsum, usage: "cumsum(x, AXIS)" },
  topk: { rule: topk, usage: "topk(x, k, N -> R)" },
  argsort: { rule: argsort, usage: "argsort(x, T -> S)" },
};
