import { Dim } from "../dim/dim.js";
import type { Graph, Node } from "../ir/graph.js";
import { pathAt } from "../ir/path.js";
import { type Cost, repeatCost, sumCosts, sumDims } from "../ops/cost-vector.js";
import type { NdArray, OpDef } from "../ops/define.js";
import { type OpName, ops } from "../ops/index.js";
import { type Analysis, analyse, type CountedMasks } from "./facts.js";
import type { Expression } from "./known.js";
import { CostRules } from "./rules.js";
import { type Useful, type UsefulPart, useful, usefulOf } from "./useful.js";

/** The cost of one op in one run of the body that it stands in. */
export interface NodeCost {
  readonly op: OpName;
  readonly node: Node;
  readonly cost: Cost;
}

/** A body that runs in another. */
export interface InnerCost {
  /** The instance, as seen from the one around it (ir/path.ts); "" for the body of a map or a library function. */
  readonly path: string;
  /** How often it runs; 1 outside of `map`. */
  readonly times: Dim;
  readonly body: BodyCost;
}

/** The cost of one run of a body. One object for all calls that are alike, so that 48 equal blocks are counted once. */
export interface BodyCost {
  /** In execution order; a call is what its body is. */
  readonly items: readonly (NodeCost | InnerCost)[];
  /** Of its own nodes. */
  readonly own: Cost;
  /** With all that runs in it. */
  readonly total: Cost;
}

/** The exact cost of a graph. Every number is a polynomial in its symbols: a new point needs `evaluate` alone. */
export interface GraphCost extends BodyCost {
  readonly graph: Graph;
  /** 2 · (macs + attentionMacs): what the emitted graphs execute. */
  readonly flops: Dim;
  /** 2 · the macs that are not behind a mask. May use symbols `mask1`, …: see `sizesAt`. */
  readonly flopsUseful: Dim;
  /** Masks without a closed form, counted at each point. */
  readonly counted: CountedMasks;
}

/**
 * One walk over the graph's distinct bodies. An op without a cost rule throws: it never counts as 0. Graphs of one
 * model have most nodes in common, and may share their `rules`.
 */
export function costOf(graph: Graph, rules = new CostRules()): GraphCost {
  return new Counted(graph, analyse(graph), new Walk(rules));
}

class Counted implements GraphCost {
  readonly items: BodyCost["items"];
  readonly own: Cost;
  readonly total: Cost;
  readonly flops: Dim;
  private usefulFlops: Dim | undefined;

  constructor(
    readonly graph: Graph,
    private readonly known: { readonly facts: Analysis; readonly counted: CountedMasks },
    private readonly walk: Walk,
  ) {
    const { items, own, total } = walk.body(known.facts);
    this.items = items;
    this.own = own;
    this.total = total;
    this.flops = total.macs.plus(total.attentionMacs).times(2);
  }

  /** Worked out when it is asked for, which it is of few graphs. */
  get flopsUseful(): Dim {
    this.usefulFlops ??= this.walk.usefulMacs(useful(this.known.facts)).times(2);
    return this.usefulFlops;
  }

  /** All masks are met when it is known what is useful. */
  get counted(): CountedMasks {
    return this.flopsUseful && this.known.counted;
  }
}

/**
 * Visits a body and all that run in it, where they have nodes of their own, each as often as it stands in the expanded
 * graph, with its whole path.
 */
export function eachBody(
  cost: BodyCost,
  visit: (body: BodyCost, path: string, times: Dim) => void,
  path = "",
  times = Dim.one,
): void {
  if (cost.items.some((item) => !("body" in item))) visit(cost, path, times);
  for (const item of cost.items) {
    if ("body" in item) eachBody(item.body, visit, pathAt(path, item.path), times.times(item.times));
  }
}

/** Visits every node of the expanded graph in execution order, with the whole path of its instance. */
export function eachNode(
  cost: BodyCost,
  visit: (node: NodeCost, path: string, times: Dim) => void,
  path = "",
  times = Dim.one,
): void {
  for (const item of cost.items) {
    if ("body" in item) eachNode(item.body, visit, pathAt(path, item.path), times.times(item.times));
    else visit(item, path, times);
  }
}

class Walk {
  private readonly attention = new Map<Cost, Cost>();
  private readonly parts = new Map<string, Dim>();
  private readonly bodies = new Map<Analysis, BodyCost>();
  private readonly useful = new Map<Useful, Dim>();

  constructor(private readonly rules: CostRules) {}

  body(facts: Analysis): BodyCost {
    const known = this.bodies.get(facts);
    if (known) return known;
    const items: (NodeCost | InnerCost)[] = [];
    for (const node of facts.region.nodes) {
      const inside = facts.bodyOf(node);
      if (inside) {
        const path = node.op === "call" ? node.attrs.path : "";
        items.push({ path, times: timesOf(node), body: this.body(inside) });
      }
      if (node.op !== "call") items.push({ op: node.op, node, cost: this.costOf(node, facts) });
    }
    const own = sumCosts(items.flatMap((item) => ("body" in item ? [] : [item.cost])));
    const total = sumCosts([
      own,
      ...items.flatMap((item) => ("body" in item ? [repeatCost(item.body.total, item.times)] : [])),
    ]);
    const cost = { items, own, total };
    this.bodies.set(facts, cost);
    return cost;
  }

  /** `macs + attentionMacs` of one run of a body, without products behind a mask. */
  usefulMacs(useful: Useful): Dim {
    const known = this.useful.get(useful);
    if (known) return known;
    const { facts, parts, bodies } = useful;
    const macs: Dim[] = [];
    for (const node of facts.region.nodes) {
      const inside = bodies.get(node);
      if (inside) macs.push(this.usefulMacs(inside).times(timesOf(node)));
      if (node.op === "call") continue;
      const cost = this.costOf(node, facts);
      macs.push(cost.macs, this.usefulAttention(cost, parts.get(node)));
    }
    const sum = sumDims(macs);
    this.useful.set(useful, sum);
    return sum;
  }

  /** The op's own rule; products of two activations are attention. */
  private costOf(node: Node, facts: Analysis): Cost {
    const cost = this.rules.of(node);
    if (node.op !== "einsum" && node.op !== "gather_matmul") return cost;
    if (!node.inputs.slice(0, 2).every((v) => facts.of(v).origin === "activation")) return cost;
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

/** How often the body of a node runs. */
function timesOf(node: Node): Dim {
  return node.op === "map" ? (node.inputs[0]!.shape[0] ?? Dim.one) : Dim.one;
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
  const done = new Map<Expression, NdArray>();
  const context = {
    size: (dim: Dim) => dim.at(sizes),
    run: () => {
      throw new Error("masks hold no bodies");
    },
  };
  const run = (of: Expression): NdArray => {
    let result = done.get(of);
    if (!result) {
      const def = ops[of.node.op] as OpDef<OpName>;
      result = def.evaluate(of.operands.map(run), of.node.attrs, context)[of.output]!;
      done.set(of, result);
    }
    return result;
  };
  let count = 0;
  for (const x of run(expression).data) if (x !== 0) count++;
  return BigInt(count);
}
