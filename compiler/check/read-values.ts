import type { Expr } from "../../grammar/ast.js";
import { evaluate } from "./expressions.js";
import type { Scope } from "./scope.js";
import { show } from "./values.js";

// What the names and sides of a condition are, for messages.

/** The plain names that arithmetic on sizes reads. */
export function namesIn(expr: Expr): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (e: Expr): void => {
    if (e.kind === "name") names.add(e.name);
    else if (e.kind === "binary") {
      visit(e.left);
      visit(e.right);
    } else if (e.kind === "unary") visit(e.operand);
    else if (e.kind === "call") for (const a of e.args) visit(a.value);
  };
  visit(expr);
  return names;
}

/** The names that a condition rests on, those whose members it reads included. */
export function groundsOf(condition: Expr): readonly string[] {
  const members: string[] = [];
  const visit = (e: Expr): void => {
    if (e.kind === "member") visit(e.target);
    else if (e.kind === "name") members.push(e.name);
    else if (e.kind === "index") visit(e.target);
    else if (e.kind === "binary") {
      visit(e.left);
      visit(e.right);
    } else if (e.kind === "unary") visit(e.operand);
    else if (e.kind === "call") for (const a of e.args) visit(a.value);
  };
  visit(condition);
  return members;
}

/** What stands on the sides of the comparisons in a condition, where it is more than a name: `sum(dims)` as 24. */
export function sidesIn(condition: Expr, scope: Scope): string[] {
  if (condition.kind === "unary") return sidesIn(condition.operand, scope);
  if (condition.kind !== "binary") return [];
  if (condition.op === "and" || condition.op === "or")
    return [...new Set([...sidesIn(condition.left, scope), ...sidesIn(condition.right, scope)])];
  const sides = [condition.left, condition.right].flatMap((side) => {
    if (side.kind === "name" || side.kind === "number") return [];
    const val = evaluate(side, scope);
    const text = scope.tracer.program.source(side.span.file)?.slice(side.span.start, side.span.end);
    return text !== undefined && val.kind === "count"
      ? [`\`${text.replace(/\s+/g, " ")}\` as ${show(val)}`]
      : [];
  });
  return [...new Set(sides)];
}

/** The values of the names in an expression, for messages: `T` as 100, `chunk` as 64. */
export function valuesIn(expr: Expr, scope: Scope): string[] {
  return [...namesIn(expr)].flatMap((name) => {
    const val =
      scope.find(name) ??
      scope.outer?.(name, expr.span) ??
      (scope.axes.sizes.has(name)
        ? ({ kind: "count", dim: scope.axes.sizes.get(name)!.size } as const)
        : undefined);
    const isPlain = val?.kind === "list" && val.items.every((v) => v.kind === "count" || v.kind === "number");
    return val && (isPlain || val.kind === "count" || val.kind === "number" || val.kind === "flag")
      ? [`\`${name}\` as ${show(val)}`]
      : [];
  });
}
