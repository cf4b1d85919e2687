import type { Expr, Name, Span } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { Dim } from "../dim/dim.js";
import { makeRecipe } from "./arguments.js";
import { binary, unary } from "./arithmetic.js";
import { callBuiltin, isBuiltin } from "./builtins/index.js";
import { callLayer } from "./calls.js";
import { evaluateEinsum } from "./einsum.js";
import { callFn } from "./functions.js";
import { evaluateIndex } from "./index-form.js";
import { evaluateFor, evaluateForAlong } from "./loops.js";
import { member } from "./members.js";
import { flagHelps, type Want } from "./operands.js";
import { valuesIn } from "./read-values.js";
import { Scope } from "./scope.js";
import { type Bound, count, flag, isLost, kindOf, none, number, unknown, type Val } from "./values.js";

/** The largest finite float with a minus: what masks put where nothing may be seen. */
export const LOWEST = -3.4028234663852886e38;

/** Names that mean the same everywhere. */
export const constants = ["true", "false", "none", "lowest", "past", "training", "decoding"] as const;

/**
 * The value of an expression. Total: what is wrong is reported once, and `unknown` silences what follows from it.
 * `want` are the axes of the result where its shape was written.
 */
export function evaluate(expr: Expr, scope: Scope, want?: Want): Val {
  if (!scope.tracer.step(expr.span)) return unknown;
  switch (expr.kind) {
    case "missing":
      return unknown;
    case "number":
      if (!expr.whole) return number(expr.value);
      return count(scope.tracer.trial?.read(expr) ?? Dim.rational(expr.exact[0], expr.exact[1]));
    case "quantity":
      scope.tracer.report("kind/quantity-here", { written: expr.written }, expr.span);
      return unknown;
    case "text":
      return { kind: "text", value: expr.value };
    case "name":
      return lookUp(scope, expr.name, expr.span);
    case "next-value":
      return nextValue(scope, expr.name);
    case "list":
      return {
        kind: "list",
        items: (scope.tracer.trial?.items(expr) ?? expr.items).map((e) => evaluate(e, scope)),
      };
    case "tuple":
      return { kind: "tuple", items: expr.items.map((e) => evaluate(e, scope)) };
    case "unary":
      return unary(
        scope,
        expr.op,
        { val: evaluate(expr.operand, scope, want), span: expr.operand.span },
        expr.span,
      );
    case "binary": {
      const left = { val: evaluate(expr.left, scope, want), span: expr.left.span };
      const right = { val: evaluate(expr.right, scope, want), span: expr.right.span };
      const isZero = right.val.kind === "count" && right.val.dim.isZero && left.val.kind !== "tensor";
      if (isZero && (expr.op === "/" || expr.op === "%")) {
        const values = valuesIn(expr.right, scope);
        scope.tracer.report("count/divided-by-zero", { values }, expr.right.span);
        return unknown;
      }
      return binary(scope, expr.op, left, right, expr.span, want);
    }
    case "if-else": {
      const chosen = decide(scope, expr.condition);
      if (chosen === undefined) return unknown;
      return evaluate(chosen ? expr.then : expr.otherwise, scope, want);
    }
    case "einsum":
      return evaluateEinsum(expr, scope);
    case "index":
      return evaluateIndex(expr, scope);
    case "member":
      return member(evaluate(expr.target, scope), expr.name, scope);
    case "call":
      return call(expr, scope, want);
    case "for":
      return evaluateFor(expr, scope);
    case "for-along":
      return evaluateForAlong(expr, scope);
    case "pattern":
      scope.tracer.report("kind/pattern-here", {}, expr.span);
      return unknown;
    case "hole":
      return { kind: "hole", span: expr.span };
  }
}

/** A static condition; undefined where it is reported or cannot be decided. */
export function decide(scope: Scope, condition: Expr): boolean | undefined {
  const val = evaluate(condition, scope);
  if (val.kind === "flag") return val.value;
  if (val.kind === "unknown" || val.kind === "hole") return scope.tracer.generic ? true : undefined;
  if (val.kind === "condition") {
    if (scope.tracer.generic) return true;
    const text = val.all.map((c) => `${c.left} ${c.relation} ${c.right}`).join(" and ");
    scope.tracer.report("size/undecidable", { condition: text }, condition.span);
    return undefined;
  }
  scope.tracer.report(
    "kind/expected",
    { expected: "a flag", found: kindOf(val), helps: flagHelps(val) },
    condition.span,
  );
  return undefined;
}

function lookUp(scope: Scope, name: string, span: Span): Val {
  const found = scope.find(name);
  if (found) return found;
  switch (name) {
    case "true":
    case "false":
      return flag(name === "true");
    case "none":
      return none;
    case "lowest":
      return number(LOWEST);
    case "past":
      scope.tracer.readsPast = true;
      return count(scope.tracer.past);
    case "training":
      scope.tracer.readsTraining = true;
      return flag(scope.tracer.training);
    case "decoding":
      scope.tracer.readsDecoding = true;
      return flag(scope.tracer.decoding);
  }
  const axis = scope.axes.sizes.get(name);
  if (axis) return count(axis.size);
  const outer = scope.outer?.(name, span);
  if (outer) return outer;
  const { program } = scope.tracer;
  // The resolver has reported names that stand nowhere, and those that a failed import was to bring.
  if (program.unresolved.size > 0 && program.unresolved.has(`${span.file}:${span.start}`)) return unknown;
  const declared = program.lookup(scope.file, name);
  if (declared?.decl.kind === "layer") {
    return { kind: "recipe", recipe: { decl: declared.decl, file: declared.file, args: new Map(), span } };
  }
  if (declared?.decl.kind === "fn") {
    return {
      kind: "fn",
      decl: declared.decl,
      scope: new Scope({ tracer: scope.tracer, builder: scope.builder, file: declared.file }),
    };
  }
  // Here only what the resolver cannot see.
  if (scope.axes.lost.has(name)) return unknown;
  if (isBuiltin(name)) scope.tracer.report("name/function-as-value", { name }, span);
  else if (/^[A-Z]/.test(name))
    scope.tracer.report(
      "shape/unknown-axis",
      { axis: name, near: nearest(name, [...scope.axes.sizes.keys()]), known: [...scope.axes.sizes.keys()] },
      span,
    );
  else scope.tracer.report("name/not-yet", { name }, span);
  return unknown;
}

function nextValue(scope: Scope, name: Name): Val {
  const state = scope.states.get(name.text);
  if (state?.next) return { kind: "tensor", tensor: state.next };
  if (state) scope.tracer.report("state/next-not-set", { name: name.text }, name.span);
  else
    scope.tracer.report(
      "name/unknown-state",
      { name: name.text, near: nearest(name.text, [...scope.states.keys()]) },
      name.span,
    );
  return unknown;
}

function call(expr: Expr & { kind: "call" }, scope: Scope, want: Want): Val {
  const { callee } = expr;
  if (callee.kind === "name" && isBuiltin(callee.name) && !scope.find(callee.name)) {
    return callBuiltin(callee.name, expr, scope, want);
  }
  const target = evaluate(callee, scope);
  const args: { name: Name | undefined; bound: Bound }[] = expr.args.map((a) => ({
    name: a.name,
    bound: { val: evaluate(a.value, scope), span: a.value.span },
  }));
  switch (target.kind) {
    case "unknown":
      if (target.isLayer) scope.tracer.standIns++;
      return target.isLayer ? passedOn(args) : unknown;
    case "hole":
      return unknown;
    case "recipe": {
      for (const { name, value, at } of scope.tracer.trial?.added(expr, target.recipe.decl, args) ?? [])
        args.splice(at, 1, {
          name: { text: name, span: expr.span },
          bound: { val: typeof value === "boolean" ? flag(value) : count(value), span: expr.span },
        });
      const inPlace = args.some(
        (a) => !a.name && (a.bound.val.kind === "tensor" || a.bound.val.kind === "tuple"),
      );
      if (inPlace && args.some((a) => isLost(a.bound.val))) return unknown;
      if (inPlace) return callLayer(scope, target, args, expr.span);
      // A missing tensor that was already reported must not turn a call into a recipe.
      if (args.some((a) => !a.name && isLost(a.bound.val))) return unknown;
      return makeRecipe(scope, target.recipe, args, expr.span);
    }
    case "instance":
      if (args.some((a) => isLost(a.bound.val))) return unknown;
      return callLayer(scope, target, args, expr.span);
    case "stack":
      if (args.some((a) => a.bound.val.kind === "unknown")) return unknown;
      return target.run(
        args.map((a) => a.bound),
        scope,
        expr.span,
      );
    case "fn":
      return callFn(scope, target.decl, target.scope, args, expr.span);
    default:
      scope.tracer.report(
        "kind/not-callable",
        { found: kindOf(target), name: callee.kind === "name" ? callee.name : undefined },
        callee.span,
      );
      return unknown;
  }
}

/** What a layer that is not known leaves of its input: most keep a tensor's shape, those that read integers do not. */
function passedOn(args: readonly { readonly bound: Bound }[]): Val {
  const first = args[0]?.bound.val;
  return first?.kind === "tensor" && first.tensor.value.dtype === "f32" ? first : unknown;
}
