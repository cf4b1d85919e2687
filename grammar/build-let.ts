import type { Expr, Let, Name, Span } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { type Annotation, isKind } from "./build-shape.js";
import { type Line, namesOf, notAssignable, type Parts, reportColon } from "./line-parts.js";

/** A line of a layer: `y = x`, `(v, i) = topk(…)`, `next keys = k`. */
export function statement(exprs: Exprs, parts: Parts): Line[] {
  const { annotation, value, span } = parts;
  const first = parts.left[0]!;
  if (parts.within !== undefined)
    exprs.source.sink.report("syntax/stray-range", {}, { span: parts.within.span });
  if (annotation !== undefined) return annotated(exprs, parts, annotation);
  if (value === undefined) {
    if (parts.left.length === 1) return [{ kind: "expr", value: first, span }];
    exprs.source.sink.report(
      "syntax/tuple-without-parens",
      { list: listText(exprs, parts.left) },
      {
        span,
        fixes: parens(exprs, parts.left),
      },
    );
    return [{ kind: "expr", value: { kind: "tuple", items: parts.left, span }, span }];
  }
  if (first.kind === "next-value" && parts.left.length === 1) {
    return [{ kind: "next", name: first.name, value, span }];
  }
  if (first.kind === "tuple" && parts.left.length === 1) {
    const names = namesOf(first.items);
    return names === undefined ? notAssignable(exprs, first) : [let_(names, undefined, value, span)];
  }
  const names = namesOf(parts.left);
  if (names === undefined) return notAssignable(exprs, first);
  if (names.length > 1) {
    exprs.source.sink.report(
      "syntax/tuple-without-parens",
      { list: listText(exprs, parts.left) },
      {
        span: { ...span, end: parts.left[parts.left.length - 1]!.span.end },
        fixes: parens(exprs, parts.left),
      },
    );
  }
  return [let_(names, undefined, value, span)];
}

/** `y: [T S] = x`, `a, b: layer = f()` */
function annotated(exprs: Exprs, parts: Parts, annotation: Annotation): Line[] {
  const { sink } = exprs.source;
  const { span, value } = parts;
  const first = parts.left[0]!;
  const names = namesOf(parts.left);
  if (names === undefined) return notAssignable(exprs, first);
  if (annotation.shape !== undefined) {
    if (value === undefined && !parts.broken) {
      sink.report("syntax/line-without-value", { name: names[0]?.text ?? "x" }, { span });
    }
    return [let_(names, annotation, value ?? exprs.missing(span.end), span)];
  }
  const expr = annotation.expr ?? exprs.missing(span.end);
  const word = expr.kind === "name" ? expr.name : "";
  if (value !== undefined) {
    if (word === "layer") return [{ kind: "instances", names, value, span }];
    const at = { ...expr.span, start: parts.colon!.start };
    if (expr.kind !== "missing") {
      sink.report(
        "syntax/kind-in-layer",
        { name: names[0]?.text ?? "x" },
        {
          span: expr.span,
          fixes: [{ title: "remove the kind", span: at, replacement: "" }],
        },
      );
    }
    return [let_(names, undefined, value, span)];
  }
  if (isKind(word)) {
    sink.report("syntax/line-without-value", { name: names[0]?.text ?? "x" }, { span });
    return [let_(names, undefined, exprs.missing(span.end), span)];
  }
  reportColon(exprs, parts.colon!, names[0]?.text ?? "x");
  return [let_(names, undefined, expr, span)];
}

function let_(names: readonly Name[], annotation: Annotation | undefined, value: Expr, span: Span): Let {
  return { kind: "let", names, shape: annotation?.shape, dtype: annotation?.dtype, value, span };
}

function listText(exprs: Exprs, list: readonly Expr[]): string {
  return list.map((expr) => exprs.source.text.slice(expr.span.start, expr.span.end)).join(", ");
}

function parens(exprs: Exprs, list: readonly Expr[]): { title: string; span: Span; replacement: string }[] {
  const span = { ...list[0]!.span, end: list[list.length - 1]!.span.end };
  return [{ title: "add parentheses", span, replacement: `(${listText(exprs, list)})` }];
}
