import type { Graph, Node, NodeOf, Value } from "../../../ir/graph.js";
import { Rewrite, weightsOf } from "../../passes/rewrite.js";

/**
 * A product divided or multiplied by a number: one of its operands is instead, where that is smaller. Scores of
 * attention are far larger than the queries. The number becomes a vector: runtimes would fold a scalar into the product,
 * whose fast path for a single row is only for products without a factor.
 */
export function scaleOperands(graph: Graph, paths: Map<Value, string>): Graph {
  const rewrite = new Rewrite(graph, weightsOf(graph), paths);
  const moved = new Map<Node, NodeOf<"div"> | NodeOf<"mul">>();
  for (const node of graph.nodes) {
    if (node.op !== "div" && node.op !== "mul") continue;
    const [product, factor] = node.inputs as [Value, Value];
    const einsum = rewrite.producer(product);
    if (einsum?.op !== "einsum" || rewrite.onlyReader(product) !== node) continue;
    if (rewrite.number(factor) === undefined || product.dtype !== "f32") continue;
    const [x] = einsum.inputs as [Value];
    if (rewrite.isWeight(x) || !smaller(x, product) || !hasWidth(x)) continue;
    moved.set(einsum, node);
  }
  const gone = new Set<Node>(moved.values());
  return rewrite.replace((node) => {
    if (node.op === "einsum" && moved.has(node)) {
      const scale = moved.get(node)!;
      const [x, y] = node.inputs as [Value, Value];
      const width = Number(x.shape.at(-1)!.int);
      const data = Array.from({ length: width }, () => rewrite.number(scale.inputs[1]!)!);
      const factor = rewrite.node("constant", [], { dtype: "f32", shape: [width], data }, x);
      const scaled = rewrite.node(scale.op, [x, factor.outputs[0]!], scale.attrs, scale.outputs[0]!);
      return [factor, scaled, { ...node, inputs: [scaled.outputs[0]!, y], outputs: scale.outputs }];
    }
    return gone.has(node) ? [] : undefined;
  });
}

/** The widest last axis for which a factor is repeated. */
const WIDEST = 1024;

function hasWidth(x: Value): boolean {
  const width = x.shape.at(-1)?.int;
  return width !== undefined && width > 1n && width <= WIDEST;
}

/** Whether it has fewer elements at sizes that matter: an axis that grows counts more than any that does not. */
function smaller(a: Value, b: Value): boolean {
  const growing = (v: Value): number => v.shape.filter((d) => d.int === undefined).length;
  return growing(a) < growing(b);
}

/** Below it nothing that is added shows any more, as long as that is no larger than a score ever is. */
const ABSORBS = -1e30;

/**
 * `select(seen, score, lowest)` before a softmax, as `score + select(seen, 0, lowest)`: the sum of a finite score and the
 * lowest numbers is the lowest number again, and runtimes add a mask that is shared by heads and layers much faster
 * than they select by it.
 */
export function addMasks(graph: Graph, paths: Map<Value, string>): Graph {
  const rewrite = new Rewrite(graph, weightsOf(graph), paths);
  return rewrite.replace((node) => {
    if (node.op !== "select") return undefined;
    const [seen, score, low] = node.inputs as [Value, Value, Value];
    const [out] = node.outputs as [Value];
    const number = rewrite.number(low);
    if (number === undefined || number > ABSORBS || !smaller(seen, score)) return undefined;
    const reader = rewrite.onlyReader(out);
    if (reader?.op !== "call" || reader.attrs.name !== "softmax") return undefined;
    const scalar = (value: number) =>
      rewrite.node("constant", [], { dtype: "f32", shape: [], data: [value] }, out);
    const [zero, lowest] = [scalar(0), scalar(number)];
    const mask = rewrite.node("select", [seen, zero.outputs[0]!, lowest.outputs[0]!], {}, seen, "mask");
    return [
      zero,
      lowest,
      mask,
      { op: "add", inputs: [score, mask.outputs[0]!], attrs: {}, outputs: node.outputs },
    ];
  });
}
