import type { CstNode, IToken } from "chevrotain";
import { didYouMean } from "../compiler/diagnostics/did-you-mean.js";
import type { Axis, DTypeRef, Expr, KindRef, Param, Result, Shape } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { capital, checkRest, fewAxes } from "./build-pattern.js";
import { child, nodes, spanOf, token } from "./cst.js";

const dtypes = ["float", "int", "flag"] as const;
const kinds = ["count", "number", "flag", "layer", "list"];

/** What others call our element types and kinds. */
const foreignTypes = new Map<string, string>([
  ["f32", "float"],
  ["f16", "float"],
  ["bf16", "float"],
  ["float32", "float"],
  ["tensor", "float"],
  ["i32", "int"],
  ["i64", "int"],
  ["int32", "int"],
  ["int64", "int"],
  ["integer", "int"],
  ["long", "int"],
  ["bool", "flag"],
  ["boolean", "flag"],
]);

const foreignKinds = new Map<string, string>([
  ["int", "count"],
  ["integer", "count"],
  ["uint", "count"],
  ["size", "count"],
  ["float", "number"],
  ["double", "number"],
  ["real", "number"],
  ["bool", "flag"],
  ["boolean", "flag"],
  ["module", "layer"],
  ["array", "list"],
]);

/** `[.. T, H = heads, P <= n, 3]` */
export function buildShape(exprs: Exprs, node: CstNode | undefined, fallback: number): Shape {
  const span = exprs.span(node, fallback);
  const written = nodes(node, "axis");
  // As any shape, so that nothing else is said of what has it.
  if (!fewAxes(exprs, written)) return { axes: [{ kind: "rest", span }], span };
  const axes = written.map((one, i) => buildAxis(exprs, one, span.end, i === 0));
  checkRest(exprs, axes);
  return { axes, span };
}

function buildAxis(exprs: Exprs, node: CstNode, fallback: number, first: boolean): Axis {
  const span = exprs.span(node, fallback);
  if (token(node, "DotDot") !== undefined) return { kind: "rest", span };
  const written = exprs.source.text.slice(span.start, span.end);
  if (token(node, "Star") !== undefined || (first && /^[?_]$/.test(written))) {
    const fixes = [{ title: "write `..`", span, replacement: ".." }];
    exprs.source.sink.report("syntax/foreign-operator", { written, write: ".." }, { span, fixes });
    return { kind: "rest", span };
  }
  const named = token(node, "AxisName");
  const size = child(node, "size");
  if (named !== undefined) {
    const after = child(node, "expr");
    const value = after === undefined ? undefined : exprs.expr(after, span.end);
    const bounds = token(node, "LessEqual") !== undefined;
    return {
      kind: "axis",
      name: exprs.name(named, span.start),
      size: bounds ? undefined : value,
      bound: bounds ? value : undefined,
      span,
    };
  }
  const expr = exprs.expr(size, span.end);
  const value = child(node, "value");
  if (value === undefined) return { kind: "size", size: expr, span };
  const name = expr.kind === "name" ? expr.name : "";
  const write = capital(name);
  exprs.source.sink.report(
    "syntax/small-axis",
    { write: [write] },
    {
      span: expr.span,
      fixes: [{ title: `write \`${write}\``, span: expr.span, replacement: write }],
    },
  );
  return {
    kind: "axis",
    name: { text: write, span: expr.span },
    size: exprs.expr(value, span.end),
    bound: undefined,
    span,
  };
}

/** The element type after a shape. */
export function buildDType(exprs: Exprs, found: IToken | undefined): DTypeRef | undefined {
  if (found === undefined) return undefined;
  const span = spanOf(exprs.source, found);
  const name = dtypes.find((known) => known === found.image);
  if (name !== undefined) return { name, span };
  const meant = foreignTypes.get(found.image) ?? didYouMean(found.image, dtypes)[0];
  const fixes = meant === undefined ? [] : [{ title: `write \`${meant}\``, span, replacement: meant }];
  exprs.source.sink.report("syntax/unknown-dtype", { name: found.image, meant }, { span, fixes });
  const read = dtypes.find((known) => known === meant);
  return read === undefined ? undefined : { name: read, span };
}

export function isKind(word: string): boolean {
  return kinds.includes(word);
}

/** The kind that an expression spells (`count`, `list(number)`), or undefined where it is something else. */
export function kindOf(exprs: Exprs, expr: Expr): KindRef | undefined {
  if (expr.kind === "call" && expr.callee.kind === "name" && expr.callee.name === "list") {
    const first = expr.args[0]?.value;
    return { name: "list", of: first === undefined ? undefined : kindOf(exprs, first), span: expr.span };
  }
  if (expr.kind !== "name") return undefined;
  if (kinds.includes(expr.name)) return { name: expr.name, of: undefined, span: expr.span };
  const meant = foreignKinds.get(expr.name) ?? didYouMean(expr.name, kinds)[0];
  if (meant === undefined) return undefined;
  exprs.source.sink.report(
    "syntax/unknown-kind",
    { name: expr.name, meant },
    {
      span: expr.span,
      fixes: [{ title: `write \`${meant}\``, span: expr.span, replacement: meant }],
    },
  );
  return { name: meant, of: undefined, span: expr.span };
}

/** A kind where nothing else can stand; what is not one is reported and read as kind `unknown`. */
export function requireKind(exprs: Exprs, expr: Expr): KindRef {
  const kind = kindOf(exprs, expr);
  if (kind !== undefined) return kind;
  if (expr.kind !== "missing") {
    const name = exprs.source.text.slice(expr.span.start, expr.span.end);
    exprs.source.sink.report("syntax/unknown-kind", { name, meant: undefined }, { span: expr.span });
  }
  return { name: "unknown", of: undefined, span: expr.span };
}

/** What stands after `:`: a tensor's shape with its element type, or an expression that spells a kind. */
export interface Annotation {
  readonly shape: Shape | undefined;
  readonly dtype: DTypeRef | undefined;
  readonly expr: Expr | undefined;
}

export function buildAnnotation(exprs: Exprs, node: CstNode | undefined, fallback: number): Annotation {
  const shape = child(node, "shape");
  if (shape === undefined) {
    return { shape: undefined, dtype: undefined, expr: exprs.expr(child(node, "expr"), fallback) };
  }
  return {
    shape: buildShape(exprs, shape, fallback),
    dtype: buildDType(exprs, token(node, "dtype")),
    expr: undefined,
  };
}

export function buildParams(exprs: Exprs, node: CstNode | undefined): Param[] {
  return nodes(node, "param").map((one) => {
    const span = exprs.span(one, 0);
    const annotation = child(one, "annotation");
    const read = annotation === undefined ? undefined : buildAnnotation(exprs, annotation, span.end);
    const value = child(one, "expr");
    const within = child(one, "range");
    const type = read?.expr === undefined ? undefined : requireKind(exprs, read.expr);
    const unread = type?.name === "unknown" && value === undefined;
    return {
      name: exprs.name(token(one, "Name"), span.start),
      // What has no default and no kind that can be read is most likely a tensor.
      shape: unread ? { axes: [{ kind: "rest", span }], span } : read?.shape,
      dtype: read?.dtype,
      type: unread ? undefined : type,
      value: token(one, "Equals") === undefined ? undefined : exprs.expr(value, span.end),
      within: within === undefined ? undefined : exprs.closedRange(within, span.end),
      span,
    };
  });
}

/** Those of a layer, where each says what it is; a first one that does not is read as a tensor. */
export function buildLayerParams(exprs: Exprs, node: CstNode | undefined): Param[] {
  return buildParams(exprs, node).map((param, i) => {
    const { shape, type, value, span, name } = param;
    if (shape !== undefined || type !== undefined || value !== undefined || name.text === "") return param;
    exprs.source.sink.report("syntax/bare-parameter", { name: name.text }, { span });
    return i === 0 ? { ...param, shape: { axes: [{ kind: "rest", span }], span } } : param;
  });
}

export function buildResults(exprs: Exprs, node: CstNode | undefined): Result[] {
  return nodes(node, "result").map((one) => {
    const span = exprs.span(one, 0);
    const name = token(one, "Name");
    return {
      name: name === undefined ? undefined : exprs.name(name, span.start),
      shape: buildShape(exprs, child(one, "shape"), span.end),
      dtype: buildDType(exprs, token(one, "dtype")),
      span,
    };
  });
}

/** A shape's sizes as list items, where a list was meant: `cutoffs: [10, 20]`. */
export function sizesOf(shape: Shape): Expr[] | undefined {
  const sizes = shape.axes.map((axis) => (axis.kind === "size" ? axis.size : undefined));
  return sizes.every((size) => size !== undefined) ? sizes : undefined;
}
