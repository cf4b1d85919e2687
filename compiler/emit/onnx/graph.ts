import type { Graph, Value } from "../../ir/graph.js";
import { gatherInPieces, inline, optimize } from "../../ir/passes/optimize.js";
import { mergeProjections } from "../passes/merge.js";
import { weightsOf } from "../passes/rewrite.js";
import { mayFuse } from "./fused-names.js";
import { addMasks, scaleOperands } from "./passes/scores.js";

/** What an ONNX file is written from, node for node; `paths` tells the instance that a value came from. */
export interface OnnxGraph {
  readonly graph: Graph;
  readonly paths: ReadonlyMap<Value, string>;
}

/** A graph with every call expanded but those that may become one op, in the form that ONNX runtimes are faster at. */
export function onnxGraph(graph: Graph): OnnxGraph {
  const { graph: flat, paths: pathOfNode } = inline(gatherInPieces(optimize(graph)), mayFuse);
  // Passes keep the outputs of nodes, so paths are kept by them; new values get a place.
  const paths = new Map<Value, string>();
  for (const [node, path] of pathOfNode) for (const v of node.outputs) paths.set(v, path);
  const lean = optimize(flat);
  const merged = mergeProjections(lean, weightsOf(lean), paths);
  return { graph: optimize(addMasks(scaleOperands(merged, paths), paths)), paths };
}
