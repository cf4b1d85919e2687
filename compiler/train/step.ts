import type { ModelInstance } from "../check/instance.js";
import { Builder } from "../ir/build.js";
import { gradient, type Vjp, vjpOfOp } from "../ir/grad.js";
import type { Graph, InputPort, Node, OutputPort, StateInfo, Value } from "../ir/graph.js";
import { commonSubexpressions, eliminateDeadCode, foldConstants } from "../ir/passes/optimize.js";
import { computedAnew } from "./anew.js";
import { expand, expandedSize, RunTwice } from "./expand.js";
import { crossEntropy } from "./loss.js";
import { schedule, slotsOf, Updates } from "./optimizer.js";
import type { Optimizer } from "./optimizer-names.js";
import { inOrder, Reversible } from "./reverse.js";

/**
 * One step of training as a graph: the forward pass, the loss, the derivative by every weight, and the optimizer.
 * Inputs are the model's, `labels` for its `logits` (i32, negative where nothing is asked), `learning_rate` (f32), for
 * an optimizer that averages `updates` (i32: how many were made before), weights, buffers, and as states the
 * optimizer's slots, `WEIGHT.mean`. Outputs are `loss` and as states what is next: `next WEIGHT`, `next WEIGHT.mean`.
 */
export interface TrainingStep {
  readonly kind: "step";
  readonly graph: Graph;
  /** The derivative by each weight that the loss depends on, by the weight's name. */
  readonly gradients: ReadonlyMap<string, Value>;
  /** The instance that a node is of: on the way back, that whose derivative it is part of. */
  readonly paths: ReadonlyMap<Node, string>;
}

/** `not-yet`: archc will know; `no-data`: the model does not say what is to be learned. */
export interface Untrainable {
  readonly kind: "not-yet" | "no-data";
  readonly why: string;
}

/** Operations of a forward pass whose step is made: some 400 blocks, in seconds. */
const largest = 20_000;

/**
 * The training step of a model. Layers with an `inverse` keep none of their inputs (reverse.ts); of all others every
 * value that a derivative reads is kept, but what a cheap call computes within (expand.ts).
 */
export function trainingStep(instance: ModelInstance, optimizer: Optimizer): TrainingStep | Untrainable {
  const traced = instance.training();
  if (traced.kind === "not-yet") return traced;
  const size = expandedSize(traced.graph);
  if (size > largest) {
    const why = `the forward pass alone has ${size} operations, but archc can build training steps of at most ${largest}`;
    return { kind: "not-yet", why };
  }
  try {
    return build(traced.graph, traced.terms, optimizer);
  } catch (error) {
    if (!(error instanceof RunTwice)) throw error;
    const why = `a layer with an \`inverse\` calls \`${error.path}\` twice, and the backward pass cannot tell the two calls' choices apart`;
    return { kind: "not-yet", why };
  }
}

function build(model: Graph, terms: number, optimizer: Optimizer): TrainingStep | Untrainable {
  const b = new Builder();
  const ports: InputPort[] = [...model.inputPorts];
  for (const { value } of ports) b.take(value);
  const data = (name: string, value: Value) => {
    ports.push({ role: "data", name, value });
    return value;
  };
  const places = new Map<Value, string>();
  const reversible = new Reversible();
  const forward = expand(b, model, model.inputs, {
    reversible: (node, args, path) => reversible.run(b, node, args, path),
    placed: (values, path) => {
      for (const v of values) places.set(v, path);
    },
  });

  const results = model.outputPorts.length - terms;
  const losses = forward.outputs.slice(results);
  model.outputPorts.slice(0, results).forEach(({ name }, i) => {
    const logits = forward.outputs[i]!;
    if (!/(^|_)logits$/.test(name) || logits.dtype !== "f32" || logits.shape.length === 0) return;
    const label = name.replace(/logits$/, "labels");
    const type = { dtype: "i32", shape: logits.shape.slice(0, -1) } as const;
    losses.push(crossEntropy(b, logits, data(label, b.input(type, label))));
  });
  if (losses.length === 0) {
    const given = model.outputPorts.map((port) => `\`${port.name}\``).join(", ");
    return {
      kind: "no-data",
      why: `a loss is defined only for a result named \`logits\`, but \`forward\` returns ${given}`,
    };
  }
  const loss = losses.reduce((sum, term) => b.op("add", [sum, term], {}));

  const weights = model.inputPorts.flatMap((port) =>
    port.role === "weight" && port.weight.kind === "weight" ? [port] : [],
  );
  const vjp: Vjp = (builder, node, cotangents) => {
    const first = b.nodes.length;
    const rule = reversible.has(node) ? reversible.vjp.bind(reversible) : vjpOfOp;
    const leaving = rule(builder, node, cotangents);
    const place = places.get(node.outputs[0]!) ?? "";
    for (const { outputs } of b.nodes.slice(first)) for (const v of outputs) places.set(v, place);
    return leaving;
  };
  const backward = b.nodes.length;
  const found = gradient(
    b,
    b.nodes,
    [loss],
    [b.scalar(1)],
    weights.map((w) => w.value),
    vjp,
  );

  const scalar = (dtype: "f32" | "i32", name: string) => data(name, b.input({ dtype, shape: [] }, name));
  const rate = scalar("f32", "learning_rate");
  const slots = slotsOf[optimizer];
  const shared = schedule(b, optimizer, rate, slots.length > 0 ? scalar("i32", "updates") : undefined);
  const updates = new Updates(b, optimizer, shared);
  const outputs: OutputPort[] = [{ role: "data", name: "loss", value: loss }];
  const trained: string[] = [];
  weights.forEach(({ name, value, weight: { within } }, i) => {
    const derivative = found[i];
    if (!derivative) return;
    trained.push(name);
    const state = (slot: string): StateInfo => ({
      path: name,
      name: slot,
      grows: undefined,
      bound: undefined,
    });
    const next = (of: string, after: Value, slot: string) =>
      outputs.push({ role: "state", name: `next ${of}`, value: after, state: state(slot) });
    const old = slots.map((slot) => {
      const port = {
        role: "state",
        name: `${name}.${slot}`,
        value: b.input(value, slot),
        state: state(slot),
      } as const;
      ports.push(port);
      return port;
    });
    const updated = updates.of(
      value,
      derivative,
      old.map((port) => port.value),
    );
    next(name, within ? clamped(b, updated.weight, within) : updated.weight, "weight");
    old.forEach((port, k) => next(port.name, updated.slots[k]!, port.state.name));
  });

  const values = outputs.map((port) => port.value);
  const nodes = computedAnew(b, backward, reversible.waiting);
  const graph = eliminateDeadCode(
    commonSubexpressions(
      foldConstants({
        ...model,
        inputs: ports.map((port) => port.value),
        nodes: inOrder(nodes, values, reversible.waiting, reversible.deadlines),
        outputs: values,
        inputPorts: ports,
        outputPorts: outputs,
      }),
    ),
  );
  const steps = graph.nodes.filter(
    (node) => node.op === "call" && node.attrs.name === optimizer && node.attrs.path === "",
  );
  return {
    kind: "step",
    graph,
    gradients: new Map(steps.map((node, i) => [trained[i]!, node.inputs[1]!])),
    paths: new Map(graph.nodes.map((node) => [node, places.get(node.outputs[0]!) ?? ""])),
  };
}

function clamped(b: Builder, x: Value, [low, high]: readonly [number, number]): Value {
  return b.op("minimum", [b.op("maximum", [x, b.scalar(low)], {}), b.scalar(high)], {});
}
