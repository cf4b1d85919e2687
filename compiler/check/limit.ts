import type { Call, Expr, Span } from "../../grammar/ast.js";
import type { CodeName } from "../diagnostics/codes.js";
import type { DataOf, Place } from "../diagnostics/sink.js";
import {
  combineUnits,
  inBytes,
  inFlop,
  inSeconds,
  inTokens,
  minus,
  over,
  plus,
  type Quantity,
  type Rational,
  rational,
  sameUnit,
  times,
  unitless,
  unitName,
} from "../dim/quantity.js";
import type { Circumstances, Point, Setting, Settings } from "./point.js";
import { pointOf } from "./point.js";

/** Hexadecimal digits beyond which a power is refused, so that no limit takes long to work out. */
const MAX_DIGITS = 1024;

/** A figure of the model at a point, with the terms it is the sum of. */
export interface Reading {
  readonly quantity: Quantity;
  readonly terms: readonly { readonly label: string; readonly value: Rational }[];
  /** For a person, where there are no terms. */
  readonly why?: string;
  /** Tokens that the figure is for, so that it can be compared per token. */
  readonly tokens: bigint;
}

export type Measured =
  | { readonly kind: "reading"; readonly reading: Reading }
  | { readonly kind: "not-yet"; readonly why: string }
  | { readonly kind: "no-data"; readonly why: string }
  /** All figures of the spec take too long; `first` where nobody has been told. */
  | { readonly kind: "too-much"; readonly first: boolean };

/** Reads figures of one model; `check/meter.ts` makes one from the cost analysis. */
export interface Meter {
  readonly names: readonly string[];
  /** `words` are the arguments that are not sizes: `adam` of `memory.train(adam)`, `seq` of `growth(seq)`. */
  read(metric: string, words: readonly string[], point: Point): Measured;
  /** No figure is read any more, which has been told. */
  isSpent?(): boolean;
  /** For what only makes a message more helpful: it may take less. */
  readonly aside?: Meter;
  /** The same model under what a profile says. */
  under?(circumstances: Circumstances): Meter;
  /** Words that a metric takes. */
  words(metric: string): readonly string[];
}

export interface LimitContext {
  readonly meter: Meter;
  readonly settings: Settings;
  /** A field of the model, where it is a whole number or another one. */
  field(name: string): Rational | undefined;
  readonly fieldNames: readonly string[];
  report<K extends CodeName>(code: K, data: DataOf<K>, place: Place): void;
  /** Told of every figure read. */
  onReading?(reading: Reading, settings: Settings, metric: string): void;
}

/** The value of one side of a constraint; undefined where a problem was reported. */
export function evaluateLimit(expr: Expr, context: LimitContext): Quantity | undefined {
  switch (expr.kind) {
    case "missing":
      return undefined;
    case "number":
      return { value: rational(...expr.exact), unit: unitless };
    case "quantity": {
      const unit = { bytes: inBytes, flop: inFlop, seconds: inSeconds }[expr.unit];
      const decimal = expr.unit === "bytes" && !/i/i.test(expr.written.replace(/^.*\s/, ""));
      return { value: rational(...expr.exact), unit, ...(decimal ? { decimal } : {}) };
    }
    case "name":
      return named(expr.name, expr.span, context);
    case "member": {
      const metric = pathOf(expr);
      return metric === undefined
        ? notQuantity(expr, context)
        : measure(metric, [], context.settings, expr.span, context);
    }
    case "call":
      return called(expr, context);
    case "unary": {
      const operand = expr.op === "-" ? evaluateLimit(expr.operand, context) : notQuantity(expr, context);
      return operand === undefined ? undefined : { ...operand, value: times(operand.value, [-1n, 1n]) };
    }
    case "binary":
      return arithmetic(expr, context);
    default:
      return notQuantity(expr, context);
  }
}

/** `params.active` of a chain of names. */
export function pathOf(expr: Expr): string | undefined {
  if (expr.kind === "name") return expr.name;
  if (expr.kind !== "member") return undefined;
  const target = pathOf(expr.target);
  return target === undefined ? undefined : `${target}.${expr.name.text}`;
}

function named(name: string, span: Span, context: LimitContext): Quantity | undefined {
  if (name === "token" || name === "tokens") return { value: [1n, 1n], unit: inTokens };
  const field = context.field(name);
  if (field !== undefined) return { value: field, unit: unitless };
  const setting = context.settings.get(name);
  if (setting !== undefined) return { value: [setting.value, 1n], unit: unitless };
  const known = [...context.meter.names, ...context.fieldNames, ...context.settings.keys(), "token"];
  if (context.meter.names.includes(name)) return measure(name, [], context.settings, span, context);
  context.report("budget/unknown-name", { name, known }, { span });
  return undefined;
}

function measure(
  metric: string,
  words: readonly string[],
  settings: Settings,
  span: Span,
  context: LimitContext,
): Quantity | undefined {
  if (!context.meter.names.includes(metric)) {
    context.report("budget/unknown-metric", { name: metric, known: context.meter.names }, { span });
    return undefined;
  }
  const shown = words.length === 0 ? metric : `${metric}(${words.join(", ")})`;
  const measured = context.meter.read(metric, words, pointOf(settings));
  if (measured.kind === "reading") {
    context.onReading?.(measured.reading, settings, shown);
    return measured.reading.quantity;
  }
  if (measured.kind === "too-much") {
    if (measured.first) context.report("limit/figures", {}, { span });
    return undefined;
  }
  context.report(
    measured.kind === "not-yet" ? "budget/not-yet" : "budget/no-data",
    { metric, why: measured.why },
    { span },
  );
  return undefined;
}

/** `memory.train(adam, batch = 8)`: sizes by name, other words by place. */
function called(call: Call, context: LimitContext): Quantity | undefined {
  const metric = pathOf(call.callee);
  if (metric === undefined) return notQuantity(call, context);
  if (!context.meter.names.includes(metric)) {
    context.report(
      "budget/unknown-metric",
      { name: metric, known: context.meter.names },
      { span: call.callee.span },
    );
    return undefined;
  }
  const settings = new Map<string, Setting>(context.settings);
  const words: string[] = [];
  const takes = context.meter.words(metric);
  let wrong = false;
  const refuse = (name: string, span: Span) => {
    context.report(
      "budget/unknown-argument",
      { name, metric, known: [...takes, ...context.settings.keys()] },
      { span },
    );
    wrong = true;
  };
  for (const arg of call.args) {
    if (arg.name === undefined) {
      const word = arg.value.kind === "name" ? arg.value.name : undefined;
      if (word !== undefined && takes.includes(word)) words.push(word);
      else refuse(word ?? "this argument", arg.span);
    } else if (context.settings.has(arg.name.text)) {
      const value = evaluateLimit(arg.value, context);
      if (value === undefined) wrong = true;
      else if (!sameUnit(value.unit, unitless) || value.value[1] !== 1n || value.value[0] < 0n) {
        context.report(
          "budget/not-a-quantity",
          { what: `this value of \`${arg.name.text}\`` },
          { span: arg.value.span },
        );
        wrong = true;
      } else settings.set(arg.name.text, { value: value.value[0], span: arg.span });
    } else refuse(arg.name.text, arg.name.span);
  }
  return wrong ? undefined : measure(metric, words, settings, call.span, context);
}

function arithmetic(expr: Expr & { kind: "binary" }, context: LimitContext): Quantity | undefined {
  const left = evaluateLimit(expr.left, context);
  const right = evaluateLimit(expr.right, context);
  if (left === undefined || right === undefined) return undefined;
  const decimal = left.decimal ?? right.decimal;
  const made = (value: Rational, unit = left.unit): Quantity => ({
    value,
    unit,
    ...(decimal === undefined ? {} : { decimal }),
  });
  const mixed = () => {
    const data = { op: expr.op, left: unitName(left.unit), right: unitName(right.unit) };
    context.report("budget/arithmetic-units", data, { span: expr.span });
    return undefined;
  };
  switch (expr.op) {
    case "+":
    case "-":
      if (!sameUnit(left.unit, right.unit)) return mixed();
      return made(expr.op === "+" ? plus(left.value, right.value) : minus(left.value, right.value));
    case "*":
      return made(times(left.value, right.value), combineUnits(left.unit, right.unit, 1));
    case "/":
      if (right.value[0] === 0n) {
        context.report("budget/divides-by-zero", {}, { span: expr.span });
        return undefined;
      }
      return made(over(left.value, right.value), combineUnits(left.unit, right.unit, -1));
    case "^": {
      const exponent = right.value[1] === 1n ? right.value[0] : -1n;
      if (!sameUnit(left.unit, unitless) || !sameUnit(right.unit, unitless) || exponent < 0n) return mixed();
      if (exponent > 64n || digits(left.value) * Number(exponent) > MAX_DIGITS) {
        context.report("budget/not-a-quantity", { what: "so large a power" }, { span: expr.span });
        return undefined;
      }
      return made([left.value[0] ** exponent, left.value[1] ** exponent]);
    }
    default:
      return notQuantity(expr, context);
  }
}

function digits(value: Rational): number {
  return Math.max(value[0].toString(16).length, value[1].toString(16).length);
}

function notQuantity(expr: Expr, context: LimitContext): undefined {
  const what: Partial<Record<Expr["kind"], string>> = {
    text: "a text",
    list: "a list",
    einsum: "an einsum",
    index: "an index",
    hole: "a hole",
    binary: "a comparison",
    "if-else": "a choice",
  };
  context.report("budget/not-a-quantity", { what: what[expr.kind] ?? "this" }, { span: expr.span });
  return undefined;
}
