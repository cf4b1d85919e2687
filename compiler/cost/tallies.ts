import type { ModelInstance } from "../check/instance.js";
import { Dim } from "../dim/dim.js";
import type { Graph, InputPort, Region, Value } from "../ir/graph.js";
import { bodyOf, elements } from "../ir/traverse.js";
import { sumDims } from "../ops/cost-vector.js";
import { eachBody, type GraphCost } from "./analyse.js";
import type { WeightCount } from "./params.js";

/** What conventions weigh: sums over the cost vector, told apart where other tools tell them apart. */
export interface Tallies {
  /** Multiply-adds with weights; those of the blocks alone; those of two activations, masks not counted. */
  readonly dense: Dim;
  readonly blocks: Dim;
  readonly attention: Dim;
  /** Elements that norms, softmaxes and activation functions give. */
  readonly norm: Dim;
  readonly softmax: Dim;
  readonly activation: Dim;
  /** Multiply-adds of looking up the rows of input ids, done as a product with one-hot rows. */
  readonly lookup: Dim;
  /** Active parameters, once for each position of `batch * seq`. */
  readonly params: Dim;
}

const kinds: Readonly<Record<string, "norm" | "softmax" | "activation">> = {
  layer_norm: "norm",
  rms_norm: "norm",
  batch_norm: "norm",
  softmax: "softmax",
  gelu: "activation",
  gelu_tanh: "activation",
  relu: "activation",
  squared_relu: "activation",
  silu: "activation",
  swish: "activation",
};

/** The tallies of one pass. `cost` is that of `graph`, whose calls are still there. */
export function tallies(
  model: ModelInstance,
  graph: Graph,
  cost: GraphCost,
  weights: readonly WeightCount[],
): Tallies {
  const called: Record<"norm" | "softmax" | "activation", Dim[]> = { norm: [], softmax: [], activation: [] };
  const walk = (region: Region, times: Dim): void => {
    for (const node of region.nodes) {
      const kind = node.op === "call" && Object.hasOwn(kinds, node.attrs.name) && kinds[node.attrs.name];
      if (kind) {
        called[kind].push(elements(node.outputs[0]!).times(times));
        continue;
      }
      const body = bodyOf(node);
      if (!body) continue;
      const trips = node.op === "map" ? (node.inputs[0]!.shape[0] ?? Dim.one) : Dim.one;
      walk(body, times.times(trips));
    }
  };
  walk(graph, Dim.one);
  const stacks = model.blocks.map((b) => b.path);
  const inBlock = (path: string) => stacks.some((s) => path === s || path.startsWith(`${s}.`));
  const blocks: Dim[] = [];
  eachBody(cost, ({ own }, path, times) => {
    if (stacks.length === 0 || inBlock(path)) blocks.push(times.isOne ? own.macs : own.macs.times(times));
  });
  const symbol = (name: string) => {
    const found = graph.symbols.find((s) => s.name === name);
    return found ? Dim.symbol(name, Number(found.least)) : Dim.one;
  };
  const positions = symbol("batch").times(symbol("seq"));
  return {
    dense: cost.total.macs,
    blocks: sumDims(blocks),
    attention: cost.total.attentionMacs,
    norm: sumDims(called.norm),
    softmax: sumDims(called.softmax),
    activation: sumDims(called.activation),
    lookup: lookups(graph),
    params: sumDims(weights.filter((w) => w.kind === "weight").map((w) => w.active)).times(positions),
  };
}

const views: ReadonlySet<string> = new Set(["reshape", "transpose", "cast", "stop_gradient"]);

/** Gathers of a weight's rows whose places are the model's integer inputs. */
function lookups(graph: Graph): Dim {
  const found: Dim[] = [];
  const walk = (region: Region, tables: Set<Value>, given: Set<Value>): void => {
    for (const node of region.nodes) {
      const [first, second] = node.inputs;
      if (views.has(node.op) && given.has(first!)) given.add(node.outputs[0]!);
      if (node.op === "gather" && tables.has(first!) && given.has(second!)) {
        found.push(elements(node.outputs[0]!).times(first!.shape[0] ?? Dim.one));
      }
      if (node.op !== "call") continue;
      const { body } = node.attrs;
      const taken = (outer: Set<Value>) => new Set(body.inputs.filter((_, i) => outer.has(node.inputs[i]!)));
      const inner = [taken(tables), taken(given)] as const;
      walk(body, ...inner);
      for (const [i, result] of body.outputs.entries()) {
        if (inner[0].has(result)) tables.add(node.outputs[i]!);
        if (inner[1].has(result)) given.add(node.outputs[i]!);
      }
    }
  };
  const ports = (is: (port: InputPort) => boolean) =>
    new Set(graph.inputPorts.filter(is).map((port) => port.value));
  walk(
    graph,
    ports((port) => port.role === "weight"),
    ports((port) => port.role === "data" && port.value.dtype === "i32"),
  );
  return Dim.sum(found);
}
