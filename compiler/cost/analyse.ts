import { Dim } from "../dim/dim.js";
import type { Graph, Node, NodeOf, Region } from "../ir/graph.js";
import { inline } from "../ir/passes/inline.js";
import { byteSize } from "../ir/traverse.js";
import type { NdArray, OpDef } from "../ops/define.js";
import { type OpName, ops } from "../ops/index.js";
import { Analysis, type CountedMasks, type Expression } from "./facts.js";
import { partOf } from "./masks.js";
import { usefulParts } from "./useful.js";
import { type Cost, fillCost, repeatCost, sumCosts } from "./vector.js";

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
  const nodes: NodeCost[] = [];
  walk(flat, Dim.one, facts, paths, nodes);
  const total = sumCosts(nodes.map((n) => n.cost));
  return {
    graph,
    flat,
    nodes,
    total,
    flops: total.macs.plus(total.attentionMacs).times(2),
    flopsUseful: Dim.sum(nodes.map((n) => n.usefulMacs)).times(2),
    counted: facts.counted,
  };
}

function walk(
  region: Region,
  times: Dim,
  facts: Analysis,
  paths: ReadonlyMap<Node, string>,
  nodes: NodeCost[],
): void {
  const useful = usefulParts(region, facts);
  for (const node of region.nodes) {
    if (node.op === "map") {
      const trips = node.inputs[0]!.shape[0] ?? Dim.one;
      walk(node.attrs.body, times.times(trips), facts, paths, nodes);
    }
    const once = costOfNode(node, facts);
    const part = useful.get(node);
    const attention = part ? partOf(once.attentionMacs, part) : once.attentionMacs;
    nodes.push({
      path: paths.get(node) ?? "",
      op: node.op,
      node,
      cost: times.isOne ? once : repeatCost(once, times),
      usefulMacs: once.macs.plus(attention).times(times),
      times,
    });
  }
}

/** The op's own rule; products of two activations are attention. */
function costOfNode(node: Node, facts: Analysis): Cost {
  const def = ops[node.op] as OpDef<OpName> | undefined;
  if (!def) throw new Error(`the op \`${node.op}\` has no cost rule`);
  if (node.op === "map") return mapOverhead(node);
  const cost = fillCost(def.cost(node as never));
  if (node.op !== "einsum") return cost;
  const attention = node.inputs.every((v) => facts.of(v).origin === "activation");
  return attention ? { ...cost, macs: Dim.zero, attentionMacs: cost.macs } : cost;
}

/** What a map does besides its body: slices of the mapped operands are copied out, results into the stack. */
function mapOverhead(node: NodeOf<"map">): Cost {
  const copied = Dim.sum([...node.inputs.slice(0, node.attrs.mapped), ...node.outputs].map(byteSize));
  return fillCost({ bytesRead: copied, bytesWritten: copied });
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
