import type { InverseStmt, LayerDecl } from "../../grammar/ast.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { Builder } from "../ir/build.js";
import { toTensor } from "./arithmetic.js";
import { Scope } from "./scope.js";
import { conform } from "./shapes.js";
import { runBody } from "./statements.js";
import { type Tensor, tensorVal } from "./values.js";

/** Does the inverse name as many values as the layer gives? What can be said of a layer that never runs, too. */
export function checkInverseNames(sink: Diagnostics, decl: LayerDecl): boolean {
  const inverse = decl.body.find((s): s is InverseStmt => s.kind === "inverse");
  const [names, results] = [inverse?.names.length ?? 0, decl.results.length];
  if (inverse && names !== results) sink.report("inverse/names", { names, results }, { span: inverse.span });
  return !inverse || names === results;
}

/**
 * Checks that a layer's `inverse` takes its results and gives back its tensors, by tracing it once in a graph that is
 * thrown away: the backward pass of training is what runs it.
 */
export function checkInverse(scope: Scope, decl: LayerDecl, outputs: readonly Tensor[]): void {
  const inverse = decl.body.find((s): s is InverseStmt => s.kind === "inverse");
  if (!inverse) return;
  const { tracer } = scope;
  const tensors = decl.params.filter((p) => p.shape);
  if (!checkInverseNames(tracer.sink, decl)) return;
  const rehearsal = tracer.rehearsal(new Builder(scope.builder));
  const inner = new Scope({
    tracer: rehearsal,
    builder: rehearsal.top,
    file: scope.file,
    axes: scope.axes.inner(),
    instance: scope.instance,
    path: scope.path,
    members: new Map(scope.members),
    given: scope.given,
    outer: scope.outer,
  });
  for (const [name, val] of scope.vars) inner.vars.set(name, val);
  // The inputs are what it finds, so it cannot start from them.
  for (const p of tensors) inner.vars.delete(p.name.text);
  for (const [i, name] of inverse.names.entries())
    inner.vars.set(name.text, tensorVal(outputs[i]!.value, outputs[i]!.axes));
  runBody(inverse.body, inner);
  const values = inner.returned?.flatMap((v) => (v.kind === "tuple" ? v.items : [v]));
  if (!values || values.some((v) => v.kind === "unknown")) return;
  if (values.length !== tensors.length) {
    tracer.report(
      "inverse/results",
      { returned: values.length, inputs: tensors.map((p) => p.name.text) },
      inverse.span,
    );
    return;
  }
  for (const [i, param] of tensors.entries()) {
    const tensor = toTensor(inner, { val: values[i]!, span: inverse.span });
    if (tensor)
      conform(
        inner,
        param.shape!,
        tensor,
        inverse.span,
        `what the inverse gives for \`${param.name.text}\``,
        false,
      );
  }
}
