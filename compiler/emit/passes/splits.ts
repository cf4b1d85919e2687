import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";

/** Slices that share out an axis among them, which targets have as one op. */
export interface Split {
  readonly axis: number;
  readonly parts: readonly NodeOf<"slice">[];
  readonly sizes: readonly number[];
}

/** For each slice of a region that is one of a full set with known bounds: that set. */
export function splitsOf(region: Region): ReadonlyMap<Node, Split> {
  const slices = new Map<Value, NodeOf<"slice">[]>();
  for (const node of region.nodes) {
    if (node.op !== "slice") continue;
    const [x] = node.inputs as [Value];
    slices.set(x, [...(slices.get(x) ?? []), node]);
  }
  const found = new Map<Node, Split>();
  for (const [x, nodes] of slices) {
    const { axis } = nodes[0]!.attrs;
    const parts = nodes.toSorted((a, b) => Number(a.attrs.start.int ?? -1) - Number(b.attrs.start.int ?? -1));
    let at = 0;
    const tile = parts.every(({ attrs: { axis: along, start, size } }) => {
      const next = along === axis && start.int === BigInt(at) && size.int !== undefined && size.int > 0n;
      at += Number(size.int ?? 0);
      return next;
    });
    if (parts.length < 2 || !tile || x.shape[axis]!.int !== BigInt(at)) continue;
    const split: Split = { axis, parts, sizes: parts.map((p) => Number(p.attrs.size.int)) };
    for (const node of parts) found.set(node, split);
  }
  return found;
}
