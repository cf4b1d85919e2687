import { Dim } from "../../dim/dim.js";
import type { Graph, Region, Value } from "../../ir/graph.js";
import { fixedIn } from "./fold.js";

/**
 * Element counts of the tensors that a graph computes, weights and what is made of them aside, each once, without those
 * surely no larger than another.
 */
export function tensorSizes(graph: Graph): readonly Dim[] {
  const sizes = new Map<string, Dim>();
  const seen = new Map<Region, Set<string>>();
  const visit = (region: Region, given: readonly boolean[]) => {
    const known = seen.get(region) ?? new Set();
    if (known.has(given.join())) return;
    seen.set(region, known.add(given.join()));
    const weights = fixedIn(region, new Set(region.inputs.filter((_, i) => given[i])));
    for (const node of region.nodes) {
      if (node.outputs.some((v) => weights.has(v))) continue;
      const operands = node.inputs.map((v) => weights.has(v));
      for (const { shape } of node.outputs) {
        const count = Dim.product(shape);
        sizes.set(count.toString(), count);
      }
      if (node.op === "call") visit(node.attrs.body, operands);
      if (node.op === "map") visit(node.attrs.body, []);
    }
  };
  visit(
    graph,
    graph.inputPorts.map((p) => p.role === "weight"),
  );
  const all = [...sizes.values()];
  const covered = (a: Dim, i: number) =>
    all.some((b, j) => i !== j && a.atMost(b) === "yes" && (b.atMost(a) !== "yes" || j < i));
  return all.filter((dim, i) => !covered(dim, i));
}

/**
 * Integer inputs that are row numbers of a table, with its rows. Some backends read past the end of a table without a
 * word, so a caller checks them before a run.
 */
export function indexLimits(graph: Graph): Readonly<Record<string, number>> {
  const limits: Record<string, number> = {};
  const visit = (region: Region, names: ReadonlyMap<Value, string>) => {
    const known = new Map(names);
    for (const node of region.nodes) {
      const name = known.get(node.inputs[node.op === "gather" ? 1 : 0]!);
      if (node.op === "gather" && name !== undefined) {
        const rows = node.inputs[0]!.shape[node.attrs.axis]!.int;
        if (rows !== undefined)
          limits[name] = Math.min(limits[name] ?? Number.POSITIVE_INFINITY, Number(rows));
      }
      if ((node.op === "reshape" || node.op === "transpose" || node.op === "broadcast") && name !== undefined)
        known.set(node.outputs[0]!, name);
      if (node.op !== "call") continue;
      const inner = new Map<Value, string>();
      node.inputs.forEach((value, i) => {
        const port = known.get(value);
        if (port !== undefined) inner.set(node.attrs.body.inputs[i]!, port);
      });
      if (inner.size > 0) visit(node.attrs.body, inner);
    }
  };
  const ports = graph.inputPorts.filter((p) => p.role === "data" && p.value.dtype === "i32");
  visit(graph, new Map(ports.map((p) => [p.value, p.name])));
  return limits;
}
