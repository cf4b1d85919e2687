import type { ModelDecl, Span } from "../../grammar/ast.js";
import { Diagnostics } from "../diagnostics/sink.js";
import type { Dim } from "../dim/dim.js";
import { isLibrary } from "../host.js";
import type { Graph, InputPort, OutputPort, Region } from "../ir/graph.js";
import { join } from "../ir/path.js";
import { readCheckpoints } from "./checkpoint.js";
import { brokenWeights, weightsOf } from "./checkpoint-weights.js";
import { declareInputs, runForward } from "./forward.js";
import type { FieldValue, ModelConstraint, ModelInstance, TrainingTrace } from "./instance.js";
import { type WeightValues, withoutTwins } from "./learned.js";
import { ModelEnv } from "./model.js";
import { modelChain } from "./model-names.js";
import type { Point } from "./point.js";
import { statePorts, symbolsOf } from "./ports.js";
import type { Program } from "./program.js";
import { addRemedies } from "./remedy.js";
import { requireThat } from "./statements.js";
import { type TracedState, Tracer } from "./tracer.js";
import { placeOf, type Trial } from "./trial.js";

/**
 * A model after late binding, as graphs. Undefined where something is wrong; all of it is in `sink`. `holes` says what
 * an unsolved `?` means: an error, or (when only checking) the first value of its range. `weights` are the values of
 * those that `learned` counts follow from; without them such a count is as large as it can be.
 */
export function instantiateModel(
  program: Program,
  name: string,
  sink: Diagnostics,
  holes: "reject" | "first" = "reject",
  weights?: WeightValues,
): ModelInstance | undefined {
  const before = sink.list.length;
  const instance = instantiateOnce(program, name, sink, { holes, weights });
  if (!instance && !sink.halted)
    addRemedies(
      program,
      sink,
      before,
      weights ? undefined : declOf(program, name),
      (aside, collector, trial) => {
        instantiateOnce(aside, name, collector, { holes, weights, trial });
      },
    );
  return instance;
}

function declOf(program: Program, name: string): ModelDecl | undefined {
  const found = program.lookup(program.path, name)?.decl;
  return found?.kind === "model" ? found : undefined;
}

function instantiateOnce(
  program: Program,
  name: string,
  sink: Diagnostics,
  how: Settled,
): ModelInstance | undefined {
  const found = program.lookup(program.path, name);
  if (found?.decl.kind !== "model") {
    sink.report("model/not-found", { name, models: program.models.map((m) => m.name) }, {});
    return undefined;
  }
  const { decl, file } = found;
  const before = sink.list.length;
  const start = trace(program, decl, file, sink, { ...how, decoding: false });
  if (!start) {
    addStepProblems(program, { decl, file }, sink, before, how);
    return undefined;
  }
  const left = leftBy(start.states);
  let training: TrainingTrace | undefined;
  // Lines that only training runs would else be wrong unseen.
  if (start.readsTraining) trace(program, decl, file, sink, { ...how, decoding: false, training: true });
  const step =
    start.states.length > 0 ? trace(program, decl, file, sink, { ...how, decoding: true, left }) : start;
  if (!step) return undefined;
  return {
    name,
    decl,
    fields: fieldValues(start.env),
    blocks: start.env.blocks,
    constraints: constraints(program, decl, file),
    checkpoints: readCheckpoints(start.env.chain, weightsOf(start.env.tracer), sink, () => true),
    learned: withoutTwins([...start.env.tracer.learned, ...step.env.tracer.learned]),
    start: start.graph,
    step: step.graph,
    training: () => (training ??= traceTraining(program, decl, file, how)),
    separateStep: start.readsDecoding && start.states.length > 0,
  };
}

/** The model once more, for training. Its own problems were told where `training` is read; the rest cannot have any. */
function traceTraining(program: Program, decl: ModelDecl, file: string, how: Settled): TrainingTrace {
  const sink = new Diagnostics();
  const traced = trace(program, decl, file, sink, { ...how, decoding: false, training: true });
  if (!traced)
    return { kind: "not-yet", why: sink.list[0]?.message ?? "the model cannot be traced for training" };
  const { untrainable, losses } = traced.env.tracer;
  const [what] = untrainable;
  if (what !== undefined)
    return { kind: "not-yet", why: `the model uses ${what}, which no training graph has yet` };
  return { kind: "graph", graph: traced.graph, terms: losses.length };
}

/** What is wrong in a step alone, where the pass from nothing has errors already: told with them, not after. */
function addStepProblems(
  program: Program,
  { decl, file }: { readonly decl: ModelDecl; readonly file: string },
  sink: Diagnostics,
  from: number,
  how: Omit<How, "decoding" | "left">,
): void {
  const told = sink.list.slice(from);
  // What takes too long from nothing takes as long in a step.
  if (told.some((d) => d.code.startsWith("limit/"))) return;
  // How much a step finds follows from what a pass leaves; where a run chooses that, it is not known here.
  const forward = modelChain(program, decl, file).flatMap((c) =>
    c.decl.items.filter((i) => i.kind === "forward"),
  );
  if (sink.halted || forward.at(-1)?.params.some((p) => !p.shape)) return;
  const aside = new Diagnostics();
  trace(program, decl, file, aside, { ...how, decoding: true });
  const known = new Set(told.map(placeOf));
  for (const d of aside.list) if (d.severity === "error" && !known.has(placeOf(d))) sink.take(d);
}

/** How long each growing state is after a pass, by the state's path. */
function leftBy(states: readonly TracedState[]): ReadonlyMap<string, Dim> {
  const left = new Map<string, Dim>();
  for (const { info, output } of states)
    if (info.grows !== undefined) left.set(join(info.path, info.name), output.shape[info.grows]!);
  return left;
}

interface Traced {
  readonly graph: Graph;
  readonly env: ModelEnv;
  readonly states: readonly TracedState[];
  readonly readsDecoding: boolean;
  readonly readsTraining: boolean;
}

type Settled = Omit<How, "decoding" | "training" | "left">;

interface How {
  readonly decoding: boolean;
  readonly training?: boolean;
  readonly holes: "reject" | "first";
  readonly weights: WeightValues | undefined;
  readonly trial?: Trial | undefined;
  readonly left?: ReadonlyMap<string, Dim>;
}

function trace(
  program: Program,
  decl: ModelDecl,
  file: string,
  sink: Diagnostics,
  { holes, ...how }: How,
): Traced | undefined {
  const before = sink.errorCount;
  const tracer = new Tracer({ program, sink, ...how, generic: false, home: decl.name.span });
  const env = new ModelEnv(tracer, decl, file);
  if (!env.usable) return undefined;
  const missing = env.unset;
  if (missing.length > 0) {
    sink.report(
      "model/unset-fields",
      { model: decl.name.text, fields: missing.map((f) => `${f.name.text}: ${f.type?.name ?? "layer"}`) },
      {
        span: decl.name.span,
        labels: missing
          .filter((f) => !isLibrary(f.name.span.file))
          .map((f) => ({ span: f.name.span, text: "declared here" })),
      },
    );
  }
  // Holes first, then the inputs of `forward`: other fields may be given either.
  const evaluateField = (name: string): void => {
    const val = env.field(name);
    if (val.kind === "hole") holed(env, sink, decl, name, val.span, holes);
  };
  for (const [name, field] of env.fields) if (field.source?.expr.kind === "hole") evaluateField(name);
  const entry = env.forward && declareInputs(env, tracer, env.forward);
  for (const name of env.fields.keys()) evaluateField(name);
  tracer.declared = declaredSizes(env, tracer, how.decoding);
  for (const { stmt, file: from } of sink.halted ? [] : env.requires)
    tracer.guard(stmt.span, () => requireThat(stmt, env.requireScope(from)));
  if (!env.forward) {
    if (sink.errorCount === before)
      sink.report("model/no-forward", { model: decl.name.text }, { span: decl.name.span });
    return undefined;
  }
  // Errors so far do not stop the run: what depends on them is silent, what does not is still checked.
  const { forward } = env;
  for (const stack of env.stacks.values()) tracer.guard(decl.name.span, () => stack.check());
  if (!entry) return undefined;
  const { inputs } = entry;
  const outputs = tracer.guard(decl.name.span, () => runForward(entry.scope, tracer, forward));
  env.checkUnreadWeights();
  if (!outputs || sink.errorCount > before) {
    if (!how.decoding && !how.trial) {
      const { whole, isMissing } = brokenWeights(env);
      readCheckpoints(env.chain, whole, sink, isMissing);
    }
    return undefined;
  }
  // A whole sequence is one step of training: nothing is carried on.
  const states = how.training ? [] : statePorts(tracer.states);
  const inputPorts: InputPort[] = [
    ...inputs.map((i) => ({ role: "data" as const, ...i })),
    ...states.flatMap((s) =>
      s.state.input
        ? [{ role: "state" as const, name: s.past, value: s.state.input, state: s.state.info }]
        : [],
    ),
    ...tracer.weights.values(),
  ];
  const outputPorts: OutputPort[] = [
    ...outputs.map((o) => ({ role: "data" as const, ...o })),
    ...tracer.losses.map((value, i) => ({ role: "data" as const, name: `loss.${i}`, value })),
    ...states.map((s) => ({
      role: "state" as const,
      name: s.present,
      value: s.state.output,
      state: s.state.info,
    })),
  ];
  const region: Region = {
    inputs: inputPorts.map((p) => p.value),
    nodes: tracer.top.nodes,
    outputs: outputPorts.map((p) => p.value),
  };
  const graph: Graph = {
    ...region,
    name: decl.name.text,
    inputPorts,
    outputPorts,
    symbols: symbolsOf(region, inputPorts, tracer),
    assumptions: tracer.assumptions,
  };
  const { readsDecoding, readsTraining } = tracer;
  return { graph, env, states: tracer.states, readsDecoding, readsTraining };
}

/** The sizes of a run that the model's own lines speak of; none where it has no `seq`. */
function declaredSizes(env: ModelEnv, tracer: Tracer, decoding: boolean): Point | undefined {
  const seq = env.fields.has("seq") ? env.field("seq") : undefined;
  const longest = seq?.kind === "count" ? seq.dim.int : undefined;
  if (longest === undefined || longest < 1n) return undefined;
  const counts = [...tracer.counts].flatMap(([name, usual]) => (usual === undefined ? [] : [[name, usual]]));
  const place = decoding ? { seq: 1n, past: longest - 1n } : { seq: longest };
  return { batch: 1n, ...place, ...Object.fromEntries(counts) };
}

function holed(
  env: ModelEnv,
  sink: Diagnostics,
  decl: ModelDecl,
  name: string,
  span: Span,
  holes: "reject" | "first",
): void {
  if (holes === "reject") sink.report("model/hole", { model: decl.name.text, name }, { span });
  else {
    sink.report("model/hole-not-solved", { name }, { span });
    env.fillHole(name);
  }
}

function fieldValues(env: ModelEnv): FieldValue[] {
  return [...env.fields].flatMap(([name, field]): FieldValue[] => {
    const val = env.field(name);
    const span = field.source?.span ?? field.name.span;
    if (val.kind === "count" && val.dim.int !== undefined) return [{ name, value: val.dim.int, span }];
    if (val.kind === "number" || val.kind === "flag" || val.kind === "text")
      return [{ name, value: val.value, span }];
    if (val.kind === "instance") return [{ name, value: val.instance.recipe.decl.name.text, span }];
    return [];
  });
}

/** Budgets and expectations of the model and its bases. An expectation speaks of the model that states it alone. */
function constraints(program: Program, decl: ModelDecl, file: string): ModelConstraint[] {
  return modelChain(program, decl, file).flatMap((link) =>
    link.decl.items.flatMap((item) => {
      if (item.kind !== "budget" && item.kind !== "expect") return [];
      if (item.kind === "expect" && link.decl !== decl) return [];
      const profile = item.profile ? program.profile(link.file, item.profile.text) : undefined;
      const isAdrift = item.profile !== undefined && profile === undefined;
      return item.constraints.map((constraint) => ({
        kind: item.kind,
        constraint,
        profile,
        isAdrift,
        model: link.decl,
      }));
    }),
  );
}
