import type { BinaryOp, Span } from "../../grammar/ast.js";
import type { DType } from "../ir/graph.js";
import { elementwise, flagHelps, type Operand, type Want } from "./operands.js";
import type { Scope } from "./scope.js";
import { statically, tooLarge, tooLong, workOf } from "./static-arithmetic.js";
import { limits } from "./tracer.js";
import {
  asNumber,
  count,
  flag,
  kindOf,
  number,
  type SizeCondition,
  tensorVal,
  unknown,
  type Val,
} from "./values.js";

/** The dtype that arithmetic on the operands has: float as soon as one is float. */
function common(operands: readonly Operand[]): DType {
  const isFloat = (v: Val) =>
    (v.kind === "tensor" && v.tensor.value.dtype === "f32") ||
    v.kind === "number" ||
    (v.kind === "count" && v.dim.whole === "no");
  return operands.some((o) => isFloat(o.val)) ? "f32" : "i32";
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
  if (op === "+" && l.kind === "list" && r.kind === "list") {
    // A list that is added to itself on every line would outgrow the memory.
    if (!scope.tracer.step(span, l.items.length + r.items.length)) return unknown;
    return { kind: "list", items: [...l.items, ...r.items] };
  }
  if (isStatic(l) && isStatic(r)) {
    if (l.kind === "count" && r.kind === "count" && tooLarge(op, l.dim, r.dim)) {
      scope.tracer.report("limit/count", limits, span);
      return unknown;
    }
    const result = statically(op, l, r);
    if (result && !scope.tracer.step(span, workOf(result))) return unknown;
    if (result && tooLong(result)) {
      scope.tracer.report("limit/count", limits, span);
      return unknown;
    }
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
        { expected: `a flag for \`${op}\``, found: kindOf(o.val), helps: flagHelps(o.val) },
        o.span,
      );
      return unknown;
    }
  }
  return elementwise(scope, op, [left, right], "bool", span, want);
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
    {
      expected: op === "not" ? "a flag" : "a number or a tensor",
      found: kindOf(v),
      helps: op === "not" ? flagHelps(v) : [],
    },
    span,
  );
  return unknown;
}
