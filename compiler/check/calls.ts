import type { Param, Span } from "../../grammar/ast.js";
import { isLibrary } from "../host.js";
import type { Value } from "../ir/graph.js";
import { formOf, join } from "../ir/path.js";
import { bindArguments, bindParams, type CallArg, isStatic, staticArgs } from "./arguments.js";
import { checkInverse, tensorsGiven } from "./inverse.js";
import { toTensor } from "./operands.js";
import { conformResults, giveBack, standIn } from "./results.js";
import { AxisTable, Scope, type StateSlot } from "./scope.js";
import { bindAxes, checkSizes } from "./shapes.js";
import { runBody, runRequirements } from "./statements.js";
import { limits } from "./tracer.js";
import {
  type Bound,
  bindInstance,
  dtypes,
  type Instance,
  kindOf,
  type Tensor,
  tensorVal,
  unknown,
  type Val,
} from "./values.js";

/** For a check on the side, which leaves the instance itself as it is. */
const copyOf = (i: Instance): Instance => ({ ...i, members: new Map(i.members), states: new Set() });

/** Runs a layer on tensors: a recipe in place (named after its line), or an instance. */
export function callLayer(
  scope: Scope,
  target: Val & { kind: "recipe" | "instance" },
  args: readonly CallArg[],
  span: Span,
): Val {
  let instance: Instance;
  if (target.kind === "instance")
    instance = scope.tracer.rehearsing ? copyOf(target.instance) : target.instance;
  else {
    const base = scope.line || target.recipe.decl.name.text;
    let name = base;
    for (let i = 2; scope.members.has(name); i++) name = `${base}_${i}`;
    instance = bindInstance(target.recipe, join(scope.path, name));
    scope.members.set(name, { kind: "instance", instance });
  }
  const flat = args.flatMap((a): readonly CallArg[] =>
    a.bound.val.kind === "tuple"
      ? a.bound.val.items.map((val) => ({ name: undefined, bound: { val, span: a.bound.span } }))
      : [a],
  );
  const decl = instance.recipe.decl;
  const slots = decl.params.filter((p) => p.shape);
  const positional = flat.filter((a) => !a.name);
  const first = positional.findIndex((a) => a.bound.val.kind !== "tensor");
  const lead = first < 0 ? positional.length : first;
  const tensors = slots.slice(0, lead);
  if (lead > slots.length) {
    // What a signature that could not be read would have taken is not known.
    if (!decl.unread)
      scope.tracer.report(
        "call/too-many-tensors",
        { layer: decl.name.text, most: slots.length, given: positional.length },
        span,
      );
    return unknown;
  }
  const bound = bindArguments(scope, instance.recipe, flat, tensors);
  const result = runInstance(scope, instance, bound, span);
  // What a copy that failed lacks, its instance lacks for the same reason.
  if (target.kind === "instance" && instance.failed) target.instance.failed = true;
  return result;
}

function runInstance(caller: Scope, instance: Instance, args: ReadonlyMap<string, Bound>, span: Span): Val {
  const { tracer } = caller;
  const { decl } = instance.recipe;
  if (tracer.calls.length >= limits.depth) {
    tracer.reportDepth(decl.name.text, span);
    return unknown;
  }
  if (!tracer.step(span, limits.stepsOfCall)) return unknown;
  const explicit: { param: Param; tensor: Tensor; span: Span }[] = [];
  let unreadable = false;
  for (const param of decl.params) {
    const arg = param.shape ? args.get(param.name.text) : undefined;
    if (!arg || arg.val.kind === "none") continue;
    const tensor = toTensor(
      caller,
      arg,
      arg.val.kind === "tensor" ? undefined : dtypes[param.dtype?.name ?? "float"],
    );
    if (!tensor) unreadable = true;
    else explicit.push({ param, tensor, span: arg.span });
  }
  if (unreadable) return unknown;
  let failed = false;
  const { standIns } = tracer;
  let own: Scope | undefined;
  const back = new Map<string, string>();
  let results: readonly { tensor: Tensor; names: readonly string[] }[] = [];
  const depth = tracer.calls.length;
  tracer.calls.push({ span, text: `\`${decl.name.text}\` is used here` });
  tracer.running.push({ decl, span });
  // Where the library runs a layer that the user wrote down, the user's place is the one to look at.
  if (isLibrary(span.file))
    tracer.calls.push({ span: instance.recipe.span, text: `\`${decl.name.text}\` is asked for here` });
  const firstState = tracer.states.length;
  const firstLoss = tracer.losses.length;
  const parent = caller.builder;
  const nodes = parent.call(
    decl.name.text,
    explicit.map((e) => e.tensor.value),
    (builder, inputs) => {
      own = new Scope({
        tracer,
        builder,
        file: instance.recipe.file,
        axes: new AxisTable(),
        instance,
        path: instance.path,
        members: instance.members,
        states: new Map<string, StateSlot>(),
        given: new Map(
          [...args]
            .filter(([name]) => !decl.params.some((p) => p.name.text === name))
            .map(([name, b]) => [name, b.val]),
        ),
      });
      const scope = own;
      const bound = explicit.map((e, i) => {
        const inner = { value: renamed(inputs[i]!, e.param.name.text), axes: e.tensor.axes };
        const names = bindAxes(
          scope,
          e.param.shape!,
          inner,
          e.span,
          `\`${e.param.name.text}\` of \`${decl.name.text}\``,
        );
        if (!names) return false;
        for (const [own, theirs] of names) if (!back.has(own)) back.set(own, theirs);
        const wanted = dtypes[e.param.dtype?.name ?? "float"]!;
        if (inner.value.dtype !== wanted) {
          tracer.report(
            "kind/expected",
            {
              expected: `a ${e.param.dtype?.name ?? "float"} tensor as \`${e.param.name.text}\``,
              found: kindOf(tensorVal(inner.value, [])),
            },
            e.span,
          );
          return false;
        }
        scope.vars.set(e.param.name.text, tensorVal(inner.value, [...names.keys()]));
        return true;
      });
      if (bound.includes(false)) {
        failed = true;
        return [];
      }
      if (!bindParams(scope, decl, args, span)) {
        runRequirements(decl.body, scope);
        failed = true;
        return [];
      }
      const fitting = explicit.map((e) =>
        checkSizes(
          scope,
          e.param.shape!,
          e.tensor,
          e.span,
          `\`${e.param.name.text}\` of \`${decl.name.text}\``,
        ),
      );
      // Its lines would only say the same in other words.
      if (fitting.includes(false)) {
        failed = true;
        return [];
      }
      instance.runs += 1;
      tracer.program.traced.add(decl);
      const given = tensorsGiven(scope, decl);
      runBody(decl.body, scope);
      for (const [name, val] of scope.vars) if (isStatic(val)) instance.statics.set(name, val);
      const outputs = conformResults(scope, decl);
      if (!outputs) {
        failed = true;
        return [];
      }
      results = outputs.map((t) => ({ tensor: t, names: giveBack(t, back, explicit[0]?.tensor) }));
      // Beside a layer that only stands in for one that failed, nothing comes back.
      const isWhole = tracer.standIns === standIns && !instance.failed;
      if (!tracer.rehearsing && isWhole) checkInverse(scope, decl, given, outputs);
      finishStates(scope);
      return [
        ...outputs.map((t) => t.value),
        ...tracer.states.slice(firstState).map((s) => builder.use(s.output)),
        ...tracer.losses.slice(firstLoss),
      ];
    },
    { path: instance.path, args: staticArgs(decl, args), names: decl.results.map((r) => r.name?.text ?? "") },
  );
  tracer.calls.length = depth;
  tracer.running.pop();
  if (failed) instance.failed = true;
  const form = formOf(instance.path);
  tracer.ran.set(form, !instance.failed && tracer.ran.get(form) !== false);
  if (failed) {
    tracer.standIns++;
    tracer.states.length = firstState;
    tracer.losses.length = firstLoss;
    return standIn(parent, { decl, explicit, scope: own, back });
  }
  for (let i = firstState; i < tracer.states.length; i++) {
    tracer.states[i] = { ...tracer.states[i]!, output: nodes[results.length + i - firstState]! };
  }
  const terms = tracer.losses.length - firstLoss;
  tracer.losses.splice(firstLoss, terms, ...nodes.slice(nodes.length - terms));
  const tensors = results.map((r, i) => tensorVal(nodes[i]!, r.names));
  return tensors.length === 1 ? tensors[0]! : { kind: "tuple", items: tensors };
}

/** A parameter's value carries the parameter's name into the generated code. */
function renamed(value: Value, name: string): Value {
  (value as { name: string }).name = name;
  return value;
}

/** The states of the layer just traced become states of the graph. */
function finishStates(scope: Scope): void {
  for (const slot of scope.states.values()) slot.finish?.();
}
