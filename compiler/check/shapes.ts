import type { Axis, Expr, Name, Shape, Span } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Dim } from "../dim/dim.js";
import { evaluate } from "./expressions.js";
import { namesIn, valuesIn } from "./read-values.js";
import type { Scope } from "./scope.js";
import { kindOf, shapeText, show, showShape, type Tensor, type Val } from "./values.js";

/** Gives an axis name its one size in this layer; reports where it already has another. */
export function declareAxis(scope: Scope, name: Name, size: Dim): void {
  const known = scope.axes.sizes.get(name.text);
  if (!known) {
    scope.axes.sizes.set(name.text, { size, span: name.span });
    return;
  }
  const verdict = known.size.compare(size);
  if (verdict === "different") {
    scope.tracer.report(
      "shape/axis-has-two-sizes",
      { axis: name.text, first: String(known.size), second: String(size) },
      name.span,
      {
        labels: [{ span: known.span, text: `\`${name.text}\` is ${known.size} here` }],
      },
    );
  } else if (verdict === "unknown")
    scope.tracer.assume(known.size, "==", size, `axis \`${name.text}\` has one size`, name.span);
}

/** An expression that must be a whole count: an axis size, a bound, a slice. Undefined where reported. */
export function wholeCount(scope: Scope, expr: Expr, what: string): Dim | undefined {
  return asWhole(scope, evaluate(expr, scope), expr.span, what, () => valuesIn(expr, scope));
}

const withValues = (values: readonly string[]): string[] =>
  values.length > 0 ? [`with ${values.join(", ")}`] : [];

export function asWhole(
  scope: Scope,
  val: Val,
  span: Span,
  what: string,
  notes?: () => readonly string[],
  leaveOut?: string,
): Dim | undefined {
  if (val.kind === "unknown" || val.kind === "hole") return undefined;
  if (val.kind !== "count") {
    scope.tracer.report(
      "kind/expected",
      { expected: `a whole count as ${what}`, found: `${kindOf(val)} ${show(val)}` },
      span,
    );
    return undefined;
  }
  if (val.dim.whole === "no") {
    scope.tracer.report("count/not-whole", { what, value: String(val.dim) }, span, {
      notes: withValues(notes?.() ?? []),
    });
    return undefined;
  }
  const int = val.dim.int;
  if (int !== undefined && int < 0n) {
    scope.tracer.report("count/negative", { what, value: String(val.dim), leaveOut }, span, {
      notes: withValues(notes?.() ?? []),
    });
    return undefined;
  }
  return val.dim;
}

/** The size of an axis name, or a report with the names that are known. */
export function axisSize(scope: Scope, name: Name): Dim | undefined {
  const known = scope.axes.sizes.get(name.text);
  if (known) return known.size;
  if (scope.axes.lost.has(name.text)) return undefined;
  const names = [...scope.axes.sizes.keys()];
  scope.tracer.report(
    "shape/unknown-axis",
    { axis: name.text, near: nearest(name.text, names), known: names },
    name.span,
  );
  return undefined;
}

export const restAxes = (count: number): string[] => Array.from({ length: count }, (_, i) => `..${i}`);

/** `..` stands for one run of axes: twice in a shape, nobody could tell where the first ends. */
export function restTwice(scope: Scope, shape: Shape): boolean {
  const second = shape.axes.filter((a) => a.kind === "rest")[1];
  if (second) scope.tracer.report("shape/axis-twice", { axis: ".." }, second.span);
  return second !== undefined;
}

export interface ResolvedShape {
  readonly axes: readonly string[];
  readonly sizes: readonly Dim[];
}

/** A written shape whose sizes must all be known: of a weight, a state, a draw. */
export function resolveShape(scope: Scope, shape: Shape, what: string): ResolvedShape | undefined {
  if (restTwice(scope, shape)) return undefined;
  const axes: string[] = [];
  const sizes: Dim[] = [];
  let ok = true;
  for (const axis of shape.axes) {
    if (axis.kind === "rest") {
      const rest = scope.axes.rest ?? [];
      axes.push(...restAxes(rest.length));
      sizes.push(...rest);
      continue;
    }
    const size = resolveSize(scope, axis, what);
    if (!size) ok = false;
    else {
      const name = axis.kind === "axis" ? axis.name.text : `'${axes.length}`;
      if (axes.includes(name)) {
        scope.tracer.report("shape/axis-twice", { axis: name }, axis.span);
        ok = false;
      }
      axes.push(name);
      sizes.push(size);
    }
  }
  return ok ? { axes, sizes } : undefined;
}

export function resolveSize(
  scope: Scope,
  axis: Exclude<Axis, { kind: "rest" }>,
  what: string,
): Dim | undefined {
  if (axis.kind === "size") return wholeCount(scope, axis.size, `a size of ${what}`);
  if (!axis.size) return axisSize(scope, axis.name);
  scope.tracer.trial?.hold(axis.name.text, axis.size);
  const size = wholeCount(scope, axis.size, `the size of axis \`${axis.name.text}\``);
  if (size) declareAxis(scope, axis.name, size);
  return size;
}

/**
 * Sizes that a line writes for its result, where they follow from what is known before it: the line itself may read
 * them (`age: [T, S = T] = index(T) - index(S)`). False where one is wrong, and reported.
 */
export function declareWritten(scope: Scope, shape: Shape): boolean {
  return shape.axes.every((axis) => {
    if (axis.kind !== "axis" || !axis.size || scope.axes.sizes.has(axis.name.text)) return true;
    // A capital begins an axis; one that only the result itself will show is checked when it is there.
    const open = [...namesIn(axis.size)].some((n) => /^[A-Z]/.test(n) && !scope.axes.sizes.has(n));
    return open || resolveSize(scope, axis, "the result") !== undefined;
  });
}

/**
 * Binds the axes of a parameter to a tensor by position, from the right; `..` takes what is left. Sizes that are
 * written (`H = heads`) are checked later by `checkSizes`, when the other arguments are known.
 */
export function bindAxes(
  scope: Scope,
  shape: Shape,
  tensor: Tensor,
  span: Span,
  what: string,
): Map<string, string> | undefined {
  if (restTwice(scope, shape)) return undefined;
  const names = new Map<string, string>();
  const restAt = shape.axes.findIndex((a) => a.kind === "rest");
  const fixed = shape.axes.filter((a) => a.kind !== "rest").length;
  const rank = tensor.axes.length;
  if (restAt < 0 ? rank !== fixed : rank < fixed) {
    scope.tracer.report(
      "shape/rank",
      { what, expected: shapeText(shape), atLeast: restAt >= 0, axes: fixed, found: showShape(tensor), rank },
      span,
    );
    return undefined;
  }
  const spare = rank - fixed;
  let at = 0;
  for (const axis of shape.axes) {
    if (axis.kind === "rest") {
      const sizes = tensor.value.shape.slice(at, at + spare);
      const known = scope.axes.rest;
      if (known && (known.length !== spare || known.some((d, i) => d.compare(sizes[i]!) === "different"))) {
        scope.tracer.report(
          "shape/rest-differs",
          { what, first: known.map(String).join(", "), second: sizes.map(String).join(", ") },
          span,
        );
        return undefined;
      }
      scope.axes.rest ??= sizes;
      for (let i = 0; i < spare; i++) names.set(`..${i}`, tensor.axes[at + i]!);
      at += spare;
      continue;
    }
    const size = tensor.value.shape[at]!;
    if (axis.kind === "axis") {
      if (names.has(axis.name.text))
        scope.tracer.report("shape/axis-twice", { axis: axis.name.text }, axis.span);
      names.set(axis.name.text, tensor.axes[at]!);
      const known = scope.axes.sizes.get(axis.name.text);
      if (known && known.size.compare(size) === "different") {
        scope.tracer.report(
          "shape/dim-mismatch",
          { what, axis: axis.name.text, expected: String(known.size), found: String(size) },
          span,
          {
            labels: [{ span: known.span, text: `\`${axis.name.text}\` is ${known.size} here` }],
          },
        );
        return undefined;
      }
      declareAxis(scope, axis.name, size);
    } else names.set(`'${at}`, tensor.axes[at]!);
    at += 1;
  }
  return names;
}

/** The written sizes of a parameter's shape against the tensor that was bound to it; false where one differs. */
export function checkSizes(scope: Scope, shape: Shape, tensor: Tensor, span: Span, what: string): boolean {
  let ok = true;
  const fixed = shape.axes.filter((a) => a.kind !== "rest");
  for (const [i, axis] of fixed.entries()) {
    const expr = axis.size;
    if (!expr) continue;
    const size = wholeCount(scope, expr, "a size");
    const found = tensor.value.shape[tensor.axes.length - fixed.length + i];
    if (!size || !found) continue;
    const name = axis.kind === "axis" ? axis.name.text : shapeText({ ...shape, axes: [axis] });
    const verdict = size.compare(found);
    if (verdict === "different") {
      ok = false;
      scope.tracer.report(
        "shape/dim-mismatch",
        { what, axis: name, expected: String(size), found: String(found) },
        span,
      );
    } else if (verdict === "unknown") scope.tracer.assume(size, "==", found, `${what}, axis ${name}`, span);
  }
  return ok;
}
