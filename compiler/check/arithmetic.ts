import type { BinaryOp, Span } from "../../grammar/ast.js";
import type { Dim } from "../dim/dim.js";
import type { DType } from "../ir/graph.js";
import type { OpName } from "../ops/index.js";
import type { Scope } from "./scope.js";
import { align, cast, scalarOf, sizeOf } from "./tensors.js";
import { limits } from "./tracer.js";
import {
  asNumber,
  count,
  flag,
  kindOf,
  number,
  type SizeCondition,
  showShape,
  type Tensor,
  tensorVal,
  unknown,
  type Val,
} from "./values.js";

/** One operand of an elementwise form, with the place it was written. */
export interface Operand {
  readonly val: Val;
  readonly span: Span;
}

/** `want`: the axes of the result where its shape was written, which allows spreading and reordering. */
export type Want = readonly string[] | undefined;

/**
 * The axes over which operands meet by name: those of the operand that contains all others, or the written ones.
 * Reports and answers undefined where there are none.
 */
export function meet(
  scope: Scope,
  span: Span,
  tensors: readonly { tensor: Tensor; span: Span }[],
  want: Want,
): readonly string[] | undefined {
  const all = new Set(tensors.flatMap((t) => t.tensor.axes));
  const widest = tensors.reduce((a, b) => (b.tensor.axes.length > a.tensor.axes.length ? b : a));
  for (const name of all) {
    const holders = tensors.filter((t) => t.tensor.axes.includes(name));
    for (const h of holders.slice(1)) {
      const a = sizeOf(holders[0]!.tensor, name);
      const b = sizeOf(h.tensor, name);
      const verdict = a.compare(b);
      if (verdict === "different") {
        scope.tracer.report(
          "shape/operands-differ",
          { axis: name, left: String(a), right: String(b) },
          span,
          {
            labels: [
              { span: holders[0]!.span, text: showShape(holders[0]!.tensor) },
              { span: h.span, text: showShape(h.tensor) },
            ],
          },
        );
        return undefined;
      }
      if (verdict === "unknown") scope.tracer.assume(a, "==", b, `axis ${name} has one size`, span);
    }
  }
  if (widest.tensor.axes.length === all.size) {
    const order = want?.every((a) => all.has(a)) && want.length === all.size ? want : widest.tensor.axes;
    return order;
  }
  if (want && [...all].every((a) => want.includes(a))) return want.filter((a) => all.has(a));
  const [a, b] = [
    tensors[0]!,
    tensors.find((t) => t.tensor.axes.some((x) => !tensors[0]!.tensor.axes.includes(x))) ?? tensors[1]!,
  ];
  scope.tracer.report(
    "shape/operands-do-not-meet",
    { left: axesText(a.tensor), right: axesText(b.tensor), example: [...all].map(plain).join(" ") },
    span,
    {
      labels: [
        { span: a.span, text: showShape(a.tensor) },
        { span: b.span, text: showShape(b.tensor) },
      ],
    },
  );
  return undefined;
}

const plain = (axis: string): string => (axis.startsWith("..") ? ".." : axis);

const axesText = (t: Tensor): string => `[${[...new Set(t.axes.map(plain))].join(" ")}]`;

/** A static scalar or a tensor as a tensor of the dtype; undefined (reported) for other kinds. */
export function toTensor(scope: Scope, operand: Operand, dtype?: DType): Tensor | undefined {
  const { val, span } = operand;
  const b = scope.builder;
  if (val.kind === "tensor") {
    const value = b.use(val.tensor.value);
    return { value: dtype ? cast(b, value, dtype) : value, axes: val.tensor.axes };
  }
  if (val.kind === "count") {
    const whole = val.dim.whole !== "no";
    return { value: scalarOf(b, val.dim, dtype ?? (whole ? "i32" : "f32")), axes: [] };
  }
  if (val.kind === "number") return { value: b.scalar(val.value, dtype ?? "f32"), axes: [] };
  if (val.kind === "flag") return { value: b.scalar(val.value ? 1 : 0, dtype ?? "bool"), axes: [] };
  if (val.kind !== "unknown") {
    scope.tracer.report("kind/expected", { expected: "a tensor or a number", found: kindOf(val) }, span);
  }
  return undefined;
}

/** The dtype that arithmetic on the operands has: float as soon as one is float. */
function common(operands: readonly Operand[]): DType {
  const isFloat = (v: Val) =>
    (v.kind === "tensor" && v.tensor.value.dtype === "f32") ||
    v.kind === "number" ||
    (v.kind === "count" && v.dim.whole === "no");
  return operands.some((o) => isFloat(o.val)) ? "f32" : "i32";
}

/** An elementwise op over operands that meet by name; scalars spread. */
export function elementwise(
  scope: Scope,
  op: OpName,
  operands: readonly Operand[],
  dtype: DType | readonly DType[],
  span: Span,
  want: Want,
): Val {
  const tensors: { tensor: Tensor; span: Span }[] = [];
  for (const [i, operand] of operands.entries()) {
    const tensor = toTensor(scope, operand, typeof dtype === "string" ? dtype : dtype[i]!);
    if (!tensor) return unknown;
    tensors.push({ tensor, span: operand.span });
  }
  const axes = meet(scope, span, tensors, want);
  if (!axes) return unknown;
  const b = scope.builder;
  const values = tensors.map((t) => align(b, t.tensor, axes));
  return tensorVal(b.op(op as "add", values, {}), axes);
}

const isStatic = (v: Val): boolean => v.kind === "count" || v.kind === "number";

/** `left op right` for every pair of kinds. */
export function binary(
  scope: Scope,
  op: BinaryOp,
  left: Operand,
  right: Operand,
  span: Span,
  want: Want,
): Val {
  const [l, r] = [left.val, right.val];
  if (l.kind === "unknown" || r.kind === "unknown") return unknown;
  if (l.kind === "hole" || r.kind === "hole") return unknown;
  if (op === "and" || op === "or") return logic(scope, op, left, right, span, want);
  if (op === "==" || op === "!=") {
    const same = identity(l, r);
    if (same !== undefined) return flag((op === "==") === same);
  }
  if (op === "+" && l.kind === "list" && r.kind === "list")
    return { kind: "list", items: [...l.items, ...r.items] };
  if (isStatic(l) && isStatic(r)) {
    if (l.kind === "count" && r.kind === "count" && tooLarge(op, l.dim, r.dim)) {
      scope.tracer.report("limit/count", { bits: limits.bits, terms: limits.terms }, span);
      return unknown;
    }
    const result = statically(op, l, r);
    if (result) return result;
  }
  const numeric = (o: Operand) =>
    isStatic(o.val) || (o.val.kind === "tensor" && o.val.tensor.value.dtype !== "bool");
  for (const o of [left, right]) {
    if (!numeric(o)) {
      scope.tracer.report(
        "kind/expected",
        { expected: `a number or a tensor for \`${op}\``, found: kindOf(o.val) },
        o.span,
      );
      return unknown;
    }
  }
  const dtype = common([left, right]);
  switch (op) {
    case "+":
      return elementwise(scope, "add", [left, right], dtype, span, want);
    case "-":
      return elementwise(scope, "sub", [left, right], dtype, span, want);
    case "*":
      return elementwise(scope, "mul", [left, right], dtype, span, want);
    case "/":
      return elementwise(scope, "div", [left, right], "f32", span, want);
    case "%": {
      if (dtype === "i32") return elementwise(scope, "mod", [left, right], "i32", span, want);
      const quotient = elementwise(scope, "div", [left, right], "f32", span, want);
      if (quotient.kind !== "tensor") return unknown;
      const whole = tensorVal(scope.builder.op("floor", [quotient.tensor.value], {}), quotient.tensor.axes);
      const part = elementwise(scope, "mul", [{ val: whole, span }, right], "f32", span, want);
      return elementwise(scope, "sub", [left, { val: part, span }], "f32", span, want);
    }
    case "^": {
      const exponent = asNumber(r);
      if (exponent === 2 && l.kind === "tensor")
        return elementwise(scope, "mul", [left, left], dtype, span, want);
      return elementwise(scope, "pow", [left, right], "f32", span, want);
    }
    case "<=":
      return elementwise(scope, "le", [left, right], dtype, span, want);
    case "<":
      return elementwise(scope, "lt", [left, right], dtype, span, want);
    case ">=":
      return elementwise(scope, "le", [right, left], dtype, span, want);
    case ">":
      return elementwise(scope, "lt", [right, left], dtype, span, want);
    case "==":
      return elementwise(scope, "eq", [left, right], dtype, span, want);
    case "!=": {
      const equal = elementwise(scope, "eq", [left, right], dtype, span, want);
      return equal.kind === "tensor"
        ? tensorVal(scope.builder.op("not", [equal.tensor.value], {}), equal.tensor.axes)
        : unknown;
    }
  }
}

/** Equality of things that are not numbers: text, flags, `none`. Undefined where numbers decide. */
function identity(l: Val, r: Val): boolean | undefined {
  if (l.kind === "none" || r.kind === "none") return l.kind === r.kind;
  if (l.kind === "text" && r.kind === "text") return l.value === r.value;
  if (l.kind === "flag" && r.kind === "flag") return l.value === r.value;
  return undefined;
}

function logic(scope: Scope, op: "and" | "or", left: Operand, right: Operand, span: Span, want: Want): Val {
  const [l, r] = [left.val, right.val];
  if (l.kind === "flag" && r.kind === "flag")
    return flag(op === "and" ? l.value && r.value : l.value || r.value);
  const conditions = (v: Val): readonly SizeCondition[] | undefined =>
    v.kind === "condition" ? v.all : undefined;
  const [a, b] = [conditions(l), conditions(r)];
  if (a || b) {
    if (op === "and") {
      if ((l.kind === "flag" && !l.value) || (r.kind === "flag" && !r.value)) return flag(false);
      if ((a || l.kind === "flag") && (b || r.kind === "flag"))
        return { kind: "condition", all: [...(a ?? []), ...(b ?? [])] };
    } else {
      if ((l.kind === "flag" && l.value) || (r.kind === "flag" && r.value)) return flag(true);
      if (l.kind === "flag") return r;
      if (r.kind === "flag") return l;
      return unknown;
    }
  }
  for (const o of [left, right]) {
    if (o.val.kind !== "flag" && !(o.val.kind === "tensor" && o.val.tensor.value.dtype === "bool")) {
      scope.tracer.report(
        "kind/expected",
        { expected: `a flag for \`${op}\``, found: kindOf(o.val) },
        o.span,
      );
      return unknown;
    }
  }
  return elementwise(scope, op, [left, right], "bool", span, want);
}

/** Would the exact result outgrow all use? Counts have no bound of their own, so a loop could square one for ever. */
function tooLarge(op: BinaryOp, a: Dim, b: Dim): boolean {
  const bits = (d: Dim) =>
    Math.max(
      0,
      ...d.terms.map((t) => t.coefficient.map((n) => n.toString(2).length).reduce((x, y) => x + y)),
    );
  const [terms, size] = [(d: Dim) => Math.max(1, d.terms.length), (d: Dim) => bits(d)];
  if (op === "*") return terms(a) * terms(b) > limits.terms || size(a) + size(b) > limits.bits;
  if (op !== "^") return false;
  const exponent = Number(b.int ?? 0n);
  return exponent > 0 && (terms(a) ** exponent > limits.terms || size(a) * exponent > limits.bits);
}

/** Arithmetic of counts stays exact; with a number it is a number. Undefined: not static after all. */
function statically(op: BinaryOp, l: Val, r: Val): Val | undefined {
  if (l.kind === "count" && r.kind === "count") {
    const [a, b] = [l.dim, r.dim];
    switch (op) {
      case "+":
        return count(a.plus(b));
      case "-":
        return count(a.minus(b));
      case "*":
        return count(a.times(b));
      case "/":
        return b.isZero ? undefined : count(a.over(b));
      case "%":
        return b.isZero ? undefined : count(a.mod(b));
      case "^": {
        const e = b.int;
        if (e !== undefined && e >= 0n && e <= 64n) return count(a.power(Number(e)));
        break;
      }
      default:
        return compareCounts(op, a, b);
    }
  }
  const [x, y] = [asNumber(l), asNumber(r)];
  if (x === undefined || y === undefined) return undefined;
  switch (op) {
    case "+":
      return number(x + y);
    case "-":
      return number(x - y);
    case "*":
      return number(x * y);
    case "/":
      return number(x / y);
    case "%":
      return number(x - Math.floor(x / y) * y);
    case "^":
      return number(x ** y);
    case "<=":
      return flag(x <= y);
    case "<":
      return flag(x < y);
    case ">=":
      return flag(x >= y);
    case ">":
      return flag(x > y);
    case "==":
      return flag(x === y);
    case "!=":
      return flag(x !== y);
    default:
      return undefined;
  }
}

function compareCounts(op: BinaryOp, a: Dim, b: Dim): Val | undefined {
  const condition = (left: Dim, relation: SizeCondition["relation"], right: Dim): Val => ({
    kind: "condition",
    all: [{ left, relation, right }],
  });
  const atMost = (x: Dim, y: Dim, strict: boolean): Val => {
    const answer = (strict ? x.plus(1) : x).atMost(y);
    return answer === "unknown" ? condition(x, strict ? "<" : "<=", y) : flag(answer === "yes");
  };
  switch (op) {
    case "<=":
      return atMost(a, b, false);
    case "<":
      return atMost(a, b, true);
    case ">=":
      return atMost(b, a, false);
    case ">":
      return atMost(b, a, true);
    case "==":
    case "!=": {
      const verdict = a.compare(b);
      if (verdict === "unknown") return op === "==" ? condition(a, "==", b) : unknown;
      return flag((verdict === "same") === (op === "=="));
    }
    default:
      return undefined;
  }
}

/** `-x`, `not x` */
export function unary(scope: Scope, op: "-" | "not", operand: Operand, span: Span): Val {
  const v = operand.val;
  if (v.kind === "unknown" || v.kind === "hole") return unknown;
  if (op === "not") {
    if (v.kind === "flag") return flag(!v.value);
    if (v.kind === "condition") return unknown;
    if (v.kind === "tensor" && v.tensor.value.dtype === "bool")
      return tensorVal(scope.builder.op("not", [v.tensor.value], {}), v.tensor.axes);
  } else {
    if (v.kind === "count") return count(v.dim.times(-1));
    if (v.kind === "number") return number(-v.value);
    if (v.kind === "tensor" && v.tensor.value.dtype !== "bool")
      return tensorVal(scope.builder.op("neg", [v.tensor.value], {}), v.tensor.axes);
  }
  scope.tracer.report(
    "kind/expected",
    { expected: op === "not" ? "a flag" : "a number or a tensor", found: kindOf(v) },
    span,
  );
  return unknown;
}
