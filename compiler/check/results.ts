import type { Expr, LayerDecl, Param, Shape, Span, Stmt } from "../../grammar/ast.js";
import { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import { conform } from "./conform.js";
import { toTensor } from "./operands.js";
import type { Scope } from "./scope.js";
import { type ResolvedShape, restAxes } from "./shapes.js";
import { spread } from "./tensors.js";
import { dtypes, kindOf, shapeText, type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** What a layer returned, in the declared shapes. Undefined where reported, or unknown. */
export function conformResults(scope: Scope, decl: LayerDecl): readonly Tensor[] | undefined {
  const returned = scope.returned;
  if (decl.unread) return undefined;
  if (!returned) {
    // A branch that was not decided may hold the one there is.
    if (!returns(decl.body) || !scope.tracer.sink.hasErrors)
      scope.tracer.report("layer/no-return", { layer: decl.name.text }, decl.name.span);
    return undefined;
  }
  const values = returned.flatMap((v) => (v.kind === "tuple" ? v.items : [v]));
  if (values.some((v) => v.kind === "unknown")) return undefined;
  if (values.length !== decl.results.length) {
    scope.tracer.report(
      "layer/result-count",
      { layer: decl.name.text, declared: decl.results.length, returned: values.length },
      decl.name.span,
    );
    return undefined;
  }
  const tensors: Tensor[] = [];
  for (const [i, result] of decl.results.entries()) {
    const span = returnSpan(decl.body, i) ?? result.span;
    const raw = toTensor(scope, { val: values[i]!, span });
    const shaped =
      raw &&
      conform(scope, result.shape, raw, span, `the result of \`${decl.name.text}\``, raw.axes.length === 0);
    if (!shaped) return undefined;
    const dtype = dtypes[result.dtype?.name ?? "float"]!;
    if (shaped.value.dtype !== dtype) {
      scope.tracer.report(
        "kind/expected",
        {
          expected: `a ${result.dtype?.name ?? "float"} tensor as the result of \`${decl.name.text}\``,
          found: kindOf(tensorVal(shaped.value, [])),
        },
        span,
      );
      return undefined;
    }
    tensors.push({ value: scope.builder.use(shaped.value), axes: shaped.axes });
  }
  return tensors;
}

function returnSpan(body: readonly Stmt[], index: number): Span | undefined {
  const last = body.findLast((s) => s.kind === "return");
  return last?.kind === "return" ? (last.values[index]?.span ?? last.span) : undefined;
}

/**
 * A result's axes in the caller's names: those bound from its arguments go back; a new axis that takes the place of
 * one of equal size takes its name; another keeps the layer's own name, marked as not the caller's.
 */
export function giveBack(
  result: Tensor,
  back: ReadonlyMap<string, string>,
  first: Tensor | undefined,
): readonly string[] {
  const names = result.axes.map((a) => back.get(a));
  const taken = new Set(names.filter((n) => n !== undefined));
  return names.map((name, i) => {
    if (name !== undefined) return name;
    const fromRight = result.axes.length - i;
    const place = first ? first.axes.length - fromRight : -1;
    const theirs = first?.axes[place];
    if (
      first &&
      theirs &&
      !taken.has(theirs) &&
      first.value.shape[place]!.compare(result.value.shape[i]!) === "same"
    ) {
      taken.add(theirs);
      return theirs;
    }
    let own = result.axes[i]!;
    while (taken.has(own)) own = `${own}'`;
    taken.add(own);
    return own;
  });
}

const returns = (body: readonly Stmt[]): boolean =>
  body.some(
    (s) => s.kind === "return" || (s.kind === "if" && (returns(s.then) || returns(s.otherwise ?? []))),
  );

/** What a layer is given, and where its body was traced. */
export interface FailedRun {
  readonly decl: LayerDecl;
  readonly explicit: readonly { readonly param: Param; readonly tensor: Tensor }[];
  /** The layer's own scope, with the axes that its tensors showed. */
  readonly scope: Scope | undefined;
  /** The caller's names of these axes. */
  readonly back: ReadonlyMap<string, string>;
}

/**
 * After a failed run: a tensor of the shape that the layer declares, so that what comes behind is checked too; unknown
 * where a size is not, or where there are several.
 */
export function standIn(builder: Builder, { decl, explicit, scope, back }: FailedRun): Val {
  const [result, ...more] = decl.results;
  if (!result || more.length > 0) return unknown;
  const shape = scope && declaredShape(scope, result.shape);
  if (!shape) return inputAgain(decl, explicit);
  const zero = builder.scalar(0, dtypes[result.dtype?.name ?? "float"]!);
  const tensor = spread(builder, { value: zero, axes: [] }, shape.axes, shape.sizes);
  return tensorVal(tensor.value, giveBack(tensor, back, explicit[0]?.tensor));
}

/** The axes of a declared result, as far as they are known without a word of what is wrong. */
function declaredShape(scope: Scope, shape: Shape): ResolvedShape | undefined {
  const axes: string[] = [];
  const sizes: Dim[] = [];
  for (const axis of shape.axes) {
    if (axis.kind === "rest") {
      if (!scope.axes.rest) return undefined;
      axes.push(...restAxes(scope.axes.rest.length));
      sizes.push(...scope.axes.rest);
      continue;
    }
    const size = axis.size
      ? sizeWritten(scope, axis.size)
      : axis.kind === "axis" && scope.axes.sizes.get(axis.name.text)?.size;
    if (!size) return undefined;
    axes.push(axis.kind === "axis" ? axis.name.text : `'${axes.length}`);
    sizes.push(size);
  }
  return new Set(axes).size === axes.length ? { axes, sizes } : undefined;
}

/** A size that is a number, or a name that the layer knows: more could be the very fault. */
function sizeWritten(scope: Scope, expr: Expr): Dim | undefined {
  if (expr.kind === "number") return expr.whole ? Dim.of(expr.exact[0]) : undefined;
  if (expr.kind !== "name") return undefined;
  const val = scope.find(expr.name);
  return val?.kind === "count" ? val.dim : scope.axes.sizes.get(expr.name)?.size;
}

/** The first input of a layer that keeps its shape. */
function inputAgain(decl: LayerDecl, explicit: FailedRun["explicit"]): Val {
  const [first] = explicit;
  const [result] = decl.results;
  const same =
    first && decl.results.length === 1 && shapeText(result!.shape) === shapeText(first.param.shape!);
  return same && first.tensor.value.dtype === "f32"
    ? tensorVal(first.tensor.value, first.tensor.axes)
    : unknown;
}
