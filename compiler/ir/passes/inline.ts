import { newValue } from "../build.js";
import type { Graph, Node, Region, Value } from "../graph.js";
import { pathAt, pathFrom } from "../path.js";
import { withBody, withRegion } from "../traverse.js";

/** A graph without the calls that were expanded; `paths` tells the instance that each node (bodies' too) came from. */
export interface Inlined {
  readonly graph: Graph;
  /** `blocks.5.attn`; "" for nodes of the model itself. */
  readonly paths: ReadonlyMap<Node, string>;
}

/**
 * Expands `call` nodes, calls within calls too, except those whose name is kept. All values but the graph's inputs
 * are new, so that a body used twice stands twice.
 */
export function inline(graph: Graph, keep: (name: string) => boolean = () => false): Inlined {
  const paths = new Map<Node, string>();
  // `path` is the instance that a region belongs to; `around` that of the call which stays around it.
  const expand = (
    region: Region,
    args: readonly Value[],
    path: string,
    around: string,
    nodes: Node[],
  ): readonly Value[] => {
    const values = new Map<Value, Value>();
    region.inputs.forEach((input, i) => {
      values.set(input, args[i]!);
    });
    const known = (value: Value) => values.get(value) ?? value;
    for (const node of region.nodes) {
      const inputs = node.inputs.map(known);
      const inner = node.op === "call" ? pathAt(path, node.attrs.path) : path;
      if (node.op === "call" && !keep(node.attrs.name)) {
        const results = expand(node.attrs.body, inputs, inner, around, nodes);
        node.outputs.forEach((output, i) => {
          values.set(output, results[i]!);
        });
        continue;
      }
      const outputs = node.outputs.map((output) => {
        const fresh = newValue(output, output.name);
        values.set(output, fresh);
        return fresh;
      });
      const made = { ...kept(node, inner, around), inputs, outputs } as Node;
      paths.set(made, inner);
      nodes.push(made);
    }
    return region.outputs.map(known);
  };
  const kept = (node: Node, path: string, around: string): Node => {
    if (node.op === "map") return withBody(node, expandBody(node.attrs.body, path, around));
    if (node.op !== "call") return node;
    if (node.attrs.path === "") return withBody(node, expandBody(node.attrs.body, path, around));
    const attrs = {
      ...node.attrs,
      path: pathFrom(around, path),
      body: expandBody(node.attrs.body, path, path),
    };
    return { ...node, attrs };
  };
  const expandBody = (body: Region, path: string, around: string): Region => {
    const inputs = body.inputs.map((v) => newValue(v, v.name));
    const nodes: Node[] = [];
    const outputs = expand(body, inputs, path, around, nodes);
    return { inputs, nodes, outputs };
  };
  const nodes: Node[] = [];
  const outputs = expand(graph, graph.inputs, "", "", nodes);
  return { graph: withRegion(graph, { inputs: graph.inputs, nodes, outputs }), paths };
}
