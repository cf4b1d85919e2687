import type { Shape, Span } from "../../grammar/ast.js";
import type { Dim } from "../dim/dim.js";
import type { Scope } from "./scope.js";
import { axisSize, declareAxis, resolveSize, restAxes, restTwice } from "./shapes.js";
import { reorder, sizeOf, spread } from "./tensors.js";
import { shapeText, showShape, type Tensor } from "./values.js";

/**
 * A tensor given the written shape: matched by name, the remaining axes by position; sizes are checked and names
 * replaced. `mayspread` lets it lack axes, which are then repeated.
 */
export function conform(
  scope: Scope,
  shape: Shape,
  tensor: Tensor,
  span: Span,
  what: string,
  mayspread: boolean,
): Tensor | undefined {
  const fixed = shape.axes.filter((a) => a.kind !== "rest");
  if (restTwice(scope, shape)) return undefined;
  const hasRest = fixed.length < shape.axes.length;
  if (hasRest && !scope.axes.rest) {
    const spare = tensor.axes.length - fixed.length;
    scope.axes.rest = spare > 0 ? tensor.value.shape.slice(0, spare) : [];
  }
  const wanted = shape.axes.flatMap((a) =>
    a.kind === "rest"
      ? restAxes(scope.axes.rest!.length)
      : [a.kind === "axis" ? a.name.text : `'${a.span.start}`],
  );
  const twice = wanted.find((a, i) => wanted.indexOf(a) !== i);
  if (twice) {
    scope.tracer.report("shape/axis-twice", { axis: twice }, shape.span);
    return undefined;
  }
  const leftWanted = wanted.filter((a) => !tensor.axes.includes(a));
  const leftHere = tensor.axes.filter((a) => !wanted.includes(a));
  const canSpread = mayspread && leftHere.length === 0;
  if (!canSpread && leftWanted.length !== leftHere.length) {
    scope.tracer.report(
      "shape/rank",
      {
        what,
        expected: shapeText(shape),
        atLeast: false,
        axes: wanted.length,
        found: showShape(tensor),
        rank: tensor.axes.length,
      },
      span,
    );
    return undefined;
  }
  const renamed = tensor.axes.map((a) => (leftHere.includes(a) ? leftWanted[leftHere.indexOf(a)]! : a));
  const named: Tensor = { value: tensor.value, axes: renamed };
  const rest = scope.axes.rest ?? [];
  const sizes: Dim[] = [];
  for (const [i, name] of wanted.entries()) {
    const axis = shape.axes.find((a) =>
      a.kind === "axis" ? a.name.text === name : a.kind === "size" && `'${a.span.start}` === name,
    );
    const found = renamed.includes(name) ? sizeOf(named, name) : undefined;
    let size: Dim | undefined;
    if (!axis) size = rest[i] ?? found;
    else if (axis.kind === "axis" && !axis.size)
      size = scope.axes.sizes.get(name)?.size ?? found ?? axisSize(scope, axis.name);
    else if (axis.kind !== "rest") size = resolveSize(scope, axis, what) ?? found;
    if (!size) return undefined;
    if (found && axis) {
      const verdict = size.compare(found);
      if (verdict === "different") {
        const known = axis.kind === "axis" ? scope.axes.sizes.get(name) : undefined;
        scope.tracer.report(
          "shape/dim-mismatch",
          {
            what,
            axis: axis.kind === "axis" ? name : String(size),
            expected: String(size),
            found: String(found),
          },
          span,
          {
            labels: known
              ? [{ span: known.span, text: `\`${name}\` is ${known.size} here` }]
              : [{ span: axis.span, text: "declared here" }],
          },
        );
        return undefined;
      }
      if (verdict === "unknown") scope.tracer.assume(size, "==", found, `${what}, axis ${name}`, span);
      if (axis.kind === "axis") declareAxis(scope, axis.name, size);
    }
    sizes.push(found ?? size);
  }
  if (canSpread && leftWanted.length > 0) return spread(scope.builder, named, wanted, sizes);
  return reorder(scope.builder, named, wanted);
}
