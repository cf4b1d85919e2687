import type { CstNode, IToken } from "chevrotain";
import { didYouMean } from "../compiler/diagnostics/did-you-mean.js";
import type {
  Axis,
  DTypeRef,
  Einsum,
  Expr,
  KindRef,
  Param,
  PatternAxis,
  PatternExpr,
  Result,
  Shape,
} from "./ast.js";
import type { Exprs } from "./build-expr.js";
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
  const axes = nodes(node, "axis").map((one) => buildAxis(exprs, one, span.end));
  checkRest(exprs, axes);
  return { axes, span };
}

function buildAxis(exprs: Exprs, node: CstNode, fallback: number): Axis {
  const span = exprs.span(node, fallback);
  if (token(node, "DotDot") !== undefined) return { kind: "rest", span };
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

function capital(name: string): string {
  return name === "" ? "A" : name.charAt(0).toUpperCase() + name.slice(1);
}

/** `..` stands once, before all axes. */
function checkRest(exprs: Exprs, axes: readonly Axis[] | readonly PatternAxis[]): void {
  for (const [i, axis] of axes.entries()) {
    if (axis.kind === "rest" && i > 0)
      exprs.source.sink.report("syntax/rest-not-first", {}, { span: axis.span });
  }
}

function buildPatternAxes(exprs: Exprs, found: readonly CstNode[]): PatternAxis[] {
  const axes = found.flatMap((one): PatternAxis[] => {
    const span = exprs.span(one, 0);
    if (token(one, "DotDot") !== undefined) return [{ kind: "rest", span }];
    const name = token(one, "Name");
    if (name === undefined) return [];
    return [{ kind: "axis", name: { text: capital(name.image), span }, span }];
  });
  checkRest(exprs, axes);
  return axes;
}

/** Small letters among the axes of one pattern, reported together. They are read as capitals. */
function checkCapitals(exprs: Exprs, axes: readonly (Axis | PatternAxis)[]): void {
  const { text, sink } = exprs.source;
  const spans = axes.map((axis) => axis.span);
  const small = spans.filter((span) => /^[a-z_]/.test(text.slice(span.start, span.end)));
  const [first] = small;
  const last = small[small.length - 1];
  if (first === undefined || last === undefined) return;
  const names = [...new Set(small.map((span) => capital(text.slice(span.start, span.end))))];
  const span = { ...first, end: last.end };
  const written = text.slice(span.start, span.end);
  const replacement = written.replace(/[A-Za-z_]\w*/g, capital);
  const fixes = [{ title: `write \`${replacement}\``, span, replacement }];
  sink.report("syntax/small-axis", { write: names }, { span, fixes });
}

/** `A B -> P`, `..` */
export function buildPattern(exprs: Exprs, node: CstNode, fallback: number): PatternExpr {
  const span = exprs.span(node, fallback);
  const from = buildPatternAxes(exprs, nodes(node, "patternAxis"));
  const to = buildPatternAxes(exprs, nodes(node, "to"));
  checkCapitals(exprs, [...from, ...to]);
  return { kind: "pattern", from, to, hasArrow: token(node, "Arrow") !== undefined, span };
}

function shapeOf(axes: readonly PatternAxis[], span: Shape["span"]): Shape {
  return {
    axes: axes.map(
      (axis): Axis => (axis.kind === "rest" ? axis : { ...axis, size: undefined, bound: undefined }),
    ),
    span,
  };
}

/** `einsum[.. D, D F -> .. F](x, gate)` */
export function buildEinsum(exprs: Exprs, node: CstNode): Einsum {
  const span = exprs.span(node, 0);
  const arrow = token(node, "Arrow");
  const inputs = nodes(node, "einsumInput").map((one) => {
    const own = exprs.span(one, span.start);
    return shapeOf(buildPatternAxes(exprs, nodes(one, "patternAxis")), own);
  });
  const outputs = nodes(node, "patternAxis");
  const first = exprs.span(outputs[0], arrow === undefined ? span.end : arrow.startOffset + 2);
  const last = exprs.span(outputs[outputs.length - 1], first.end);
  const output = shapeOf(buildPatternAxes(exprs, outputs), { ...first, end: Math.max(first.end, last.end) });
  checkCapitals(
    exprs,
    [...inputs, output].flatMap((shape) => shape.axes),
  );
  const args = nodes(node, "expr").map((one) => exprs.expr(one, span.end));
  const lone = inputs.length === 1 && inputs[0]?.axes.length === 0 && args.length === 0;
  return { kind: "einsum", inputs: lone ? [] : inputs, output, args, span };
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
