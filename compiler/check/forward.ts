import { Dim } from "../dim/dim.js";
import type { Value } from "../ir/graph.js";
import { conform } from "./conform.js";
import type { ModelEnv } from "./model.js";
import { toTensor } from "./operands.js";
import { Scope } from "./scope.js";
import { declareAxis, wholeCount } from "./shapes.js";
import { runBody } from "./statements.js";
import type { Tracer } from "./tracer.js";
import { count, dtypes, tensorVal, unknown } from "./values.js";

/** The sizes of a model's inputs that are known only at run time, by the axis that `forward` names. */
export const symbolNames: Readonly<Record<string, string>> = { B: "batch", T: "seq", S: "source" };

/** A tensor that goes in or comes out, by its name. */
export interface Port {
  readonly name: string;
  readonly value: Value;
}

/** The inputs of `forward` as graph inputs, and the scope that its body will run in. */
export function declareInputs(
  env: ModelEnv,
  tracer: Tracer,
  forward: NonNullable<ModelEnv["forward"]>,
): { scope: Scope; inputs: readonly Port[] } | undefined {
  const outer = env.scope(forward.file);
  const scope = new Scope({
    tracer,
    builder: tracer.top,
    file: forward.file,
    members: outer.members,
    outer: outer.outer,
  });
  const inputs: Port[] = [];
  for (const param of forward.decl.params) {
    const name = param.name.text;
    if (!param.shape) {
      const isCount = param.type?.name === "count";
      if (param.value) tracer.trial?.hold(name, param.value);
      if (!isCount) tracer.report("model/forward-parameter", { name }, param.span);
      const val = isCount ? count(Dim.symbol(name)) : unknown;
      const usual = param.value && wholeCount(outer, param.value, `the default of \`${name}\``);
      if (val.kind === "count") tracer.counts.set(name, usual?.int);
      scope.vars.set(name, val);
      env.inputs.set(name, val);
      continue;
    }
    const axes: string[] = [];
    const sizes: Dim[] = [];
    for (const axis of param.shape.axes) {
      if (axis.kind === "rest") {
        tracer.report("model/rest-in-forward", {}, axis.span);
        return undefined;
      }
      const axisName = axis.kind === "axis" ? axis.name.text : `'${axes.length}`;
      const known = scope.axes.sizes.get(axisName)?.size;
      const size = axis.size
        ? wholeCount(scope, axis.size, "a size of an input")
        : (known ?? Dim.symbol(symbolNames[axisName] ?? axisName.toLowerCase()));
      if (!size) return undefined;
      if (axis.kind === "axis") declareAxis(scope, axis.name, size);
      axes.push(axisName);
      sizes.push(size);
    }
    const value = tracer.top.input({ dtype: dtypes[param.dtype?.name ?? "float"]!, shape: sizes }, name);
    inputs.push({ name, value });
    scope.vars.set(name, tensorVal(value, axes));
    env.inputs.set(name, tensorVal(value, axes));
  }
  return { scope, inputs };
}

/** What `forward` returns, under the names of its results; undefined where something is wrong. */
export function runForward(
  scope: Scope,
  tracer: Tracer,
  forward: NonNullable<ModelEnv["forward"]>,
): readonly Port[] | undefined {
  runBody(forward.decl.body, scope);
  const returned = scope.returned?.flatMap((v) => (v.kind === "tuple" ? v.items : [v]));
  if (!returned || returned.some((v) => v.kind === "unknown")) return undefined;
  const { results } = forward.decl;
  if (returned.length !== results.length) {
    tracer.report(
      "layer/result-count",
      { layer: "forward", declared: results.length, returned: returned.length },
      forward.decl.span,
    );
    return undefined;
  }
  const outputs: Port[] = [];
  for (const [i, result] of results.entries()) {
    const raw = toTensor(scope, { val: returned[i]!, span: result.span });
    const shaped = raw && conform(scope, result.shape, raw, result.span, "the result of `forward`", false);
    if (!shaped) return undefined;
    outputs.push({ name: result.name?.text ?? (i === 0 ? "output" : `output_${i}`), value: shaped.value });
  }
  return outputs;
}
