import { Dim } from "../../dim/dim.js";
import type { Check } from "../../ops/define.js";
import { einsumSizes, parseEquation } from "../../ops/einsum.js";
import { type Attrs, type OpName, ops } from "../../ops/index.js";
import { newValue } from "../build.js";
import type { Graph, Node, NodeOf, Region, Value } from "../graph.js";
import { rewriteRegions, sameShape } from "../traverse.js";

/** A backend may write out its matrices one by one: beyond this many they are gathered. */
const mostMatrices = 512n;

/**
 * Makes one op, `gather_matmul`, of a matrix for each row and the product with it (`einsum[.. D, .. R D F -> .. R F](x,
 * up[E = chosen])`): the gathered matrices, which may be hundreds of times the table, are then never there.
 */
export function groupMatrices(graph: Graph): Graph {
  return rewriteRegions(graph, (region) => {
    const products = productsOfRows(region);
    if (products.size === 0) return region;
    const nodes = region.nodes.flatMap((node) => {
      const product = products.get(node);
      return product ? grouped(product) : [node];
    });
    return { ...region, nodes };
  });
}

/** An einsum of rows and the matrices that were gathered for them. */
interface Product {
  readonly node: NodeOf<"einsum">;
  readonly rows: Value;
  readonly gather: NodeOf<"gather">;
  /** The letters of the rows, of the indices' axes, summed, that come out of the matrices, and of the result. */
  readonly letters: readonly string[];
  readonly picked: readonly string[];
  readonly inner: readonly string[];
  readonly columns: readonly string[];
  readonly result: readonly string[];
  readonly turned: boolean;
}

/** The einsums to replace: where a gather is read by anything else as well, its matrices are there anyway. */
function productsOfRows(region: Region): Map<Node, Product> {
  const gathers = new Map<Value, NodeOf<"gather">>();
  for (const node of region.nodes) {
    if (node.op === "gather" && picksMatrices(node)) gathers.set(node.outputs[0]!, node);
  }
  const found = new Map<Node, Product>();
  if (gathers.size === 0) return found;
  for (const v of region.outputs) gathers.delete(v);
  for (const node of region.nodes) {
    for (const [i, value] of node.inputs.entries()) {
      const gather = gathers.get(value);
      if (!gather) continue;
      const product = node.op === "einsum" ? productOf(node, i, gather) : undefined;
      if (product) found.set(node, product);
      else gathers.delete(value);
    }
  }
  for (const [node, { gather }] of found) if (!gathers.has(gather.outputs[0]!)) found.delete(node);
  return found;
}

function picksMatrices({ inputs: [table, indices], attrs: { axis, batch } }: NodeOf<"gather">): boolean {
  const matrices = table!.shape[0]?.int;
  return (
    axis === 0 &&
    batch === 0 &&
    table!.dtype === "f32" &&
    table!.shape.length >= 3 &&
    indices!.shape.length >= 1 &&
    matrices !== undefined &&
    matrices > 0n &&
    matrices <= mostMatrices
  );
}

/** Undefined where the matrices are no plain ones, each for one row: letters between them, or rows of several axes. */
function productOf(node: NodeOf<"einsum">, operand: number, gather: NodeOf<"gather">): Product | undefined {
  const { left, right, result } = parseEquation(node.attrs.equation);
  const [matrices, letters] = operand === 0 ? [left, right] : [right, left];
  const rank = gather.inputs[1]!.shape.length;
  const picked = matrices.slice(0, rank);
  const sides = matrices.slice(rank);
  const inner = sides.filter((c) => letters.includes(c) && !result.includes(c));
  const columns = sides.filter((c) => !letters.includes(c) && result.includes(c));
  const plain = letters.every((c) => picked.includes(c) || inner.includes(c));
  const [forth, back] = [[...inner, ...columns].join(""), [...columns, ...inner].join("")];
  const order = sides.join("");
  if (inner.length === 0 || columns.length === 0 || !plain || (order !== forth && order !== back))
    return undefined;
  const rows = node.inputs[1 - operand]!;
  return { node, rows, gather, letters, picked, inner, columns, result, turned: order !== forth };
}

/** The nodes in place of the einsum: rows in order, spread to all indices; the product; its sum over indices, in order. */
function grouped({ node, rows, gather, letters, picked, inner, columns, result, turned }: Product): Node[] {
  const [table, indices] = gather.inputs as [Value, Value];
  const sizes = einsumSizes(node.attrs.equation, node.inputs);
  const dims = (of: readonly string[]) => of.map((c) => sizes.get(c)!);
  const total = (of: readonly string[]) => Dim.product(dims(of));
  const nodes: Node[] = [];
  const add = <K extends OpName>(op: K, inputs: readonly Value[], attrs: Attrs[K], name: string): Value => {
    const [type] = ops[op].infer(inputs, attrs, trusting);
    const output = newValue(type!, name);
    nodes.push({ op, inputs, attrs, outputs: [output] } as unknown as Node);
    return output;
  };
  const arrange = (x: Value, from: readonly string[], to: readonly string[]) =>
    from.join() === to.join() ? x : add("transpose", [x], { perm: to.map((c) => from.indexOf(c)) }, x.name);
  const shaped = (x: Value, shape: readonly Dim[]) =>
    sameShape(shape, x.shape) ? x : add("reshape", [x], { shape }, x.name);

  const own = picked.filter((c) => letters.includes(c));
  let x = arrange(rows, letters, [...own, ...inner]);
  const depth = total(inner);
  if (own.length < picked.length) {
    x = shaped(x, [...picked.map((c) => (own.includes(c) ? sizes.get(c)! : Dim.one)), depth]);
    x = add("broadcast", [x], { shape: [...dims(picked), depth] }, x.name);
  } else x = shaped(x, [...dims(picked), depth]);
  const sides = turned ? [total(columns), depth] : [depth, total(columns)];
  const matrices = shaped(table, [table.shape[0]!, ...sides]);
  let y = add("gather_matmul", [x, matrices, indices], { turned }, node.outputs[0]!.name);
  y = shaped(y, [...dims(picked), ...dims(columns)]);
  const axes = picked.flatMap((c, i) => (result.includes(c) ? [] : [i]));
  if (axes.length > 0) y = add("reduce_sum", [y], { axes }, y.name);
  arrange(
    y,
    [...picked, ...columns].filter((c) => result.includes(c)),
    result,
  );
  const last = nodes.pop()!;
  return [...nodes, { ...last, outputs: node.outputs } as Node];
}

const trusting: Check = { that() {}, same() {}, atMost() {} };
