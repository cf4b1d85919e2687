import { Dim } from "../dim/dim.js";
import { elements } from "../ops/traffic.js";
import type { DType, Graph, Node, NodeOf, Region, Type, Value } from "./graph.js";

export { elements } from "../ops/traffic.js";

/** Bytes per element, as runtimes store them. */
export const bytesPerElement: Readonly<Record<DType, number>> = { f32: 4, i32: 4, bool: 1 };

/** The bytes of a value. */
export function byteSize(type: Type): Dim {
  return elements(type).times(bytesPerElement[type.dtype]);
}

/** Sizes that are equal, axis by axis. */
export function sameShape(a: readonly Dim[], b: readonly Dim[]): boolean {
  return a.length === b.length && a.every((d, i) => d.equals(b[i]!));
}

/** The body of a `call` or `map`. */
export function bodyOf(node: Node): Region | undefined {
  return node.op === "call" || node.op === "map" ? node.attrs.body : undefined;
}

/** The node with another body. */
export function withBody(node: NodeOf<"call"> | NodeOf<"map">, body: Region): Node {
  return { ...node, attrs: { ...node.attrs, body } } as Node;
}

/** The node with other operands (itself where they are the same) and, where told, other results. */
export function withValues(
  node: Node,
  inputs: readonly Value[],
  outputs: readonly Value[] = node.outputs,
): Node {
  if (sameValues(inputs, node.inputs) && sameValues(outputs, node.outputs)) return node;
  return { ...node, inputs, outputs } as Node;
}

export function sameValues(a: readonly Value[], b: readonly Value[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Which value stands for which after a rewrite; a value that was not replaced stands for itself. */
export class Renaming {
  private readonly to = new Map<Value, Value>();

  set(from: Value, to: Value): void {
    this.to.set(from, to);
  }

  get(value: Value): Value {
    return this.to.get(value) ?? value;
  }

  all(values: readonly Value[]): readonly Value[] {
    if (this.to.size === 0 || !values.some((v) => this.to.has(v))) return values;
    return values.map((v) => this.get(v));
  }
}

/** The graph with other nodes and outputs; inputs and ports stay, output ports follow their values. */
export function withRegion(graph: Graph, region: Region): Graph {
  return {
    ...graph,
    nodes: region.nodes,
    outputs: region.outputs,
    outputPorts: graph.outputPorts.map((port, i) => ({ ...port, value: region.outputs[i]! })),
  };
}

/**
 * The graph with each region as `rewrite` gives it: bodies first, and each once, however many calls share it. The graph
 * itself where every region stays as it is.
 */
export function rewriteRegions(graph: Graph, rewrite: (region: Region, isTop: boolean) => Region): Graph {
  const done = new Map<Region, Region>();
  const rewritten = (region: Region, isTop: boolean): Region => {
    const known = done.get(region);
    if (known) return known;
    let same = true;
    const nodes = region.nodes.map((node): Node => {
      const body = bodyOf(node);
      const inner = body && rewritten(body, false);
      if (inner === body) return node;
      same = false;
      return withBody(node as NodeOf<"call"> | NodeOf<"map">, inner!);
    });
    const result = rewrite(same ? region : { ...region, nodes }, isTop);
    done.set(region, result);
    return result;
  };
  const region = rewritten(graph, true);
  return region === graph ? graph : withRegion(graph, region);
}

/** Visits every node, bodies after the node that holds them. */
export function eachNode(region: Region, visit: (node: Node) => void): void {
  for (const node of region.nodes) {
    visit(node);
    const body = bodyOf(node);
    if (body) eachNode(body, visit);
  }
}

/** The sizes of run time that shapes and attributes of a region's nodes mention. */
export function symbolsIn(region: Region): ReadonlySet<string> {
  const names = new Set<string>();
  const add = (value: unknown): void => {
    if (value instanceof Dim) for (const name of value.symbols) names.add(name);
    else if (Array.isArray(value)) value.forEach(add);
  };
  eachNode(region, (node) => {
    for (const output of node.outputs) add(output.shape);
    for (const value of Object.values(node.attrs)) add(value);
  });
  return names;
}
