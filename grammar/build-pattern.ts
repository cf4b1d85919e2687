import type { CstNode } from "chevrotain";
import type { Axis, Einsum, Missing, PatternAxis, PatternExpr, Shape } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { nodes, token } from "./cst.js";

/** The name of an axis that was written with a small letter. */
export function capital(name: string): string {
  return name === "" ? "A" : name.charAt(0).toUpperCase() + name.slice(1);
}

/** No tensor of a model comes near; so what is done for each two axes of one stays cheap. */
const mostAxes = 32;

/** Whether so many axes may stand in one shape or pattern; more are reported, and not read. */
export function fewAxes(exprs: Exprs, written: readonly CstNode[]): boolean {
  const beyond = written[mostAxes];
  if (beyond === undefined) return true;
  const data = { axes: written.length, limit: mostAxes };
  exprs.source.sink.report("syntax/too-many-axes", data, { span: exprs.span(beyond, 0) });
  return false;
}

/** `..` stands once, before all axes. */
export function checkRest(exprs: Exprs, axes: readonly Axis[] | readonly PatternAxis[]): void {
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
export function buildPattern(exprs: Exprs, node: CstNode, fallback: number): PatternExpr | Missing {
  const span = exprs.span(node, fallback);
  const sides = [nodes(node, "patternAxis"), nodes(node, "to")] as const;
  if (!sides.every((side) => fewAxes(exprs, side))) return { kind: "missing", span };
  const [from, to] = [buildPatternAxes(exprs, sides[0]), buildPatternAxes(exprs, sides[1])];
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
export function buildEinsum(exprs: Exprs, node: CstNode): Einsum | Missing {
  const span = exprs.span(node, 0);
  const arrow = token(node, "Arrow");
  const operands = nodes(node, "einsumInput");
  const written = [...operands, node].map((one) => nodes(one, "patternAxis"));
  if (!written.every((axes) => fewAxes(exprs, axes))) return { kind: "missing", span };
  const inputs = operands.map((one) => {
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
