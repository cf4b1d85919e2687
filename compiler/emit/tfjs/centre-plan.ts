import type { Graph, Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { bodyOf } from "../../ir/traverse.js";
import { parseEquation } from "../../ops/einsum.js";
import { Rewrite } from "../passes/rewrite.js";
import { isLayerNorm } from "./rewrite.js";

/** What changes where sums are centred: each set names values by what they become. */
export interface Plan {
  /** Values known when a model is loaded, wherever they are read. */
  readonly weights: ReadonlySet<Value>;
  /** Results of layer norms whose operand will have mean 0. */
  readonly norms: ReadonlySet<Value>;
  /** Results of projections whose weights take the mean off. */
  readonly projections: ReadonlySet<Value>;
  /** Values whose mean is taken off in each run. */
  readonly taken: ReadonlySet<Value>;
}

/** What is to be done, if it takes off more means than it adds. */
export function planCentring(graph: Graph, alone: ReadonlySet<string>): Plan | undefined {
  return new Planning(graph, alone).plan();
}

/**
 * Values of all bodies at once: a body that several calls share is changed for all of them, so what holds of an operand
 * holds of the operand of each call.
 */
class Planning {
  private readonly regions = new Set<Region>();
  private readonly calls = new Map<Region, NodeOf<"call">[]>();
  private readonly makers = new Map<Value, { readonly node: Node; readonly rewrite: Rewrite<Region> }>();
  /** The body of which a value is an input. */
  private readonly owners = new Map<Value, Region>();
  private readonly weights = new Set<Value>();
  /** Values of which nobody sees the mean. */
  private readonly free = new Set<Value>();
  private readonly projections = new Set<Value>();
  private readonly taken = new Set<Value>();

  constructor(
    private readonly graph: Graph,
    alone: ReadonlySet<string>,
  ) {
    this.collect(graph);
    for (const port of graph.inputPorts)
      if (port.role === "weight" && !alone.has(port.name)) this.weights.add(port.value);
    // Bodies come after those that call them.
    const passed = [...this.calls].map(([body, calls]) => ({ body, calls }));
    this.untilStable(() => {
      for (const { body, calls } of passed)
        body.inputs.forEach((v, i) => {
          if (calls.every((call) => this.weights.has(call.inputs[i]!))) this.weights.add(v);
        });
      return this.weights.size;
    });
    for (const region of this.regions) {
      const rewrite = new Rewrite(region, this.weights, new Map());
      for (const node of region.nodes) for (const v of node.outputs) this.makers.set(v, { node, rewrite });
      for (const v of region === graph ? [] : region.inputs) this.owners.set(v, region);
    }
  }

  private collect(region: Region): void {
    if (this.regions.has(region)) return;
    this.regions.add(region);
    for (const node of region.nodes) {
      const body = bodyOf(node);
      if (!body) continue;
      if (node.op === "call") this.calls.set(body, [...(this.calls.get(body) ?? []), node]);
      this.collect(body);
    }
  }

  private untilStable(step: () => number): void {
    for (let before = -1, now = step(); now !== before; ) [before, now] = [now, step()];
  }

  plan(): Plan | undefined {
    for (const v of [...this.makers.keys(), ...this.owners.keys()])
      if (v.dtype === "f32" && v.shape.at(-1)?.int !== undefined && !this.weights.has(v)) this.free.add(v);
    this.untilStable(() => {
      for (const region of this.regions) this.narrow(region);
      return this.free.size;
    });
    const norms = new Set<Value>();
    const sums = new Set<Value>();
    for (const { nodes } of this.regions)
      for (const node of nodes) {
        if (node.op === "call" && this.free.has(node.inputs[0]!) && isLayerNorm(node))
          norms.add(node.outputs[0]!);
        const [out] = node.outputs;
        if (out && this.free.has(out) && this.projection(out)) this.projections.add(out);
        else if (out && this.free.has(out) && node.op === "add") sums.add(out);
      }
    // A sum of two that have means has it taken off; of one, that one has.
    for (const out of sums) if (this.operands(out).every((v) => this.hasMean(v))) this.takes(out);
    const rest = [...sums].filter((v) => !this.taken.has(v)).flatMap((v) => this.operands(v));
    const read = [...norms].map((v) => this.operands(v)[0]!);
    for (const v of [...rest, ...read]) if (this.hasMean(v) && !this.take(v)) return undefined;
    if (norms.size <= this.taken.size) return undefined;
    return { weights: this.weights, norms, projections: this.projections, taken: this.taken };
  }

  /** Drops values whose mean someone sees. */
  private narrow(region: Region): void {
    const calls = region === this.graph ? undefined : (this.calls.get(region) ?? []);
    for (const node of region.nodes) {
      node.inputs.forEach((v, i) => {
        if (this.free.has(v) && !this.passes(node, i)) this.free.delete(v);
      });
      node.outputs.forEach((v, i) => {
        if (this.free.has(v) && !this.comes(node, i)) this.free.delete(v);
      });
    }
    region.outputs.forEach((v, i) => {
      if (!calls?.length || !calls.every((call) => this.free.has(call.outputs[i]!))) this.free.delete(v);
    });
    region.inputs.forEach((v, i) => {
      if (!calls?.length || !calls.every((call) => this.free.has(call.inputs[i]!))) this.free.delete(v);
    });
  }

  /** Whether a node sees of an operand all but the mean. */
  private passes(node: Node, i: number): boolean {
    const [out] = node.outputs as [Value];
    if (node.op === "add") return this.free.has(out) && this.isSum(node) && !this.projection(out);
    if (this.keepsRows(node)) return this.free.has(out);
    if (node.op !== "call") return false;
    return isLayerNorm(node) ? i === 0 : this.free.has(node.attrs.body.inputs[i]!);
  }

  /** Whether a result can do without its mean if the operands can. */
  private comes(node: Node, i: number): boolean {
    const [out] = node.outputs as [Value];
    if (node.op === "add" && !this.projection(out))
      return this.isSum(node) && node.inputs.every((v) => this.free.has(v));
    if (this.keepsRows(node)) return this.free.has(node.inputs[0]!);
    if (node.op === "call" && !isLayerNorm(node)) return this.free.has(node.attrs.body.outputs[i]!);
    return true;
  }

  private isSum({ inputs, outputs }: Node): boolean {
    const width = outputs[0]!.shape.at(-1)!;
    return inputs.every((v) => v.shape.at(-1)?.equals(width) === true);
  }

  /** A node that gives some vectors of its operand as they are. */
  private keepsRows(node: Node): boolean {
    const last = node.inputs[0]?.shape.at(-1);
    if (node.op === "slice") return node.attrs.axis < node.inputs[0]!.shape.length - 1;
    return node.op === "reshape" && last?.equals(node.outputs[0]!.shape.at(-1)!) === true;
  }

  private projection(value: Value): boolean {
    const maker = this.makers.get(value);
    return maker !== undefined && projectionTo(maker.rewrite, value) !== undefined;
  }

  private operands(value: Value): readonly Value[] {
    return this.makers.get(value)!.node.inputs;
  }

  private means: Set<Value> | undefined;

  /** Whether a free value has a mean, after the plan as it stands. */
  private hasMean(value: Value): boolean {
    if (this.means) return this.means.has(value);
    const means = new Set<Value>();
    this.means = means;
    this.untilStable(() => {
      for (const v of this.free) if (this.getsMean(v)) means.add(v);
      return means.size;
    });
    return means.has(value);
  }

  /** Whether a value has a mean if those have it that are known to. */
  private getsMean(value: Value): boolean {
    if (this.taken.has(value) || this.projections.has(value)) return false;
    const owner = this.owners.get(value);
    if (owner) {
      const i = owner.inputs.indexOf(value);
      return this.calls.get(owner)!.some((call) => this.hasMean(call.inputs[i]!));
    }
    const { node } = this.makers.get(value)!;
    if (node.op === "add") return node.inputs.every((v) => this.hasMean(v));
    if (this.keepsRows(node)) return this.hasMean(node.inputs[0]!);
    if (node.op !== "call" || isLayerNorm(node)) return true;
    return this.hasMean(node.attrs.body.outputs[node.outputs.indexOf(value)]!);
  }

  private takes(value: Value): void {
    this.taken.add(value);
    this.means = undefined;
  }

  /** Has the mean taken off where a value is made; false where that is not one place. */
  private take(value: Value): boolean {
    if (!this.hasMean(value)) return true;
    if (this.owners.has(value)) return false;
    const { node } = this.makers.get(value)!;
    if (node.op === "call" && !isLayerNorm(node))
      return this.take(node.attrs.body.outputs[node.outputs.indexOf(value)]!);
    this.takes(value);
    return true;
  }
}

/** `einsum(x, weight)` or that and a shift, whose last axis is one of the weight's alone and as wide as the shift. */
export interface WideProjection {
  readonly einsum: NodeOf<"einsum">;
  readonly weight: Value;
  readonly sum: NodeOf<"add"> | undefined;
}

/** The projection that a value is, if its mean can be taken off its weights. */
export function projectionTo(rewrite: Rewrite<Region>, value: Value): WideProjection | undefined {
  const node = rewrite.producer(value);
  const sum = node?.op === "add" ? node : undefined;
  const einsum = sum ? rewrite.producer(sum.inputs[0]!) : node;
  if (einsum?.op !== "einsum" || (sum && rewrite.onlyReader(sum.inputs[0]!) !== sum)) return undefined;
  const [x, weight] = einsum.inputs as [Value, Value];
  if (rewrite.isWeight(x) || !rewrite.isWeight(weight) || rewrite.onlyReader(weight) !== einsum)
    return undefined;
  const { left, right, result } = parseEquation(einsum.attrs.equation);
  const last = result.at(-1);
  if (last === undefined || left.includes(last) || !right.includes(last)) return undefined;
  if (!sum) return { einsum, weight, sum };
  const [, shift] = sum.inputs as [Value, Value];
  const wide = shift.shape.at(-1)?.equals(value.shape.at(-1)!) === true;
  const fits = wide && rewrite.weightUnder(shift) !== undefined && rewrite.onlyReader(shift) === sum;
  return fits ? { einsum, weight, sum } : undefined;
}
