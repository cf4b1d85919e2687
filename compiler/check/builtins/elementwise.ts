import type { OpName } from "../../ops/index.js";
import { elementwise, type Operand } from "../operands.js";
import { asNumber, count, kindOf, number, tensorVal, unknown, type Val } from "../values.js";
import type { BuiltinCall } from "./context.js";

type Rule = (call: BuiltinCall) => Val;

/** A function of one number or tensor; exact on static numbers, an op on tensors. */
function map(op: OpName, statically: (x: number) => number): Rule {
  return (call) => {
    if (!call.takes(1, 1)) return unknown;
    const val = call.value(0, call.want);
    const n = val.kind === "tensor" ? undefined : asNumber(val);
    if (n !== undefined) {
      const result = statically(n);
      if (Number.isNaN(result)) {
        call.scope.tracer.report("number/undefined", { call: `${call.name}(${n})` }, call.span);
        return unknown;
      }
      return number(result);
    }
    if (val.kind === "unknown" || val.kind === "hole") return unknown;
    return elementwise(
      call.scope,
      op,
      [{ val, span: call.positional[0]!.span }],
      "f32",
      call.span,
      call.want,
    );
  };
}

const operands = (call: BuiltinCall): Operand[] =>
  call.positional.map((e, i) => ({ val: call.value(i, call.want), span: e.span }));
const anyUnknown = (list: readonly Operand[]): boolean =>
  list.some((o) => o.val.kind === "unknown" || o.val.kind === "hole");

/** `maximum`, `minimum`: exact between counts. */
function pick(op: "maximum" | "minimum"): Rule {
  return (call) => {
    if (!call.takes(2, 2)) return unknown;
    const [a, b] = operands(call) as [Operand, Operand];
    if (anyUnknown([a, b])) return unknown;
    if (a.val.kind === "count" && b.val.kind === "count") {
      return count(op === "maximum" ? a.val.dim.max(b.val.dim) : a.val.dim.min(b.val.dim));
    }
    const [x, y] = [asNumber(a.val), asNumber(b.val)];
    if (x !== undefined && y !== undefined) return number(op === "maximum" ? Math.max(x, y) : Math.min(x, y));
    const isFloat = [a, b].some(
      (o) => o.val.kind === "number" || (o.val.kind === "tensor" && o.val.tensor.value.dtype === "f32"),
    );
    return elementwise(call.scope, op, [a, b], isFloat ? "f32" : "i32", call.span, call.want);
  };
}

const where: Rule = (call) => {
  if (!call.takes(3, 3)) return unknown;
  const [c, a, b] = operands(call) as [Operand, Operand, Operand];
  if (anyUnknown([c, a, b])) return unknown;
  if (c.val.kind === "flag") return c.val.value ? a.val : b.val;
  if (c.val.kind !== "tensor" || c.val.tensor.value.dtype !== "bool") {
    call.expected("a condition (a flag tensor) first", c.val, c.span);
    return unknown;
  }
  const dtypeOf = (v: Val) =>
    v.kind === "tensor"
      ? v.tensor.value.dtype
      : v.kind === "count"
        ? "i32"
        : v.kind === "flag"
          ? "bool"
          : "f32";
  const kinds = [dtypeOf(a.val), dtypeOf(b.val)];
  const dtype = kinds.includes("f32") ? "f32" : kinds.includes("i32") ? "i32" : "bool";
  return elementwise(call.scope, "select", [c, a, b], ["bool", dtype, dtype], call.span, call.want);
};

const clip: Rule = (call) => {
  if (!call.takes(3, 3)) return unknown;
  const [x, low, high] = operands(call) as [Operand, Operand, Operand];
  if (anyUnknown([x, low, high])) return unknown;
  const n = [x, low, high].map((o) => asNumber(o.val));
  if (n.every((v) => v !== undefined)) return number(Math.min(Math.max(n[0]!, n[1]!), n[2]!));
  const isFloat = [x, low, high].some(
    (o) => o.val.kind === "number" || (o.val.kind === "tensor" && o.val.tensor.value.dtype === "f32"),
  );
  const dtype = isFloat ? "f32" : "i32";
  const raised = elementwise(call.scope, "maximum", [x, low], dtype, call.span, call.want);
  return raised.kind === "unknown"
    ? unknown
    : elementwise(call.scope, "minimum", [{ val: raised, span: x.span }, high], dtype, call.span, call.want);
};

const floorDiv: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const [a, b] = operands(call) as [Operand, Operand];
  if (anyUnknown([a, b])) return unknown;
  if (a.val.kind === "count" && b.val.kind === "count") {
    if (b.val.dim.isZero) {
      call.scope.tracer.report("count/divided-by-zero", { values: [] }, b.span);
      return unknown;
    }
    return count(a.val.dim.floorDiv(b.val.dim));
  }
  const [x, y] = [asNumber(a.val), asNumber(b.val)];
  if (x !== undefined && y !== undefined) return number(Math.floor(x / y));
  return elementwise(call.scope, "floor_div", [a, b], "i32", call.span, call.want);
};

/** `round_up(n, m)`: the least multiple of m not below n. */
const roundUp: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const [a, b] = operands(call) as [Operand, Operand];
  if (anyUnknown([a, b])) return unknown;
  if (a.val.kind === "count" && b.val.kind === "count" && !b.val.dim.isZero)
    return count(a.val.dim.ceilDiv(b.val.dim).times(b.val.dim));
  const [x, y] = [asNumber(a.val), asNumber(b.val)];
  if (x !== undefined && y !== undefined && Number.isInteger(y) && y > 0) return count(Math.ceil(x / y) * y);
  call.expected("two counts", a.val.kind === "count" ? b.val : a.val, call.span);
  return unknown;
};

const floor: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const val = call.value(0, call.want);
  if (val.kind === "count") return count(val.dim.floorDiv(1));
  const n = asNumber(val);
  if (n !== undefined) return count(Math.floor(n));
  if (val.kind === "unknown") return unknown;
  return elementwise(call.scope, "floor", [{ val, span: call.span }], "f32", call.span, call.want);
};

const abs: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const val = call.value(0, call.want);
  const n = asNumber(val);
  if (n !== undefined)
    return val.kind === "count" ? count(val.dim.times(n < 0 ? -1 : 1)) : number(Math.abs(n));
  if (val.kind === "unknown") return unknown;
  const dtype = val.kind === "tensor" && val.tensor.value.dtype === "i32" ? "i32" : "f32";
  return elementwise(call.scope, "abs", [{ val, span: call.span }], dtype, call.span, call.want);
};

/** Between a flag or int tensor and a float one, or ints: `float(x)`, `int(x)`. */
const castTo =
  (dtype: "f32" | "i32"): Rule =>
  (call) => {
    if (!call.takes(1, 1)) return unknown;
    const t = call.tensor(0);
    if (!t) return unknown;
    const value = t.value.dtype === dtype ? t.value : call.scope.builder.op("cast", [t.value], { to: dtype });
    return tensorVal(value, t.axes);
  };

const stopGradient: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const t = call.tensor(0);
  return t ? tensorVal(call.scope.builder.op("stop_gradient", [t.value], {}), t.axes) : unknown;
};

/** `dropout(x, rate)`: nothing outside training, where no graph draws yet; the rate is checked all the same. */
const dropout: Rule = (call) => {
  if (!call.takes(2, 2)) return unknown;
  const rate = call.value(1);
  const n = asNumber(rate);
  if (n === undefined) call.expected("a number as rate", rate, call.positional[1]!.span);
  else if (n < 0 || n >= 1) {
    call.scope.tracer.report(
      "kind/out-of-range",
      { what: "the rate of `dropout`", value: String(n), low: "0", high: "1", inclusive: false },
      call.positional[1]!.span,
    );
  } else if (n > 0 && call.scope.tracer.training) call.scope.tracer.untrainable.add("`dropout`");
  return call.value(0);
};

const len: Rule = (call) => {
  if (!call.takes(1, 1)) return unknown;
  const val = call.value(0);
  if (val.kind === "list" || val.kind === "tuple") return count(val.items.length);
  if (val.kind !== "unknown")
    call.scope.tracer.report("kind/expected", { expected: "a list", found: kindOf(val) }, call.span);
  return unknown;
};

export const elementwiseRules: Readonly<Record<string, { rule: Rule; usage: string }>> = {
  exp: { rule: map("exp", Math.exp), usage: "exp(x)" },
  log: { rule: map("log", Math.log), usage: "log(x)" },
  sqrt: { rule: map("sqrt", Math.sqrt), usage: "sqrt(x)" },
  rsqrt: { rule: map("rsqrt", (x) => 1 / Math.sqrt(x)), usage: "rsqrt(x)" },
  tanh: { rule: map("tanh", Math.tanh), usage: "tanh(x)" },
  erf: { rule: map("erf", () => Number.NaN), usage: "erf(x)" },
  sigmoid: { rule: map("logistic", (x) => 1 / (1 + Math.exp(-x))), usage: "sigmoid(x)" },
  sin: { rule: map("sin", Math.sin), usage: "sin(x)" },
  cos: { rule: map("cos", Math.cos), usage: "cos(x)" },
  sign: { rule: map("sign", Math.sign), usage: "sign(x)" },
  floor: { rule: floor, usage: "floor(x)" },
  abs: { rule: abs, usage: "abs(x)" },
  maximum: { rule: pick("maximum"), usage: "maximum(a, b)" },
  minimum: { rule: pick("minimum"), usage: "minimum(a, b)" },
  where: { rule: where, usage: "where(condition, then, otherwise)" },
  clip: { rule: clip, usage: "clip(x, low, high)" },
  floor_div: { rule: floorDiv, usage: "floor_div(a, b)" },
  round_up: { rule: roundUp, usage: "round_up(n, multiple)" },
  float: { rule: castTo("f32"), usage: "float(x)" },
  int: { rule: castTo("i32"), usage: "int(x)" },
  stop_gradient: { rule: stopGradient, usage: "stop_gradient(x)" },
  dropout: { rule: dropout, usage: "dropout(x, rate)" },
  len: { rule: len, usage: "len(list)" },
};
