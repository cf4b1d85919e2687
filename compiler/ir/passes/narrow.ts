import { newValue } from "../build.js";
import type { Graph, Node, NodeOf, Region, Value } from "../graph.js";
import { bodyOf, sameValues, withBody, withRegion, withValues } from "../traverse.js";
import { attrsWith, axesAlong, type Cut } from "./cut.js";
import { eliminateDeadCode } from "./dce.js";

/**
 * Computes only the part of a value that is read. A slice goes before the op that made its operand, where nothing else
 * reads that, and from there on to whatever it was made from, into layers too: of a model that reads the last position
 * alone, the last block has queries, products with values and a feed-forward of one row. Places along an axis that an
 * op does not mix are each computed as before, so the numbers are the same.
 */
export function narrow(graph: Graph): Graph {
  const lean = eliminateDeadCode(graph);
  if (!hasSlice(lean, new Set())) return lean;
  const weights = new Set(lean.inputPorts.flatMap((p) => (p.role === "weight" ? [p.value] : [])));
  const whole = lean.outputs.map(() => undefined);
  const { region } = new Narrowing(new Map()).run(lean, whole, (v) => weights.has(v), false);
  return region === lean ? lean : withRegion(lean, region);
}

/** Whether there is anything to move; each body is looked through once. */
function hasSlice(region: Region, done: Set<Region>): boolean {
  if (done.has(region)) return false;
  done.add(region);
  return region.nodes.some((node) => {
    const body = bodyOf(node);
    return body ? hasSlice(body, done) : node.op === "slice";
  });
}

/** A region that computes parts of its results, and takes parts of its inputs. */
interface Narrowed {
  readonly region: Region;
  readonly inputs: readonly (Cut | undefined)[];
  /** Slices that it still has. */
  readonly slices: number;
  /** Whether a product became smaller. */
  readonly saves: boolean;
}

/** A part of a value, the value that stands for it, and the slice that was written for it, if one was. */
interface Part {
  readonly cut: Cut;
  readonly value: Value;
  readonly written?: NodeOf<"slice"> | undefined;
}

/** What is read of a value: all of it, or parts. */
interface Demand {
  whole: boolean;
  /** Undefined where no part was asked for, as of most values. */
  parts: Map<string, Part> | undefined;
}

const products: ReadonlySet<string> = new Set(["einsum", "gather_matmul"]);

class Narrowing {
  private readonly demands = new Map<Value, Demand>();
  /** Values that another stands for, which may itself be one of them. */
  private readonly instead = new Map<Value, Value>();
  /** From the last to the first. */
  private readonly nodes: Node[] = [];
  private saves = false;
  private isWeight: (value: Value) => boolean = () => false;

  constructor(private readonly done: Map<Region, Map<string, Narrowed>>) {}

  /** The region with its results cut as told; of its inputs, those of `open` regions may be asked for in part. */
  run(
    region: Region,
    cuts: readonly (Cut | undefined)[],
    isWeight: (value: Value) => boolean,
    open: boolean,
  ): Narrowed {
    this.isWeight = isWeight;
    const outputs = region.outputs.map((v, i) => this.ask(v, cuts[i]));
    for (const node of region.nodes.toReversed()) this.visit(node);
    const inputs = region.inputs.map((v) => {
      const demand = this.demands.get(v);
      const only = open && demand && !isWeight(v) ? onlyPart(demand) : undefined;
      if (demand && !only) this.slice(v, demand);
      if (!only) return undefined;
      const value = newValue(only.value, v.name);
      this.instead.set(only.value, value);
      return { ...only, value };
    });
    const final = (v: Value): Value => (this.instead.has(v) ? final(this.instead.get(v)!) : v);
    const named = this.instead.size > 0;
    const ordered = this.nodes.toReversed();
    const nodes = named ? ordered.map((node) => withValues(node, node.inputs.map(final))) : ordered;
    const results = named ? outputs.map(final) : outputs;
    const before = new Set(region.nodes);
    const same = nodes.length === before.size && nodes.every((node) => before.has(node));
    const taken = region.inputs.map((v, i) => inputs[i]?.value ?? v);
    return {
      // Slices that only changed their places are left there.
      region:
        same && sameValues(results, region.outputs) ? region : { inputs: taken, nodes, outputs: results },
      inputs: inputs.map((part) => part?.cut),
      slices: nodes.filter((node) => node.op === "slice").length,
      saves: this.saves,
    };
  }

  /** The value that stands for a part of another, or for all of it. */
  private ask(value: Value, cut: Cut | undefined, written?: NodeOf<"slice">, stands?: Value): Value {
    let demand = this.demands.get(value);
    if (!demand) this.demands.set(value, (demand = { whole: false, parts: undefined }));
    if (!cut) {
      demand.whole = true;
      return value;
    }
    demand.parts ??= new Map();
    const key = `${cut.axis} ${cut.start.key} ${cut.size.key}`;
    const known = demand.parts.get(key);
    if (known && stands) this.instead.set(stands, known.value);
    if (known) return known.value;
    const shape = value.shape.with(cut.axis, cut.size);
    const part = stands ?? newValue({ dtype: value.dtype, shape }, value.name);
    demand.parts.set(key, { cut, value: part, written });
    return part;
  }

  private visit(node: Node): void {
    const read = node.outputs.map((v) => this.demands.get(v));
    if (node.op === "call") this.visitCall(node, read);
    else if (node.op === "slice") this.visitSlice(node, read[0]);
    else if (!this.push(node, read)) this.keep(node, read);
  }

  /** The node as it is, with slices behind it. */
  private keep(node: Node, read: readonly (Demand | undefined)[]): void {
    node.outputs.forEach((v, i) => {
      if (read[i]) this.slice(v, read[i]);
    });
    for (const v of node.inputs) this.ask(v, undefined);
    this.nodes.push(node);
  }

  private slice(value: Value, { parts }: Demand): void {
    if (!parts) return;
    for (const { cut, value: part, written } of [...parts.values()].toReversed()) {
      this.nodes.push(written ?? { op: "slice", inputs: [value], attrs: { ...cut }, outputs: [part] });
    }
  }

  /** The node for one part of its results alone, if no more is read. */
  private push(node: Node, read: readonly (Demand | undefined)[]): boolean {
    const parts = read.map((demand) => demand && onlyPart(demand));
    const { cut } = parts.find((part) => part) ?? {};
    if (!cut || parts.some((part, i) => (part ? !sameCut(part.cut, cut) : read[i]))) return false;
    const axes = axesAlong(node, cut.axis);
    if (!axes || node.inputs.some((v, i) => axes[i] !== undefined && this.isWeight(v))) return false;
    const inputs = node.inputs.map((v, i) => {
      const axis = axes[i];
      return this.ask(v, axis === undefined ? undefined : { ...cut, axis });
    });
    const outputs = node.outputs.map(
      (v, i) => parts[i]?.value ?? newValue({ ...v, shape: v.shape.with(cut.axis, cut.size) }, v.name),
    );
    this.nodes.push({ ...node, attrs: attrsWith(node, cut.axis, cut.size), inputs, outputs } as Node);
    this.saves ||= products.has(node.op);
    return true;
  }

  /** A slice asks for its part; of a slice of a slice along one axis, the inner one is never there. */
  private visitSlice(node: NodeOf<"slice">, demand: Demand | undefined): void {
    if (!demand) return;
    const [x] = node.inputs as [Value];
    const { axis, start, size } = node.attrs;
    const part = onlyPart(demand);
    if (part?.cut.axis === axis) {
      this.ask(x, { ...part.cut, start: start.plus(part.cut.start) }, undefined, part.value);
    } else if (!this.push(node, [demand])) {
      const [y] = node.outputs as [Value];
      this.slice(y, demand);
      this.ask(x, { axis, start, size }, node, y);
    }
  }

  /**
   * A call whose body computes only the parts of its results that are read. A library function goes along as a whole or
   * not at all, since backends know it by name; an instance in part as well, where that makes a product smaller: a norm
   * is not worth to be broken up.
   */
  private visitCall(node: NodeOf<"call">, read: readonly (Demand | undefined)[]): void {
    const { body, path } = node.attrs;
    const parts = read.map((demand) => demand && onlyPart(demand));
    const weights = node.inputs.map(this.isWeight);
    const plain = this.narrowed(
      body,
      parts.map(() => undefined),
      weights,
    );
    const cuts = parts.map((part) => part?.cut);
    const less = cuts.some((cut) => cut) ? this.narrowed(body, cuts, weights) : plain;
    const clean = less.slices <= plain.slices;
    const taken = clean || (path !== "" && less.saves) ? less : plain;
    if (taken.saves) this.saves = true;
    const inputs = node.inputs.map((v, i) => this.ask(v, taken.inputs[i]));
    const outputs = node.outputs.map((v, i) => (taken !== plain && parts[i] ? parts[i].value : v));
    node.outputs.forEach((v, i) => {
      if (read[i] && outputs[i] === v) this.slice(v, read[i]);
    });
    const { region } = taken;
    if (region !== body && region.nodes.length === 0) {
      // Nothing is left of it.
      outputs.forEach((v, i) => {
        this.instead.set(v, inputs[region.inputs.indexOf(region.outputs[i]!)]!);
      });
      return;
    }
    this.nodes.push(withValues(region === body ? node : withBody(node, region), inputs, outputs));
  }

  private narrowed(body: Region, cuts: readonly (Cut | undefined)[], weights: readonly boolean[]): Narrowed {
    const key = [
      weights.map(Number).join(""),
      ...cuts.map((cut) => (cut ? `${cut.axis} ${cut.start.key} ${cut.size.key}` : "")),
    ].join(";");
    const known = this.done.get(body) ?? new Map<string, Narrowed>();
    this.done.set(body, known);
    const found = known.get(key);
    if (found) return found;
    const flagged = new Set(body.inputs.filter((_, i) => weights[i]));
    const result = new Narrowing(this.done).run(body, cuts, (v) => flagged.has(v), true);
    known.set(key, result);
    return result;
  }
}

function onlyPart({ whole, parts }: Demand): Part | undefined {
  return whole || parts?.size !== 1 ? undefined : parts.values().next().value;
}

function sameCut(a: Cut, b: Cut): boolean {
  return a.axis === b.axis && a.start.equals(b.start) && a.size.equals(b.size);
}
