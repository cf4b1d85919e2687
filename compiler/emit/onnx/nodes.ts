import type { OnnxNode } from "./proto.js";

/** Without the nodes whose results nothing reads, as reshapes are that another one went around. */
export function live(nodes: readonly OnnxNode[], results: readonly string[]): OnnxNode[] {
  const read = new Set(results);
  const readBy = (node: OnnxNode): void => {
    for (const name of node.input ?? []) read.add(name);
    for (const { g } of node.attribute ?? []) {
      for (const inner of g?.node ?? []) readBy(inner);
    }
  };
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!(node.output ?? []).some((name) => read.has(name))) continue;
    readBy(node);
    kept.push(node);
  }
  return kept.reverse();
}

/** Renames values in nodes, those of subgraphs too: they may read what is around them. */
export function renameIn(nodes: readonly OnnxNode[], names: ReadonlyMap<string, string>): void {
  for (const node of nodes) {
    node.input = (node.input ?? []).map((name) => names.get(name) ?? name);
    node.output = (node.output ?? []).map((name) => names.get(name) ?? name);
    for (const { g } of node.attribute ?? []) if (g) renameIn(g.node ?? [], names);
  }
}
