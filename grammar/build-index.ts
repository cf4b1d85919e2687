import type { CstNode } from "chevrotain";
import type { Expr, Span, Subscript } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { buildPattern } from "./build-pattern.js";
import { child, nodes, spanOf, token } from "./cst.js";

/** `x[T = 0]`, `x[T = a ..< b -> N]`, and what other languages write there, which is reported once for all subscripts. */
export function buildIndex(exprs: Exprs, target: Expr, postfix: CstNode, span: Span): Expr {
  const found = nodes(postfix, "subscript");
  const unnamed = found.filter((one) => token(one, "Name") === undefined);
  const slices = unnamed.filter((one) => token(one, "colonRange") ?? token(one, "DotDot"));
  if (found.length > 1 && slices.length > 0) {
    const start = postfix.location?.startOffset ?? span.start;
    exprs.source.sink.report("syntax/positional-index", {}, { span: { ...span, start } });
    return { kind: "missing", span };
  }
  const subscripts = found.map((one) => buildSubscript(exprs, one, span.end));
  // Without an axis a slice is reported, and is a slice of nothing.
  if (subscripts.some((s) => s.kind === "slice" && s.axis.text === "")) return { kind: "missing", span };
  return { kind: "index", target, subscripts, span };
}

function buildSubscript(exprs: Exprs, node: CstNode, fallback: number): Subscript {
  const span = exprs.span(node, fallback);
  const named = token(node, "Name");
  const colon = token(node, "Colon");
  if (named !== undefined) exprs.colonForEquals(colon, named.image);
  const group = child(node, "pattern");
  if (group !== undefined) {
    return { kind: "at", axis: undefined, index: buildPattern(exprs, group, span.end), span };
  }
  const axis = named === undefined ? undefined : exprs.name(named, span.start);
  const colonRange = token(node, "colonRange");
  const exclusive = token(node, "DotDotLess");
  const operator = token(node, "DotDot") ?? exclusive ?? colonRange;
  const from = child(node, "from");
  const index = exprs.expr(from, operator?.startOffset ?? span.end);
  if (operator === undefined && token(node, "as") === undefined) {
    if (from === undefined) exprs.source.sink.report("syntax/empty-subscript", {}, { span });
    return { kind: "at", axis, index, span };
  }
  const place = operator === undefined ? span : spanOf(exprs.source, operator);
  const to = child(node, "to");
  if (colonRange !== undefined) {
    exprs.source.sink.report(
      "syntax/colon-slice",
      {},
      {
        span: place,
        fixes:
          axis === undefined
            ? []
            : [{ title: "write `..<`", span: place, replacement: to === undefined ? " .." : " ..< " }],
      },
    );
  } else if (axis === undefined) {
    exprs.source.sink.report("syntax/slice-without-axis", {}, { span });
  } else if (operator === undefined) {
    exprs.source.sink.report("syntax/rename-in-index", { axis: axis.text }, { span });
  } else if (from === undefined) {
    const written = exclusive === undefined ? ".." : "..<";
    exprs.source.sink.report(
      "syntax/slice-without-start",
      { written },
      {
        span: place,
        fixes: [{ title: "start at 0", span: { ...place, end: place.start }, replacement: "0 " }],
      },
    );
  }
  const as = token(node, "as");
  return {
    kind: "slice",
    axis: axis ?? exprs.name(undefined, span.start),
    from: index,
    to: to === undefined ? undefined : exprs.expr(to, span.end),
    inclusive: exclusive === undefined && colonRange === undefined,
    as: as === undefined ? undefined : exprs.name(as, span.end),
    span,
  };
}
