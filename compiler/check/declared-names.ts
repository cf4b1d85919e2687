import type { Axis, Expr, PatternAxis, Shape, Stmt } from "../../grammar/ast.js";
import { directlyIn } from "./directly-in.js";

/** The axes that a shape names. */
export const axisNames = (shape: Shape): string[] =>
  shape.axes.flatMap((a: Axis) => (a.kind === "axis" ? [a.name.text] : []));

const patternNames = (axes: readonly PatternAxis[]): string[] =>
  axes.flatMap((a) => (a.kind === "axis" ? [a.name.text] : []));

/** The names that statements bring: weights, states, lines, and the axes that shapes and patterns name. */
export function collect(body: readonly Stmt[], known: Set<string>): void {
  for (const stmt of body) {
    switch (stmt.kind) {
      case "weight":
      case "state":
      case "random":
        for (const n of stmt.names) known.add(n.text);
        for (const a of axisNames(stmt.shape)) known.add(a);
        break;
      case "let":
        for (const n of stmt.names) known.add(n.text);
        if (stmt.shape) for (const a of axisNames(stmt.shape)) known.add(a);
        collectExpr(stmt.value, known);
        break;
      case "instances":
        for (const n of stmt.names) known.add(n.text);
        break;
      case "if":
        collect(stmt.then, known);
        collect(stmt.otherwise ?? [], known);
        break;
      case "fn":
        known.add(stmt.name.text);
        collectExpr(stmt.body, known);
        break;
      case "inverse":
        collect(stmt.body, known);
        break;
      case "return":
        for (const e of stmt.values) collectExpr(e, known);
        break;
      case "next":
      case "loss":
      case "expr":
        collectExpr(stmt.value, known);
        break;
    }
  }
}

/** The axes that expressions name: einsum patterns, slices, `A B -> P`; and what the lines of a loop bring. */
export function collectExpr(expr: Expr, known: Set<string>): void {
  for (const inner of directlyIn(expr)) collectExpr(inner, known);
  if (expr.kind === "pattern") {
    for (const a of [...patternNames(expr.from), ...patternNames(expr.to)]) known.add(a);
  } else if (expr.kind === "einsum") {
    for (const s of [...expr.inputs, expr.output]) for (const a of axisNames(s)) known.add(a);
  } else if (expr.kind === "index") {
    for (const s of expr.subscripts) if (s.kind === "slice" && s.as) known.add(s.as.text);
  } else if (expr.kind === "for" || expr.kind === "for-along") collect(expr.body, known);
}
