import type { Expr, Span } from "./ast.js";
import { type Exprs, pathOf } from "./build-expr.js";
import { type Annotation, kindOf, requireKind, sizesOf } from "./build-shape.js";
import { type Line, namesOf, notAssignable, type Parts, reportColon, type Where } from "./line-parts.js";

/** A line of a model, of its blocks, of a profile or of the file: `dim = 1024`, `ffn.k = 8`, `d: count = 4 in 1..8`. */
export function field(exprs: Exprs, parts: Parts, where: Where): Line[] {
  const { sink } = exprs.source;
  const { annotation, span } = parts;
  const first = parts.left[0]!;
  const names = namesOf(parts.left);
  if (annotation !== undefined && parts.value === undefined) {
    const value = annotation.expr ?? listOf(annotation);
    const kind =
      annotation.expr === undefined || where === "profile" ? undefined : kindOf(exprs, annotation.expr);
    if (kind === undefined && value !== undefined) return assignForeign(exprs, parts, first, value);
    if (kind !== undefined && names !== undefined) {
      return [{ kind: "field", names, type: kind, value: undefined, within: parts.within, span }];
    }
  }
  if (annotation !== undefined) {
    if (annotation.shape !== undefined) {
      const { span: at } = annotation.shape;
      sink.report("syntax/shape-in-model", { name: names?.[0]?.text ?? "x" }, { span: at });
      return [];
    }
    if (names === undefined || annotation.expr === undefined) return notAssignable(exprs, first);
    const type = requireKind(exprs, annotation.expr);
    const { value, within } = parts;
    if (type.name === "layer" && value !== undefined) return [{ kind: "instances", names, value, span }];
    return [{ kind: "field", names, type, value, within, span }];
  }
  if (parts.value === undefined) return bareField(exprs, parts, first, where);
  if (parts.left.length > 1)
    sink.report("syntax/several-fields", {}, { span: { ...span, end: parts.equals!.start } });
  return assign(exprs, first, parts.value, span);
}

/** `dim: 1024` for `dim = 1024` */
function assignForeign(exprs: Exprs, parts: Parts, target: Expr, value: Expr): Line[] {
  const span = parts.colon!;
  if (pathOf(target) === undefined) return notAssignable(exprs, target);
  if (target.kind !== "name" || blocksFor(target.name) === undefined) {
    const name = exprs.source.text.slice(target.span.start, target.span.end);
    reportColon(exprs, span, name);
  }
  return assign(exprs, target, value, parts.span);
}

/** Words that other formats use for the number of blocks. */
function blocksFor(name: string): string | undefined {
  const words = ["blocks", "layers", "n_layers", "n_layer", "num_layers", "num_hidden_layers"];
  return words.includes(name) ? name : undefined;
}

function assign(exprs: Exprs, target: Expr, value: Expr, span: Span): Line[] {
  if (target.kind === "missing") return [];
  const path = pathOf(target);
  if (path === undefined) return notAssignable(exprs, target);
  const [first] = path;
  const word = path.length === 1 && first !== undefined ? blocksFor(first.text) : undefined;
  const written = exprs.source.text.slice(target.span.end, value.span.start).trim();
  if (word !== undefined && (word === "blocks" || written === ":")) {
    const count = exprs.source.text.slice(value.span.start, value.span.end);
    exprs.source.sink.report(
      "syntax/blocks-form",
      { word, count },
      {
        span,
        fixes: [{ title: `write \`blocks ${count}\``, span, replacement: `blocks ${count}` }],
      },
    );
    return [{ kind: "blocks", name: undefined, count: value, items: undefined, span }];
  }
  return [{ kind: "assign", path, value, span }];
}

function listOf(annotation: Annotation): Expr | undefined {
  const { shape } = annotation;
  const items = shape === undefined || annotation.dtype !== undefined ? undefined : sizesOf(shape);
  return shape === undefined || items === undefined ? undefined : { kind: "list", items, span: shape.span };
}

function bareField(exprs: Exprs, parts: Parts, first: Expr, where: Where): Line[] {
  if (first.kind === "missing") return [];
  const names = namesOf(parts.left);
  if (parts.broken) return [];
  if (names === undefined) return notAssignable(exprs, first);
  const text = names.map((name) => name.text).join(", ");
  if (where === "file") exprs.source.sink.report("syntax/not-a-declaration", { text }, { span: parts.span });
  else exprs.source.sink.report("syntax/field-without-value", { name: text }, { span: parts.span });
  return [];
}
