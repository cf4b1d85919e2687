import type { LayerDecl, Param, Span, Stmt } from "../../grammar/ast.js";
import { dtypes } from "./calls.js";
import { conform, shapeText } from "./conform.js";
import { toTensor } from "./operands.js";
import type { Scope } from "./scope.js";
import { kindOf, type Tensor, tensorVal, unknown, type Val } from "./values.js";

/** What a layer returned, in the declared shapes. Undefined where reported, or unknown. */
export function conformResults(scope: Scope, decl: LayerDecl): readonly Tensor[] | undefined {
  const returned = scope.returned;
  if (!returned) {
    if (!scope.tracer.sink.hasErrors)
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

/** After a failed run of a layer that keeps its input's shape: the input, so that what comes behind is checked too. */
export function standIn(decl: LayerDecl, explicit: readonly { param: Param; tensor: Tensor }[]): Val {
  const [first] = explicit;
  const [result] = decl.results;
  const same =
    first && decl.results.length === 1 && shapeText(result!.shape) === shapeText(first.param.shape!);
  return same && first.tensor.value.dtype === "f32"
    ? tensorVal(first.tensor.value, first.tensor.axes)
    : unknown;
}
