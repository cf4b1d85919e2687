import type { DType, Graph, Node, Region, Value } from "../ir/graph.js";
import { AtPoint } from "./at-point.js";
import type { Block, CHeap } from "./c-heap.js";
import { type FlatRules, flatOf } from "./flat.js";
import type { MemoryReport, Moment, Sizes } from "./memory-report.js";
import { type BufferPlan, planBuffers, walkOrder } from "./ort-plan.js";
import { type Item, Sizer } from "./sizer.js";

export interface BufferedRules extends FlatRules {
  readonly dtypeBytes: Readonly<Record<DType, number>>;
}

export interface BufferedCounts {
  /** Nodes that a session runs. */
  readonly nodes: number;
  /** Bytes of what is computed of constants alone when the file is loaded, and kept: tables of positions. */
  readonly kept: bigint;
}

/**
 * Peak memory of one run by the plan of ONNX Runtime (`ort-plan.ts`), in the graph that a file for it is written from;
 * where `heap` is given, buffers are put into it, and at the end the host's copies of all outputs. Throws RangeError
 * where a size is missing.
 */
export function bufferedMemory(
  graph: Graph,
  sizes: Sizes,
  rules: BufferedRules,
  heap?: CHeap,
): MemoryReport & BufferedCounts {
  return new Run(sizes, rules, heap).run(graph);
}

class Run {
  private live = 0n;
  private liveStates = 0n;
  private most = -1n;
  private peak = { states: 0n, activations: 0n, workspace: 0n, op: "inputs" as Moment, path: "" };
  private readonly sizer: Sizer;
  private readonly held = new Set<Item>();
  private readonly blocks = new Map<Item, Block>();
  private paths: ReadonlyMap<Node, string> = new Map();
  private readonly states = new Set<Item>();

  constructor(
    sizes: Sizes,
    private readonly rules: BufferedRules,
    private readonly heap: CHeap | undefined,
  ) {
    this.sizer = new Sizer(new AtPoint(sizes), rules.dtypeBytes);
  }

  run(whole: Graph): MemoryReport & BufferedCounts {
    const { graph, paths } = flatOf(whole, this.rules);
    this.paths = paths;
    const held = { weights: 0n, buffers: 0n, states: 0n };
    for (const port of graph.inputPorts) {
      const bytes = this.sizer.bytes(port.value);
      if (port.role === "state") held.states += bytes;
      else if (port.role === "weight") held[port.weight.kind === "weight" ? "weights" : "buffers"] += bytes;
      // What is handed in is the host's throughout.
      else this.live += bytes;
    }
    const outputs = graph.outputPorts.map((port) => ({ state: port.role === "state", value: port.value }));
    this.note("inputs", "", 0n);
    const fixed = fixedValues(graph);
    const nodes = graph.nodes.filter((node) => !node.outputs.every((value) => fixed.has(value)));
    // What weights alone make is made while they are loaded, and freed when products have packed it.
    const kept = keptConstants(graph, nodes, fixed);
    for (const node of graph.nodes)
      if (node.outputs.every((value) => fixed.has(value) && !kept.has(value))) this.folded(node);
    const plan = planBuffers(graph, walkOrder(nodes), this.sizer, fixed);
    for (const { state, value } of outputs) if (state) this.states.add(plan.itemOf(value));
    this.play(plan, "");
    const most = held.states + this.most;
    const given = outputs.map(({ value }) => this.sizer.bytes(value));
    const readBack = given.reduce((sum, bytes) => sum + bytes, 0n);
    if (readBack > 0n) this.note("outputs", "", readBack);
    // The host gets copies while the originals are there.
    for (const bytes of given) this.heap?.take(bytes, false);
    for (const item of [...this.held]) this.end(item);
    const { states, activations, workspace, op, path } = this.peak;
    return {
      ...held,
      ...{ states: held.states + states, activations, workspace, heap: most, readBack },
      total: held.weights + held.buffers + held.states + states + activations + workspace,
      peak: { op, path },
      nodes: plan.steps.length,
      kept: [...kept].reduce((sum, value) => sum + this.sizer.bytes(value), 0n),
    };
  }

  /** A constant, or what weights alone make: there for a moment while the file is loaded. */
  private folded(node: Node): void {
    if (node.op === "reshape") return;
    const blocks = node.outputs.map((value) => this.heap?.take(this.sizer.bytes(value), true));
    for (const block of blocks) if (block) this.heap?.give(block);
  }

  private play({ steps, bufferOf, ending }: BufferPlan, path: string): void {
    steps.forEach(({ node, makes, scratch }, i) => {
      const place = this.paths.get(node) ?? path;
      const beside = scratch > 0n ? this.heap?.take(scratch, true) : undefined;
      for (const item of makes) if (bufferOf.get(item) === item) this.begin(item);
      if (beside) this.heap?.give(beside);
      this.note(node.op, place, scratch);
      if (node.op === "map") this.trip(node.attrs.body, node.attrs.mapped, place);
      for (const buffer of ending[i]!) this.end(buffer);
    });
  }

  /** One trip of a map: slices of what is mapped, and what the body makes of them. */
  private trip(body: Region, mapped: number, path: string): void {
    const plan = planBuffers(body, body.nodes, this.sizer);
    const slices = body.inputs.slice(0, mapped).map(plan.itemOf);
    for (const item of slices) this.begin(item);
    this.play(plan, path);
    for (const item of new Set([...slices, ...body.outputs.map(plan.itemOf)])) this.end(item);
  }

  private begin(item: Item): void {
    if (this.held.has(item)) return;
    this.held.add(item);
    if (this.states.has(item)) this.liveStates += item.bytes;
    else this.live += item.bytes;
    if (this.heap && item.bytes > 0n) this.blocks.set(item, this.heap.take(item.bytes, true));
  }

  private end(item: Item): void {
    if (!this.held.delete(item)) return;
    if (this.states.has(item)) this.liveStates -= item.bytes;
    else this.live -= item.bytes;
    const block = this.blocks.get(item);
    if (block) this.heap?.give(block);
    this.blocks.delete(item);
  }

  private note(op: Moment, path: string, workspace: bigint): void {
    const held = this.live + this.liveStates + workspace;
    if (held <= this.most) return;
    this.most = held;
    this.peak = { states: this.liveStates, activations: this.live, workspace, op, path };
  }
}

/** What `nodes` read of what is made of constants alone; what weights are part of is counted with these. */
function keptConstants(graph: Graph, nodes: readonly Node[], fixed: ReadonlySet<Value>): ReadonlySet<Value> {
  const weighed = new Set<Value>(graph.inputs);
  for (const node of graph.nodes)
    if (node.inputs.some((value) => weighed.has(value))) for (const value of node.outputs) weighed.add(value);
  const read = nodes.flatMap((node) => node.inputs);
  return new Set(read.filter((value) => fixed.has(value) && !weighed.has(value)));
}

/** Weights and constants, and what is made of them alone in shapes that no run decides. */
function fixedValues(graph: Graph): Set<Value> {
  const fixed = new Set<Value>();
  for (const port of graph.inputPorts) if (port.role === "weight") fixed.add(port.value);
  for (const node of graph.nodes) {
    const known =
      node.op === "constant" || (node.inputs.length > 0 && node.inputs.every((v) => fixed.has(v)));
    const sized = node.outputs.every(({ shape }) => shape.every((dim) => dim.int !== undefined));
    if (known && sized && node.op !== "size") for (const value of node.outputs) fixed.add(value);
  }
  return fixed;
}
