import { Dim } from "../dim/dim.js";
import type { Graph, Node, Region } from "../ir/graph.js";
import { inline } from "../ir/passes/inline.js";
import type { NdArray, OpDef } from "../ops/define.js";
import { type OpName, ops } from "../ops/index.js";
import { Analysis, type CountedMasks, type Expression } from "./facts.js";
import { CostRules } from "./rules.js";
import { type UsefulPart, usefulOf, usefulParts } from "./useful.js";
import { type Cost, repeatCost, sumCosts, sumDims } from "./vector.js";

/** The cost of one op of one instance, all its executions in a run of the graph. */
export interface NodeCost {
  /** `blocks.5.attn`; "" in the model itself. */
  readonly path: string;
  readonly op: OpName;
  readonly node: Node;
  readonly cost: Cost;
  /** `macs + attentionMacs` without products behind a mask. */
  readonly usefulMacs: Dim;
  /** How often it runs; 1 outside of `map`. */
  readonly times: Dim;
}

/** The exact cost of a graph. Every number is a polynomial in its symbols: a new point needs `evaluate` alone. */
export interface GraphCost {
  readonly graph: Graph;
  /** The graph with every call expanded, as it was counted. */
  readonly flat: Region;
  readonly nodes: readonly NodeCost[];
  readonly total: Cost;
  /** 2 · (macs + attentionMacs): what the emitted graphs execute. */
  readonly flops: Dim;
  /** 2 · useful macs. May use symbols `mask1`, …: see `sizesAt`. */
  readonly flopsUseful: Dim;
  /** Masks without a closed form, counted at each point. */
  readonly counted: CountedMasks;
}

/** One walk over the expanded graph. An op without a cost rule throws: it never counts as 0. */
export function costOf(graph: Graph): GraphCost {
  const { graph: flat, paths } = inline(graph);
  const facts = new Analysis(flat);
  const walk = new Walk(facts, paths);
  walk.region(flat, Dim.one);
  const { nodes } = walk;
  const total = sumCosts(nodes.map((n) => n.cost));
  return {
    graph,
    flat,
    nodes,
    total,
    flops: total.macs.plus(total.attentionMacs).times(2),
    flopsUseful: sumDims(nodes.map((n) => n.usefulMacs)).times(2),
    counted: facts.counted,
  };
}

class Walk {
  readonly nodes: NodeCost[] = [];
  private readonly rules = new CostRules();
  private readonly attention = new Map<Cost, Cost>();
  private readonly parts = new Map<string, Dim>();

  constructor(
    private readonly facts: Analysis,
    private readonly paths: ReadonlyMap<Node, string>,
  ) {}

  region(region: Region, times: Dim): void {
    const useful = usefulParts(region, this.facts);
    for (const node of region.nodes) {
      if (node.op === "map") {
        const trips = node.inputs[0]!.shape[0] ?? Dim.one;
        this.region(node.attrs.body, times.times(trips));
      }
      const once = this.costOf(node);
      this.nodes.push({
        path: this.paths.get(node) ?? "",
        op: node.op,
        node,
        cost: times.isOne ? once : repeatCost(once, times),
        usefulMacs: once.macs.plus(this.usefulAttention(once, useful.get(node))).times(times),
        times,
      });
    }
  }

  /** The op's own rule; products of two activations are attention. */
  private costOf(node: Node): Cost {
    const cost = this.rules.of(node);
    if (node.op !== "einsum") return cost;
    if (!node.inputs.every((v) => this.facts.of(v).origin === "activation")) return cost;
    let moved = this.attention.get(cost);
    if (!moved) this.attention.set(cost, (moved = { ...cost, macs: Dim.zero, attentionMacs: cost.macs }));
    return moved;
  }

  private usefulAttention({ attentionMacs }: Cost, useful: UsefulPart | undefined): Dim {
    if (!useful || attentionMacs.isZero) return attentionMacs;
    const { part, shape } = useful;
    const dims = [attentionMacs, part.count, ...part.axes.map((axis) => shape[axis]!)];
    const key = dims.map((d) => d.key).join("|");
    let macs = this.parts.get(key);
    if (!macs) this.parts.set(key, (macs = usefulOf(attentionMacs, useful)));
    return macs;
  }
}

/** Largest mask that is counted by evaluating it. */
const mostMaskElements = 2n ** 24n;

/**
 * The sizes of a point with the counts of masks that have no closed form; a mask larger than 2^24 elements counts in
 * full, and is named in `unmasked`.
 */
export function sizesAt(
  report: GraphCost,
  sizes: Readonly<Record<string, bigint>>,
): { readonly sizes: Readonly<Record<string, bigint>>; readonly unmasked: readonly string[] } {
  const all: Record<string, bigint> = { ...sizes };
  const unmasked: string[] = [];
  for (const [name, { expression, over }] of report.counted) {
    const size = Dim.product(over).evaluate(sizes)[0];
    if (size <= mostMaskElements) all[name] = countTrue(expression, sizes);
    else {
      all[name] = size;
      unmasked.push(name);
    }
  }
  return { sizes: all, unmasked };
}

function countTrue(expression: Expression, sizes: Readonly<Record<string, bigint>>): bigint {
  const done = new Map<Node, readonly NdArray[]>();
  const context = {
    size: (dim: Dim) => dim.at(sizes),
    run: () => {
      throw new Error("masks hold no bodies");
    },
  };
  const run = ({ node, output, operands }: Expression): NdArray => {
    let results = done.get(node);
    if (!results) {
      const def = ops[node.op] as OpDef<OpName>;
      results = def.evaluate(operands.map(run), node.attrs, context);
      done.set(node, results);
    }
    return results[output]!;
  };
  let count = 0;
  for (const x of run(expression).data) if (x !== 0) count++;
  return BigInt(count);
}
