import type { OnnxNode } from "./proto.js";

/**
 * The nodes with those that only make results of the model at the end, the last one first. ONNX Runtime walks back from
 * such nodes, the last of the file first: a state that is cut from a longer value would otherwise be cut when all else
 * is done, and every layer's longer value held until then.
 */
export function resultsLast(nodes: readonly OnnxNode[]): OnnxNode[] {
  const read = new Set<string>();
  const readBy = (node: OnnxNode): void => {
    for (const name of node.input ?? []) read.add(name);
    // Subgraphs may read what is around them.
    for (const { g } of node.attribute ?? []) for (const inner of g?.node ?? []) readBy(inner);
  };
  nodes.forEach(readBy);
  const isInner = (node: OnnxNode) => (node.output ?? []).some((name) => read.has(name));
  return [...nodes.filter(isInner), ...nodes.filter((node) => !isInner(node)).reverse()];
}
