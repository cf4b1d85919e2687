import { type Split, splitsOf } from "../emit/passes/splits.js";
import type { Node, Region, Value } from "../ir/graph.js";
import type { Item, Sizer, Step } from "./sizer.js";

/** Ops and kernels of which ONNX Runtime writes the result over an operand of its size that nothing needs any more. */
const inPlace = new Set(["tanh", "logistic", "relu", "softmax", "log_softmax", "cast"]);

export interface BufferPlan {
  readonly steps: readonly Step[];
  /** The item whose buffer an item lies in. */
  readonly bufferOf: ReadonlyMap<Item, Item>;
  /** Buffers that end with each step: none of what lies in them is needed any more. */
  readonly ending: readonly (readonly Item[])[];
  readonly itemOf: (value: Value) => Item;
}

/**
 * How ONNX Runtime's planner gives buffers to the results of a graph, in order of execution: a view lies in its
 * operand; some ops write over their operand; else the buffer of the same symbolic shape that became free last is taken
 * again. A buffer is held from its first use to its last one, in between as well: scores of one layer wait for the next.
 */
export function planBuffers(
  region: Region,
  nodes: readonly Node[],
  sizer: Sizer,
  fixed: Iterable<Value> = [],
): BufferPlan {
  const outputs = new Set(region.outputs);
  const items = new Map<Value, Item>();
  const itemOf = (value: Value): Item => {
    let item = items.get(value);
    if (!item) items.set(value, (item = sizer.item(value, outputs.has(value))));
    return item;
  };
  const stepOf = (node: Node, reads: readonly Value[], makes: readonly Value[], view: boolean): Step => ({
    ...{ node, view, scratch: 0n },
    ...{ reads: reads.map(itemOf), makes: makes.map(itemOf) },
  });
  const scales = scalesOf(region, nodes, sizer);
  const splits = splitsOf(region);
  const cut = new Set<Split>();
  const steps = nodes.flatMap((node): readonly Step[] => {
    const product = scales.get(node);
    if (product) return [stepOf(node, [product], node.outputs, true)];
    const split = splits.get(node);
    if (!split) return sizer.steps(node, itemOf);
    // All parts are made at once, where the first of them is asked for.
    if (cut.has(split)) return [];
    cut.add(split);
    return [
      stepOf(
        node,
        node.inputs,
        split.parts.flatMap((part) => part.outputs),
        false,
      ),
    ];
  });
  const left = new Map<Item, number>();
  for (const { reads } of steps) for (const item of reads) left.set(item, (left.get(item) ?? 0) + 1);
  const bufferOf = new Map<Item, Item>();
  const given = new Set<Item>([...region.inputs, ...fixed].map(itemOf));
  for (const item of given) bufferOf.set(item, item);
  const last = new Map<Item, number>();
  const free: Item[] = [];
  const owned = (buffer: Item) => !given.has(buffer) && !buffer.output;
  steps.forEach(({ node, reads, makes, view }, at) => {
    for (const item of makes) {
      const over = view ? reads[0] : overwritten(node, reads, item);
      const under = over && bufferOf.get(over);
      let buffer = item;
      if (
        under &&
        !item.output &&
        (view || (owned(under) && left.get(under) === 1 && under.key === item.key))
      )
        buffer = under;
      else if (!item.output) {
        const found = free.findLastIndex((known) => known.key === item.key);
        if (found >= 0) buffer = free.splice(found, 1)[0]!;
      }
      bufferOf.set(item, buffer);
      last.set(buffer, at);
      if (buffer !== item) left.set(buffer, (left.get(buffer) ?? 0) + (left.get(item) ?? 0));
    }
    const touched = reads.map((item) => bufferOf.get(item)!);
    for (const buffer of touched) {
      last.set(buffer, at);
      left.set(buffer, left.get(buffer)! - 1);
    }
    // A result that nobody reads may lie in an operand's buffer, which is free but once.
    for (const buffer of new Set([...touched, ...makes.map((item) => bufferOf.get(item)!)]))
      if (!left.get(buffer) && owned(buffer)) free.push(buffer);
  });
  const ending: Item[][] = steps.map(() => []);
  for (const [buffer, at] of last) if (!buffer.output) ending[at]!.push(buffer);
  return { steps, bufferOf, ending, itemOf };
}

/**
 * Nodes that multiply or divide a product by a number, each with that product: ONNX Runtime makes the number a factor
 * of the product (`MatMulScaleFusion`), where nothing else reads it and it comes in the order asked for.
 */
function scalesOf(region: Region, nodes: readonly Node[], sizer: Sizer): Map<Node, Value> {
  const producer = new Map<Value, Node>();
  for (const node of region.nodes) for (const value of node.outputs) producer.set(value, node);
  const reads = new Map<Value, number>();
  for (const value of [...nodes.flatMap((node) => node.inputs), ...region.outputs])
    reads.set(value, (reads.get(value) ?? 0) + 1);
  const isNumber = (value: Value) =>
    value.shape.length === 0 && producer.get(value)?.op === "constant" && value.dtype === "f32";
  const scales = new Map<Node, Value>();
  for (const node of nodes) {
    if (node.op !== "mul" && node.op !== "div") continue;
    const [left, right] = node.inputs as [Value, Value];
    const product = isNumber(right) ? left : node.op === "mul" && isNumber(left) ? right : undefined;
    const from = product && producer.get(product);
    if (from?.op === "einsum" && reads.get(product!) === 1 && sizer.isProduct(from))
      scales.set(node, product!);
  }
  return scales;
}

function overwritten(node: Node, reads: readonly Item[], made: Item): Item | undefined {
  if (!inPlace.has(node.op === "call" ? node.attrs.name : node.op)) return undefined;
  return reads.find((item) => item.key === made.key);
}

/**
 * Nodes as ONNX Runtime walks them: back from those that only make results, of what a node reads the last one of the
 * file first. `nodes` are in the order of the file, results first made first (`emit/onnx/order.ts`).
 */
export function walkOrder(nodes: readonly Node[]): Node[] {
  const producer = new Map<Value, number>();
  nodes.forEach((node, i) => {
    for (const value of node.outputs) producer.set(value, i);
  });
  const read = new Set<number>();
  const readBy = nodes.map((node) => {
    const from = new Set(node.inputs.flatMap((value) => producer.get(value) ?? []));
    for (const i of from) read.add(i);
    return [...from].sort((a, b) => a - b);
  });
  const ordered: Node[] = [];
  const seen = new Set<number>();
  const ends = nodes.flatMap((_, i) => (read.has(i) ? [] : [i]));
  const stack = ends.reverse().map((node) => ({ node, leave: false }));
  for (let top = stack.pop(); top; top = stack.pop()) {
    if (top.leave) ordered.push(nodes[top.node]!);
    else if (!seen.has(top.node)) {
      seen.add(top.node);
      stack.push({ node: top.node, leave: true });
      for (const node of readBy[top.node]!) if (!seen.has(node)) stack.push({ node, leave: false });
    }
  }
  return ordered;
}
