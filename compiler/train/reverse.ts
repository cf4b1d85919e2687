import { Builder } from "../ir/build.js";
import { gradient } from "../ir/grad.js";
import type { Inverse, Node, NodeOf, Region, Value } from "../ir/graph.js";
import { pathAt } from "../ir/path.js";
import { type Expanded, expand, RunTwice } from "./expand.js";

/** The body of a reversible layer with what its way back needs as further results. */
interface Forward {
  readonly body: Region;
  readonly inverse: Inverse;
  /** The body as the layer has it, and its number of results. */
  readonly original: Region;
  readonly results: number;
  /** The choices that are kept, in the order of the results behind the layer's own. */
  readonly choices: readonly string[];
  /** Values of the body that the inverse reads, in the order of the results behind those. */
  readonly kept: readonly Value[];
}

/** Nodes of the way back, to be run when the first that needs them does; `values` at the latest before node `at`. */
export interface Deadline {
  readonly at: number;
  readonly values: readonly Value[];
}

/**
 * Reversible layers in a graph for training (Gomez et al., arXiv 1707.04585): their inputs are not kept, the backward
 * pass computes them from the results by the layer's `inverse`, and then the layer once more. Integers that floats chose
 * (buckets of a hash, the best k) are kept, so that both runs choose alike.
 */
export class Reversible {
  private readonly forwards = new Map<Region, Forward>();
  private readonly calls = new Map<Node, Forward>();
  /** What the inverse gave for a value of the forward pass. */
  private readonly standing = new Map<Value, Value>();
  /** Results of nodes that wait until they are asked for. */
  readonly waiting = new Set<Value>();
  readonly deadlines: Deadline[] = [];

  /** Adds the forward call of `node` at the instance `path`; gives the layer's results. */
  run(b: Builder, node: NodeOf<"call">, args: readonly Value[], path: string): readonly Value[] {
    const { body } = node.attrs;
    const forward = this.forwards.get(body) ?? forwardOf(b, body, body.inverse!, path);
    this.forwards.set(body, forward);
    const results = b.node("call", args, { ...node.attrs, path, body: forward.body });
    this.calls.set(b.nodes.at(-1)!, forward);
    return results.slice(0, forward.results);
  }

  /** Is the node one that `run` added? */
  has(node: Node): boolean {
    return this.calls.has(node);
  }

  /** Cotangents of the inputs of a node that `run` added. */
  vjp(b: Builder, node: Node, cotangents: readonly (Value | undefined)[]): readonly (Value | undefined)[] {
    const { original, inverse, results: count, choices, kept } = this.calls.get(node)!;
    const results = node.outputs.slice(0, count).map((v) => this.standing.get(v) ?? v);
    const more = node.outputs.slice(count);
    const made = new Map(choices.map((key, i) => [key, more[i]!]));
    const known = new Map(original.inputs.map((v, i) => [v, node.inputs[i]!]));
    kept.forEach((v, i) => known.set(v, more[choices.length + i]!));
    const given = inverse.given.map((v) => (typeof v === "number" ? results[v]! : known.get(v)!));

    const first = b.nodes.length;
    const back = expand(b, inverse.body, given, { choices: { made } }).outputs;
    const args = [...node.inputs];
    inverse.back.forEach((at, i) => {
      args[at] = back[i]!;
    });
    const standing = new Map(original.outputs.slice(0, count).map((v, i) => [v, results[i]!]));
    const again = expand(b, original, args, { choices: { made }, standing });
    for (const { outputs } of b.nodes.slice(first)) for (const v of outputs) this.waiting.add(v);

    const found = gradient(b, again.nodes, again.outputs, cotangents.slice(0, count), args);
    this.deadlines.push({ at: b.nodes.length, values: back });
    inverse.back.forEach((at, i) => this.standing.set(node.inputs[at]!, back[i]!));
    return found;
  }
}

function forwardOf(b: Builder, original: Region, inverse: Inverse, path: string): Forward {
  const inner = new Builder(b);
  const params = original.inputs.map((v) => inner.input(v, v.name));
  const found = new Map<string, Value>();
  const { outputs, at } = expandAt(path, () => expand(inner, original, params, { choices: { found } }));
  const inputs = new Set(original.inputs);
  const kept = inverse.given.flatMap((v) => (typeof v === "number" || inputs.has(v) ? [] : [v]));
  const body = inner.region([...outputs, ...found.values(), ...kept.map(at)]);
  return { body, inverse, original, results: outputs.length, choices: [...found.keys()], kept };
}

/** What is found wrong in an expansion is told of the instance at `path`. */
function expandAt(path: string, run: () => Expanded): Expanded {
  try {
    return run();
  } catch (error) {
    throw error instanceof RunTwice ? new RunTwice(pathAt(path, error.path)) : error;
  }
}

/**
 * The nodes that `outputs` need, in their order but for those whose results are `waiting`: these run just before the
 * first node that reads them, and at their deadline.
 */
export function inOrder(
  nodes: readonly Node[],
  outputs: readonly Value[],
  waiting: ReadonlySet<Value>,
  deadlines: readonly Deadline[],
): Node[] {
  const makers = new Map<Value, Node>();
  for (const node of nodes) for (const v of node.outputs) makers.set(v, node);
  const needed = new Set(outputs);
  for (const node of [...nodes].reverse())
    if (node.outputs.some((v) => needed.has(v))) for (const v of node.inputs) needed.add(v);

  const ordered = new Set<Node>();
  const demand = (value: Value): void => {
    const node = makers.get(value);
    if (!node || ordered.has(node)) return;
    node.inputs.forEach(demand);
    ordered.add(node);
  };
  const due = new Map(deadlines.map(({ at, values }) => [at, values]));
  nodes.forEach((node, i) => {
    due
      .get(i)
      ?.filter((v) => needed.has(v))
      .forEach(demand);
    const [first] = node.outputs;
    if (first && !waiting.has(first) && node.outputs.some((v) => needed.has(v))) demand(first);
  });
  outputs.forEach(demand);
  return [...ordered];
}
