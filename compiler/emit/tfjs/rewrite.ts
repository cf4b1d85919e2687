import { newValue } from "../../ir/build.js";
import type { Graph, Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { bodyOf, Renaming, rewriteRegions, sameShape, withValues } from "../../ir/traverse.js";
import type { NdArray } from "../../ops/define.js";
import { type Formula, formulas, meansTheSame } from "../probe.js";

/** How many elements a value has, at the sizes that are expected. */
type Count = (value: Value) => number;

/** Below this, a masked score is as good as gone whatever it was: a float of this size swallows any other score. */
const MASKED = -1e30;

/**
 * Says the same in fewer or smaller steps of tfjs, which runs each node as one kernel: small layers stand where they
 * are called, masks are added (so that what they are made of can be made once a pass), products are scaled by their
 * smaller factor, the tanh of gelu becomes the logistic function that it is.
 */
export function rewrite(graph: Graph, count: Count): Graph {
  return rewriteRegions(graph, (region, isTop) => new Rewriting(count).run(expandSmall(region, isTop)));
}

/** Calls of a body of few nodes, as of `mean`, are replaced by these nodes; the model's own layers stay to be read. */
function expandSmall(region: Region, isTop: boolean): Region {
  const small = (node: Node) =>
    node.op === "call" &&
    !(isTop && node.attrs.path !== "") &&
    node.attrs.body.nodes.filter((n) => n.op !== "constant").length <= 2 &&
    node.attrs.body.nodes.every((n) => bodyOf(n) === undefined);
  if (!region.nodes.some(small)) return region;
  const renaming = new Renaming();
  const nodes = region.nodes.flatMap((node): readonly Node[] => {
    if (node.op !== "call" || !small(node)) return [withValues(node, renaming.all(node.inputs))];
    const { body } = node.attrs;
    const inner = new Renaming();
    node.inputs.forEach((v, i) => {
      inner.set(body.inputs[i]!, renaming.get(v));
    });
    const copies = body.nodes.map((n) => {
      const inputs = inner.all(n.inputs);
      const outputs = n.outputs.map((v) => {
        const at = body.outputs.indexOf(v);
        const fresh = newValue(v, at < 0 ? v.name : node.outputs[at]!.name || v.name);
        inner.set(v, fresh);
        return fresh;
      });
      return withValues(n, inputs, outputs);
    });
    node.outputs.forEach((v, i) => {
      renaming.set(v, inner.get(body.outputs[i]!));
    });
    return copies;
  });
  return { inputs: region.inputs, nodes, outputs: renaming.all(region.outputs) };
}

class Rewriting {
  private readonly definitions = new Map<Value, Node>();
  private readonly uses = new Map<Value, number>();
  private readonly nodes: Node[] = [];

  constructor(private readonly count: Count) {}

  run(region: Region): Region {
    for (const v of [...region.nodes.flatMap((n) => n.inputs), ...region.outputs])
      this.uses.set(v, (this.uses.get(v) ?? 0) + 1);
    const renaming = new Renaming();
    for (const node of region.nodes) {
      const now = withValues(node, renaming.all(node.inputs));
      const made = this.addedMask(now) ?? this.scaledFactor(now) ?? this.logisticGate(now);
      if (made) {
        renaming.set(node.outputs[0]!, made);
        this.uses.set(made, this.uses.get(node.outputs[0]!) ?? 0);
      } else this.push(now);
    }
    return { inputs: region.inputs, nodes: this.nodes, outputs: renaming.all(region.outputs) };
  }

  /** `softmax(select(mask, x, lowest))` as `softmax(x + select(mask, 0, lowest))`: the sum is made of smaller parts. */
  private addedMask(node: Node): Value | undefined {
    const [x] = node.inputs;
    if (node.op !== "call" || !x || !isSoftmax(node) || this.uses.get(x) !== 1) return undefined;
    const choice = this.definitions.get(x);
    if (choice?.op !== "select") return undefined;
    const [mask, scores, otherwise] = choice.inputs as [Value, Value, Value];
    const lowest = this.scalar(otherwise);
    if (lowest === undefined || !(lowest <= MASKED && Number.isFinite(lowest))) return undefined;
    if (!sameShape(scores.shape, x.shape) || mask.shape.length === 0) return undefined;
    const zero = this.add(
      { op: "constant", inputs: [], attrs: { dtype: "f32", shape: [], data: [0] } },
      otherwise,
    );
    const bias = this.add(
      { op: "select", inputs: [mask, zero, otherwise], attrs: {} },
      { name: "bias", dtype: "f32", shape: mask.shape },
    );
    const sum = this.add({ op: "add", inputs: [scores, bias], attrs: {} }, x);
    return this.add({ ...node, inputs: [sum] }, node.outputs[0]!);
  }

  /** `einsum(a, b) / c` as `einsum(a / c, b)` where `a` is smaller than the product. */
  private scaledFactor(node: Node): Value | undefined {
    if (node.op !== "div" && node.op !== "mul") return undefined;
    const [product, factor] = node.inputs as [Value, Value];
    const einsum = this.definitions.get(product);
    if (einsum?.op !== "einsum" || this.scalar(factor) === undefined || this.uses.get(product) !== 1)
      return undefined;
    const sizes = einsum.inputs.map(this.count);
    const at = sizes[0]! <= sizes[1]! ? 0 : 1;
    const smaller = einsum.inputs[at]!;
    // What no node here made is a weight or another's: it would be scaled anew in each run.
    if (sizes[at]! >= this.count(product) || !this.definitions.has(smaller)) return undefined;
    const scaled = this.add({ op: node.op, inputs: [smaller, factor], attrs: {} }, smaller);
    const inputs = einsum.inputs.map((v, i) => (i === at ? scaled : v));
    return this.add(
      { ...einsum, inputs },
      { ...node.outputs[0]!, name: node.outputs[0]!.name || product.name },
    );
  }

  /** `(0.5 * x) * (1 + tanh(u))` as `x * logistic(2 * u)`, which is the same function. */
  private logisticGate(node: Node): Value | undefined {
    if (node.op !== "mul") return undefined;
    const [half, sum] = node.inputs.map((v) => this.definitions.get(v));
    const x = half?.op === "mul" ? this.factor(half, (c) => c === 0.5) : undefined;
    const bent = sum?.op === "add" ? this.factor(sum, (c) => c === 1) : undefined;
    const tanh = bent && this.definitions.get(bent.rest);
    if (!x || tanh?.op !== "tanh") return undefined;
    const [u] = tanh.inputs as [Value];
    const scaled = this.definitions.get(u);
    const before = scaled?.op === "mul" ? this.factor(scaled, () => true) : undefined;
    const twice = this.scaledCubic(u, 2 * (before?.by ?? 1), before?.rest ?? u);
    const gate = this.add({ op: "logistic", inputs: [twice], attrs: {} }, { ...u, name: "gate" });
    return this.add({ op: "mul", inputs: [x.rest, gate], attrs: {} }, node.outputs[0]!);
  }

  /** `c * p`; where `p` is `x + k * x * x * x`, as `(c * k * x * x + c) * x`, a step less. */
  private scaledCubic(like: Value, c: number, p: Value): Value {
    const sum = this.definitions.get(p);
    const cubic = sum?.op === "add" ? this.cubicOf(sum.inputs[1]!, sum.inputs[0]!) : undefined;
    if (cubic === undefined) return this.add({ op: "mul", inputs: [this.number(c), p], attrs: {} }, like);
    const [x] = sum!.inputs as [Value];
    const square = this.add({ op: "mul", inputs: [x, x], attrs: {} }, { ...like, name: "square" });
    const scaled = this.add({ op: "mul", inputs: [square, this.number(c * cubic)], attrs: {} }, like);
    const raised = this.add({ op: "add", inputs: [scaled, this.number(c)], attrs: {} }, like);
    return this.add({ op: "mul", inputs: [raised, x], attrs: {} }, like);
  }

  /** The `k` of `k * x * x * x`. */
  private cubicOf(value: Value, x: Value): number | undefined {
    let rest = value;
    for (let i = 0; i < 2; i++) {
      const node = this.definitions.get(rest);
      if (node?.op !== "mul" || node.inputs[1] !== x) return undefined;
      rest = node.inputs[0]!;
    }
    const last = this.definitions.get(rest);
    const factor = last?.op === "mul" ? this.factor(last, () => true) : undefined;
    return factor?.rest === x ? factor.by : undefined;
  }

  private number(value: number): Value {
    return this.add(
      { op: "constant", inputs: [], attrs: { dtype: "f32", shape: [], data: [value] } },
      { name: "", dtype: "f32", shape: [] },
    );
  }

  /** The other operand of a sum or product with a number. */
  private factor(node: Node, fits: (c: number) => boolean): { by: number; rest: Value } | undefined {
    for (const [i, v] of node.inputs.entries()) {
      const by = this.scalar(v);
      if (by !== undefined && fits(by)) return { by, rest: node.inputs[1 - i]! };
    }
    return undefined;
  }

  private scalar(value: Value): number | undefined {
    const node = this.definitions.get(value);
    return node?.op === "constant" && node.attrs.shape.length === 0 && node.attrs.dtype === "f32"
      ? node.attrs.data[0]
      : undefined;
  }

  private add(
    node: Pick<Node, "op" | "inputs" | "attrs">,
    like: Pick<Value, "name" | "dtype" | "shape">,
  ): Value {
    const output = newValue(like, like.name);
    this.push({ ...node, outputs: [output] } as Node);
    return output;
  }

  private push(node: Node): void {
    this.nodes.push(node);
    for (const v of node.outputs) this.definitions.set(v, node);
  }
}

const meant = new WeakMap<Region, boolean>();

/** Whether a call computes a formula; a user's layer of that name may mean something else. Tried once a body. */
function means(node: NodeOf<"call">, formula: Formula): boolean {
  const { body } = node.attrs;
  let known = meant.get(body);
  if (known === undefined) meant.set(body, (known = meansTheSame(node, (xs) => formula(xs, node))));
  return known;
}

/** Whether a call is what tfjs has as `softmax`. */
export function isSoftmax(node: NodeOf<"call">): boolean {
  const { name, args } = node.attrs;
  const [x] = node.inputs;
  if (name !== "softmax" || node.inputs.length !== 1 || !x || args.axis !== x.shape.length - 1) return false;
  return means(node, formulas.softmax);
}

/** Whether a call is a layer norm of vectors; one without a scale and a shift counts as well. */
export function isLayerNorm(node: NodeOf<"call">): boolean {
  const [x, ...rows] = node.inputs;
  if (node.attrs.name !== "layer_norm" || !x || !rows.every((v) => v.shape.length === 1)) return false;
  if (rows.length === 2) return means(node, formulas.layer_norm);
  const row = (of: NdArray, value: number): NdArray => {
    const width = of.shape.at(-1)!;
    return { dtype: "f32", shape: [width], data: new Float64Array(width).fill(value) };
  };
  return (
    rows.length === 0 && means(node, ([y], call) => formulas.layer_norm([y!, row(y!, 1), row(y!, 0)], call))
  );
}
