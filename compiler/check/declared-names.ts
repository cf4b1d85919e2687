import type { Axis, Expr, PatternAxis, Shape, Stmt } from "../../grammar/ast.js";

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

/** The axes that expressions name: einsum patterns, slices, `A B -> P`. */
export function collectExpr(expr: Expr, known: Set<string>): void {
  const all = (list: readonly (Expr | undefined)[]) => list.forEach((e) => void (e && collectExpr(e, known)));
  switch (expr.kind) {
    case "list":
    case "tuple":
      all(expr.items);
      return;
    case "unary":
      collectExpr(expr.operand, known);
      return;
    case "binary":
      all([expr.left, expr.right]);
      return;
    case "if-else":
      all([expr.condition, expr.then, expr.otherwise]);
      return;
    case "call":
      all(expr.args.map((a) => a.value));
      collectExpr(expr.callee, known);
      return;
    case "pattern":
      for (const a of [...patternNames(expr.from), ...patternNames(expr.to)]) known.add(a);
      return;
    case "einsum":
      for (const s of [...expr.inputs, expr.output]) for (const a of axisNames(s)) known.add(a);
      all(expr.args);
      return;
    case "index":
      collectExpr(expr.target, known);
      for (const s of expr.subscripts) {
        if (s.kind === "slice") {
          if (s.as) known.add(s.as.text);
          all([s.from, s.to]);
        } else collectExpr(s.index, known);
      }
      return;
    case "member":
      collectExpr(expr.target, known);
      return;
    case "for":
    case "for-along":
      collect(expr.body, known);
      return;
    default:
      return;
  }
}
