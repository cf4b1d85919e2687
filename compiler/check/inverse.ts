import type { InverseStmt, LayerDecl } from "../../grammar/ast.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { Builder } from "../ir/build.js";
import type { Inverse, Value } from "../ir/graph.js";
import { conform } from "./conform.js";
import { toTensor } from "./operands.js";
import { roundTrip } from "./round-trip.js";
import { Scope } from "./scope.js";
import { runBody } from "./statements.js";
import type { Tracer } from "./tracer.js";
import { type Tensor, tensorVal } from "./values.js";

/** Does the inverse name as many values as the layer gives? What can be said of a layer that never runs, too. */
export function checkInverseNames(sink: Diagnostics, decl: LayerDecl): boolean {
  const inverse = decl.body.find((s): s is InverseStmt => s.kind === "inverse");
  const [names, results] = [inverse?.names.length ?? 0, decl.results.length];
  if (inverse && names !== results) sink.report("inverse/names", { names, results }, { span: inverse.span });
  return !inverse || names === results;
}

/** The tensors that a layer is given, before its lines give their names to others. */
export function tensorsGiven(scope: Scope, decl: LayerDecl): readonly Value[] {
  return decl.params.flatMap((p) => {
    const val = p.shape && scope.vars.get(p.name.text);
    return val?.kind === "tensor" ? [val.tensor.value] : [];
  });
}

/**
 * Checks that a layer's `inverse` takes its results and gives back its tensors, by tracing it once in a graph that is
 * thrown away, and by running both there on random numbers: the backward pass of training is what runs it else.
 * `given` are the layer's tensors as its body found them.
 */
export function checkInverse(
  scope: Scope,
  decl: LayerDecl,
  given: readonly Value[],
  outputs: readonly Tensor[],
): void {
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
  const back: Value[] = [];
  for (const [i, param] of tensors.entries()) {
    const tensor = toTensor(inner, { val: values[i]!, span: inverse.span });
    const shaped =
      tensor &&
      conform(
        inner,
        param.shape!,
        tensor,
        inverse.span,
        `what the inverse gives for \`${param.name.text}\``,
        false,
      );
    if (shaped) back.push(rehearsal.top.use(shaped.value));
  }
  // A step from state is the same layer once more.
  if (tracer.decoding || back.length < tensors.length || given.length < tensors.length) return;
  const verdict = roundTrip({
    forward: scope.builder,
    tensors: given,
    results: outputs.map((t) => t.value),
    inverse: rehearsal.top,
    back,
    weight(value) {
      const known = [tracer, rehearsal].map((t) => t.weights.get(value.name)).find((w) => w?.value === value);
      return known && { path: known.name, within: known.weight.within };
    },
    assumptions: tracer.assumptions,
  });
  const layer = decl.name.text;
  if (verdict.kind === "differs") {
    const { shape, was, came, stood } = verdict;
    const tensor = tensors[verdict.tensor]!.name.text;
    const { standing } = tracer;
    if (standing.length > 0)
      tracer.report("inverse/not-for-all", { layer, tensor, shape, was, came, standing }, inverse.span);
    else tracer.report("inverse/does-not-invert", { layer, tensor, shape, was, came, stood }, inverse.span);
  } else if (verdict.kind === "untried" && !tracer.generic) {
    tracer.report("inverse/untried", { layer, why: verdict.why }, inverse.span);
  } else if (tracer.training) scope.builder.inverse = inverseOf(scope, rehearsal, given, outputs, back);
}

/** The rehearsed inverse as the backward pass will run it; undefined where it has weights that its layer has not. */
function inverseOf(
  { builder, tracer }: Scope,
  { top, weights }: Tracer,
  tensors: readonly Value[],
  results: readonly Tensor[],
  back: readonly Value[],
): Inverse | undefined {
  const places = new Map(results.map((t, i) => [t.value, i]));
  const from = new Map(
    top.closure.map(({ outer, inner }) => [inner, places.get(outer) ?? builder.use(outer)]),
  );
  // The rehearsal has made inputs of its own for the weights of the same instances.
  for (const [name, { value }] of weights) {
    const known = tracer.weights.get(name);
    if (known) from.set(value, builder.use(known.value));
  }
  const given = top.inputs.map((v) => from.get(v));
  if (!given.every((v) => v !== undefined)) return undefined;
  return { body: top.region(back), given, back: tensors.map((v) => builder.inputs.indexOf(v)) };
}
