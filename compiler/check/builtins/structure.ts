import { Dim } from "../../dim/dim.js";
import { evaluate } from "../expressions.js";
import { toTensor } from "../operands.js";
import { axisSize, wholeCount } from "../shapes.js";
import { merge, reorder, sizeOf, slice, split } from "../tensors.js";
import { asNumber, count, type Tensor, tensorVal, unknown, type Val } from "../values.js";
import type { BuiltinCall } from "./context.js";

type Rule = (call: BuiltinCall) => Val;

/** `merge(x, A B -> P)`: in the written order. */
const mergeRule: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const t = call.tensor(0);
  const p = t && call.pattern(1);
  if (!t || !p) return unknown;
  if (p.to.length !== 1 || !p.from.every((a) => call.has(t, a, p.span))) {
    if (p.to.length !== 1)
      call.scope.tracer.report(
        "builtin/pattern-expected",
        { name: call.name, usage: call.usage, found: "another pattern" },
        p.span,
      );
    return unknown;
  }
  if (p.from.length === 0) {
    const value = call.scope.builder.op("reshape", [t.value], { shape: [Dim.of(1), ...t.value.shape] });
    return call.define(p.toNames[0], Dim.of(1)) ? tensorVal(value, [p.to[0]!, ...t.axes]) : unknown;
  }
  const taken = t.axes.some((a) => a === p.to[0] && !p.from.includes(a));
  if (taken) {
    call.scope.tracer.report("shape/axis-twice", { axis: p.to[0]! }, p.span);
    return unknown;
  }
  if (!call.define(p.toNames[0], Dim.product(p.from.map((a) => sizeOf(t, a))))) return unknown;
  const merged = merge(call.scope.builder, t, p.from, p.to[0]!);
  return tensorVal(merged.value, merged.axes);
};

/** `split(x, L -> C M, M = chunk)`: one size may be left to follow from the others. */
const splitRule: Rule = (call) => {
  const p = call.positional.length === 2 ? call.pattern(1) : undefined;
  if (!call.takes(2, 2, p?.to ?? [])) return unknown;
  const t = call.tensor(0);
  if (!t || !p) return unknown;
  const from = p.from[0];
  if (p.from.length !== 1 || from === undefined || !call.has(t, from, p.span)) {
    if (p.from.length !== 1)
      call.scope.tracer.report(
        "builtin/pattern-expected",
        { name: call.name, usage: call.usage, found: "another pattern" },
        p.span,
      );
    return unknown;
  }
  const twice = p.to.find((a, i) => p.to.indexOf(a) !== i || (a !== from && t.axes.includes(a)));
  if (twice) {
    call.scope.tracer.report("shape/axis-twice", { axis: twice }, p.span);
    return unknown;
  }
  const whole = sizeOf(t, from);
  const sizes: (Dim | undefined)[] = p.to.map((a) => {
    const given = call.named(a);
    return given && wholeCount(call.scope, given, `the size of \`${a}\``);
  });
  if (p.to.some((a, i) => call.named(a) && !sizes[i])) return unknown;
  for (const [i, a] of p.to.entries()) {
    if (sizes.filter((s) => !s).length <= 1) break;
    sizes[i] ??= call.scope.axes.sizes.get(a)?.size;
  }
  const open = sizes.flatMap((s, i) => (s ? [] : [i]));
  if (open.length > 1) {
    call.scope.tracer.report("builtin/split-sizes", { axes: open.map((i) => p.to[i]!) }, p.span);
    return unknown;
  }
  const known = Dim.product(sizes.filter((s) => s !== undefined));
  if (open.length === 1) {
    const size = whole.over(known);
    if (known.isZero || size.whole === "no") {
      call.scope.tracer.report(
        "builtin/split-uneven",
        { axis: from, size: String(whole), parts: String(known) },
        p.span,
      );
      return unknown;
    }
    if (size.whole === "unknown")
      call.scope.tracer.assume(
        whole.mod(known),
        "==",
        Dim.of(0),
        `axis \`${from}\` divides into parts of ${known}`,
        p.span,
      );
    sizes[open[0]!] = size;
  } else {
    const verdict = known.compare(whole);
    if (verdict === "different") {
      call.scope.tracer.report(
        "builtin/split-uneven",
        { axis: from, size: String(whole), parts: String(known) },
        p.span,
      );
      return unknown;
    }
    if (verdict === "unknown")
      call.scope.tracer.assume(whole, "==", known, `the parts of axis \`${from}\``, p.span);
  }
  if (!p.toNames.every((a, i) => call.define(a, sizes[i]!))) return unknown;
  const parts = split(call.scope.builder, t, from, p.to, sizes as Dim[]);
  return tensorVal(parts.value, parts.axes);
};

const rename: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const t = call.tensor(0);
  const p = t && call.pattern(1);
  if (!t || !p) return unknown;
  if (p.from.length !== p.to.length) {
    call.scope.tracer.report(
      "builtin/pattern-expected",
      { name: call.name, usage: call.usage, found: "another pattern" },
      p.span,
    );
    return unknown;
  }
  if (!p.from.every((a) => call.has(t, a, p.span))) return unknown;
  if (!p.toNames.every((a, i) => call.define(a, sizeOf(t, p.from[i]!)))) return unknown;
  const axes = t.axes.map((a) => (p.from.includes(a) ? p.to[p.from.indexOf(a)]! : a));
  const twice = axes.find((a, i) => axes.indexOf(a) !== i);
  if (twice) {
    call.scope.tracer.report("shape/axis-twice", { axis: twice }, p.span);
    return unknown;
  }
  return tensorVal(t.value, axes);
};

/** `concat(a, b, P T -> S)`, `concat(list, P -> S)`: one after another along the named axes. */
const concat: Rule = (call) => {
  if (!call.takes(2, 16)) return unknown;
  const p = call.pattern(call.positional.length - 1);
  if (!p) return unknown;
  const tensors: Tensor[] = [];
  for (let i = 0; i < call.positional.length - 1; i++) {
    const val = call.value(i);
    const items = val.kind === "list" ? val.items : [val];
    for (const item of items) {
      if (item.kind === "unknown") return unknown;
      const t = toTensor(call.scope, { val: item, span: call.positional[i]!.span });
      if (!t) return unknown;
      tensors.push(t);
    }
  }
  const from = p.from.length === 1 ? tensors.map(() => p.from[0]!) : p.from;
  if (from.length !== tensors.length || p.to.length !== 1) {
    call.scope.tracer.report(
      "builtin/concat-pattern",
      { tensors: tensors.length, axes: p.from.length },
      p.span,
    );
    return unknown;
  }
  if (!tensors.every((t, i) => call.has(t, from[i]!, p.span))) return unknown;
  const to = p.to[0]!;
  const order = tensors[0]!.axes.map((a) => (a === from[0] ? to : a));
  const aligned: Tensor[] = [];
  for (const [i, t] of tensors.entries()) {
    const axes = t.axes.map((a) => (a === from[i] ? to : a));
    if (
      axes.length !== order.length ||
      !order.every((a) => axes.includes(a)) ||
      new Set(axes).size !== axes.length
    ) {
      call.scope.tracer.report(
        "builtin/concat-axes",
        { first: order.filter((a) => !a.startsWith("..")), other: axes.filter((a) => !a.startsWith("..")) },
        call.span,
      );
      return unknown;
    }
    aligned.push(reorder(call.scope.builder, { value: t.value, axes }, order));
  }
  const at = order.indexOf(to);
  for (const [i, a] of order.entries()) {
    if (i === at) continue;
    const differs = aligned.find(
      (t) => t.value.shape[i]!.compare(aligned[0]!.value.shape[i]!) === "different",
    );
    if (differs) {
      call.scope.tracer.report(
        "shape/operands-differ",
        { axis: a, left: String(aligned[0]!.value.shape[i]), right: String(differs.value.shape[i]) },
        call.span,
      );
      return unknown;
    }
  }
  const size = Dim.sum(aligned.map((t) => t.value.shape[at]!));
  if (!call.define(p.toNames[0], size)) return unknown;
  const dtype = aligned.some((t) => t.value.dtype === "f32") ? "f32" : aligned[0]!.value.dtype;
  const b = call.scope.builder;
  // An operand that is surely empty (a state before the first step) adds nothing.
  const parts = aligned
    .filter((t) => !t.value.shape[at]!.isZero)
    .map((t) => (t.value.dtype === dtype ? t.value : b.op("cast", [t.value], { to: dtype })));
  if (parts.length === 0) return tensorVal(aligned[0]!.value, order);
  return tensorVal(parts.length === 1 ? parts[0]! : b.op("concat", parts, { axis: at }), order);
};

/** `pad(x, F -> G, before = n, after = m, value = 0)` */
const pad: Rule = (call) => {
  if (!call.takes(2, 2, ["before", "after", "value"])) return unknown;
  const t = call.tensor(0);
  const p = t && call.pattern(1);
  if (!t || !p) return unknown;
  const from = p.from[0];
  if (from === undefined || p.from.length !== 1 || p.to.length !== 1 || !call.has(t, from, p.span))
    return unknown;
  const amount = (name: string) => {
    const expr = call.named(name);
    return expr ? wholeCount(call.scope, expr, `\`${name}\``) : Dim.of(0);
  };
  const [before, after] = [amount("before"), amount("after")];
  const fill = call.named("value");
  if (!before || !after) return unknown;
  const value = fill ? asNumber(evaluate(fill, call.scope)) : 0;
  const at = t.axes.indexOf(from);
  const size = t.value.shape[at]!.plus(before).plus(after);
  if (!call.define(p.toNames[0], size)) return unknown;
  const padded = call.scope.builder.op("pad", [t.value], { axis: at, before, after, value: value ?? 0 });
  return tensorVal(padded, t.axes.with(at, p.to[0]!));
};

/** `roll(x, C, 1)`: place c takes what stood at c − 1; the last comes first. */
const roll: Rule = (call) => {
  if (!call.takes(3, 3)) return unknown;
  const t = call.tensor(0);
  const axis = t && call.axis(1, t);
  const by = call.value(2);
  if (!t || axis === undefined || by.kind !== "count") {
    if (by.kind !== "count") call.expected("a count to roll by", by, call.span);
    return unknown;
  }
  const b = call.scope.builder;
  const size = sizeOf(t, axis);
  const shift = by.dim.mod(size);
  if (shift.isZero) return tensorVal(t.value, t.axes);
  const at = t.axes.indexOf(axis);
  const last = slice(b, t, axis, size.minus(shift), shift, axis);
  const first = slice(b, t, axis, Dim.of(0), size.minus(shift), axis);
  return tensorVal(b.op("concat", [last.value, first.value], { axis: at }), t.axes);
};

/** `index(T)`: 0, 1, … along an axis. */
const index: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const expr = call.positional[0]!;
  if (expr.kind !== "name") {
    call.scope.tracer.report(
      "builtin/axis-expected",
      { name: call.name, usage: call.usage, axes: [...call.scope.axes.sizes.keys()] },
      expr.span,
    );
    return unknown;
  }
  const size = axisSize(call.scope, { text: expr.name, span: expr.span });
  return size ? tensorVal(call.scope.builder.op("iota", [], { size }), [expr.name]) : unknown;
};

/** `size(T)`, `size(..)`: how many. */
const size: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const expr = call.positional[0]!;
  if (expr.kind === "pattern" && !expr.hasArrow) return count(Dim.product(call.scope.axes.rest ?? []));
  return call.value(0);
};

export const structureRules: Readonly<Record<string, { rule: Rule; usage: string }>> = {
  merge: { rule: mergeRule, usage: "merge(x, A B -> P)" },
  split: { rule: splitRule, usage: "split(x, L -> C M, M = size)" },
  rename: { rule: rename, usage: "rename(x, A -> B)" },
  concat: { rule: concat, usage: "concat(a, b, P T -> S)" },
  pad: { rule: pad, usage: "pad(x, F -> G, before = n, after = m)" },
  roll: { rule: roll, usage: "roll(x, AXIS, by)" },
  index: { rule: index, usage: "index(AXIS)" },
  size: { rule: size, usage: "size(AXIS)" },
};
