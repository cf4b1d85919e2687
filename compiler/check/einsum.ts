import type { Einsum, Expr, Shape } from "../../grammar/ast.js";
import type { Value } from "../ir/graph.js";
import { evaluate } from "./expressions.js";
import { toTensor } from "./operands.js";
import type { Scope } from "./scope.js";
import { declareAxis } from "./shapes.js";
import { showShape, type Tensor, tensorVal, unknown, type Val } from "./values.js";

interface Operand {
  readonly tensor: Tensor;
  /** The pattern's name of each axis; leading axes behind `..` keep their own. */
  readonly axes: readonly string[];
}

/** `einsum[.. T D, D H K -> .. H T K](x, w)`: operands are matched by position, the result is named. */
export function evaluateEinsum(expr: Einsum, scope: Scope): Val {
  if (expr.args.length !== expr.inputs.length) {
    scope.tracer.report(
      "einsum/operands",
      { patterns: expr.inputs.length, given: expr.args.length },
      expr.span,
    );
    return unknown;
  }
  const operands: Operand[] = [];
  let rest: readonly string[] = [];
  for (const [i, arg] of expr.args.entries()) {
    const val = evaluate(arg, scope);
    if (val.kind === "unknown") return unknown;
    const raw = toTensor(scope, { val, span: arg.span }, "f32");
    if (!raw) return unknown;
    const axes = match(scope, expr.inputs[i]!, raw, arg);
    if (!axes) return unknown;
    const lead = axes.slice(0, axes.length - fixed(expr.inputs[i]!).length);
    if (lead.length > rest.length) rest = lead;
    operands.push({ tensor: raw, axes });
  }
  for (const o of operands) {
    for (const [i, a] of o.axes.entries()) {
      for (const other of operands) {
        const j = other.axes.indexOf(a);
        if (j < 0) continue;
        const [x, y] = [o.tensor.value.shape[i]!, other.tensor.value.shape[j]!];
        if (x.compare(y) === "different") {
          scope.tracer.report(
            "shape/operands-differ",
            { axis: a, left: String(x), right: String(y) },
            expr.span,
            {
              labels: operands.map((p, k) => ({ span: expr.args[k]!.span, text: showShape(p.tensor) })),
            },
          );
          return unknown;
        }
      }
    }
  }
  const out = expr.output.axes.flatMap((a) =>
    a.kind === "rest" ? rest : a.kind === "axis" ? [a.name.text] : [],
  );
  for (const axis of expr.output.axes) {
    if (axis.kind === "axis" && !operands.some((o) => o.axes.includes(axis.name.text))) {
      scope.tracer.report("einsum/output-axis", { axis: axis.name.text }, axis.span);
      return unknown;
    }
  }
  const twice = out.find((a, i) => out.indexOf(a) !== i);
  if (twice) {
    scope.tracer.report("shape/axis-twice", { axis: twice }, expr.output.span);
    return unknown;
  }
  const names = new Set(operands.flatMap((o) => o.axes)).size;
  if (operands.length > 1 && names > letters.length) {
    scope.tracer.report("einsum/axes", { axes: names, limit: letters.length }, expr.span);
    return unknown;
  }
  return tensorVal(lower(scope, operands, out), out);
}

/** What the op calls its axes. */
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

const fixed = (shape: Shape) => shape.axes.filter((a) => a.kind !== "rest");

/** The names of the tensor's axes under a pattern; reports a rank or a size that does not fit. */
function match(scope: Scope, pattern: Shape, tensor: Tensor, arg: Expr): readonly string[] | undefined {
  const names = fixed(pattern);
  const hasRest = names.length < pattern.axes.length;
  const spare = tensor.axes.length - names.length;
  if (hasRest ? spare < 0 : spare !== 0) {
    scope.tracer.report(
      "einsum/rank",
      { axes: names.length, atLeast: hasRest, found: showShape(tensor), rank: tensor.axes.length },
      pattern.span,
      { labels: [{ span: arg.span, text: showShape(tensor) }] },
    );
    return undefined;
  }
  const result: string[] = tensor.axes.slice(0, spare);
  for (const [i, axis] of names.entries()) {
    if (axis.kind !== "axis") continue;
    const size = tensor.value.shape[spare + i]!;
    const known = scope.axes.sizes.get(axis.name.text);
    if (known && known.size.compare(size) === "different") {
      scope.tracer.report(
        "einsum/dim-mismatch",
        {
          axis: axis.name.text,
          expected: String(known.size),
          found: String(size),
          own: tensor.axes[spare + i]!,
        },
        axis.span,
        {
          labels: [
            { span: known.span, text: `\`${axis.name.text}\` is ${known.size} here` },
            { span: arg.span, text: showShape(tensor) },
          ],
        },
      );
      return undefined;
    }
    if (result.includes(axis.name.text)) {
      scope.tracer.report("shape/axis-twice", { axis: axis.name.text }, axis.span);
      return undefined;
    }
    declareAxis(scope, axis.name, size);
    result.push(axis.name.text);
  }
  return result;
}

/** To binary products, left to right; axes of one operand alone that the rest does not need are summed first. */
function lower(scope: Scope, operands: readonly Operand[], out: readonly string[]): Value {
  const b = scope.builder;
  const sumOut = (value: Value, axes: readonly string[], needed: (a: string) => boolean) => {
    const drop = axes.flatMap((a, i) => (needed(a) ? [] : [i]));
    const kept = axes.filter(needed);
    return { value: drop.length ? b.op("reduce_sum", [value], { axes: drop }) : value, axes: kept };
  };
  let current = { value: operands[0]!.tensor.value, axes: operands[0]!.axes };
  for (const [i, right] of operands.slice(1).entries()) {
    const later = operands.slice(i + 2);
    const needed = (a: string) => out.includes(a) || later.some((o) => o.axes.includes(a));
    const l = sumOut(current.value, current.axes, (a) => needed(a) || right.axes.includes(a));
    const r = sumOut(right.tensor.value, right.axes, (a) => needed(a) || l.axes.includes(a));
    const kept = later.length === 0 ? out : [...new Set([...l.axes, ...r.axes])].filter(needed);
    const all = [...new Set([...l.axes, ...r.axes, ...kept])];
    const letterOf = new Map(all.map((a, i) => [a, letters[i]!]));
    const text = (axes: readonly string[]) => axes.map((a) => letterOf.get(a)!).join("");
    const equation = `${text(l.axes)},${text(r.axes)}->${text(kept)}`;
    current = { value: b.op("einsum", [l.value, r.value], { equation }), axes: kept };
  }
  if (operands.length === 1) {
    const summed = sumOut(current.value, current.axes, (a) => out.includes(a));
    const perm = out.map((a) => summed.axes.indexOf(a));
    return perm.every((p, i) => p === i) ? summed.value : b.op("transpose", [summed.value], { perm });
  }
  return current.value;
}
