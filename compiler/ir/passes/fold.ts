import type { Dim } from "../../dim/dim.js";
import type { EvalContext, NdArray, OpDef } from "../../ops/define.js";
import { type OpName, ops } from "../../ops/index.js";
import type { Graph, Node, Region, Value } from "../graph.js";
import { bodyOf, Renaming, rewriteRegions, withValues } from "../traverse.js";
import { type Known, simplify } from "./simplify.js";

/** Larger results stay computed: they would bloat the graph and the generated code. */
const mostElements = 1024;

/**
 * Computes what is known: ops on small constants by their reference evaluators, and forms that change nothing
 * (`x * 1`, a reshape of a reshape, a slice of the whole axis, …).
 */
export function foldConstants(graph: Graph): Graph {
  return rewriteRegions(graph, foldIn);
}

function foldIn(region: Region): Region {
  const renaming = new Renaming();
  const data = new Map<Value, NdArray>();
  const producers = new Map<Value, Node>();
  const known: Known = { producer: (v) => producers.get(v), data: (v) => data.get(v) };
  const nodes: Node[] = [];
  let same = true;
  for (const original of region.nodes) {
    let node = withValues(original, renaming.all(original.inputs));
    if (bodyOf(node) === undefined) {
      const simpler = simplify(node, known);
      if (simpler && "id" in simpler) {
        same = false;
        renaming.set(node.outputs[0]!, simpler);
        continue;
      }
      if (simpler) node = simpler;
      node = evaluateConstant(node, data) ?? node;
    }
    if (node !== original) same = false;
    for (const v of node.outputs) producers.set(v, node);
    nodes.push(node);
  }
  const outputs = renaming.all(region.outputs);
  return same && outputs === region.outputs ? region : { inputs: region.inputs, nodes, outputs };
}

/** A `constant` in place of the node where its result is known and small; sources and spreads stay as written. */
function evaluateConstant(node: Node, data: Map<Value, NdArray>): Node | undefined {
  const inputs: NdArray[] = [];
  for (const value of node.inputs) {
    const array = data.get(value);
    if (!array) return undefined;
    inputs.push(array);
  }
  for (const { shape } of node.outputs) {
    let count = 1n;
    for (const dim of shape) {
      if (dim.int === undefined) return undefined;
      count *= dim.int;
    }
    if (count > mostElements) return undefined;
  }
  if (node.op === "iota" && node.attrs.size.int === undefined) return undefined;
  if (node.op === "size" && node.attrs.dim.int === undefined) return undefined;
  let results: readonly NdArray[];
  try {
    const def = ops[node.op] as OpDef<OpName>;
    results = def.evaluate(inputs, node.attrs, constantContext);
  } catch {
    return undefined; // It fails at run time too, or needs sizes of run time.
  }
  node.outputs.forEach((v, i) => {
    data.set(v, results[i]!);
  });
  const [result] = results;
  const literal = node.op === "constant" || node.op === "iota" || node.op === "broadcast";
  if (literal || !result || results.length !== 1 || !finite(result)) return undefined;
  const attrs = { dtype: result.dtype, shape: result.shape, data: Array.from(result.data) };
  return { op: "constant", inputs: [], attrs, outputs: node.outputs };
}

function finite(array: NdArray): boolean {
  for (const x of array.data) if (!Number.isFinite(x)) return false;
  return true;
}

const constantContext: EvalContext = {
  size(dim: Dim): number {
    return dim.at({});
  },
  run() {
    throw new Error("a body is not evaluated while folding");
  },
};
