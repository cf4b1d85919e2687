import type { Expr } from "../../grammar/ast.js";

/** The expressions that one is made of, in their order; those in the body of a loop are of its lines. */
export function directlyIn(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case "list":
    case "tuple":
      return expr.items;
    case "unary":
      return [expr.operand];
    case "binary":
      return [expr.left, expr.right];
    case "if-else":
      return [expr.condition, expr.then, expr.otherwise];
    case "call":
      return [expr.callee, ...expr.args.map((a) => a.value)];
    case "einsum":
      return expr.args;
    case "index":
      return [
        expr.target,
        ...expr.subscripts.flatMap((s) => (s.kind === "at" ? [s.index] : s.to ? [s.from, s.to] : [s.from])),
      ];
    case "member":
      return [expr.target];
    case "for":
      return expr.range.to ? [expr.range.from, expr.range.to] : [expr.range.from];
    default:
      return [];
  }
}
