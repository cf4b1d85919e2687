import type { Graph, InputPort, Node, Value } from "../ir/graph.js";
import { bytesPerElement } from "../ir/traverse.js";
import type { AtPoint } from "./at-point.js";
import { flatOf } from "./flat.js";

/** How the ops of a graph read a weight. */
export interface WeightUse {
  readonly bytes: bigint;
  /** Products that read it as the right one of two plain matrices. */
  readonly products: bigint;
  /** Of those, products that read it transposed. */
  readonly transposed: bigint;
  /** Products that read one of its matrices after another. */
  readonly parted: bigint;
  /** Rows of it that are gathered, and the bytes of one. */
  readonly gathered: bigint;
  /** Rows beside each other that are gathered. */
  readonly together: bigint;
  readonly row: bigint;
  /** Other ops read it. */
  readonly other: boolean;
}

export interface WeightUses {
  readonly all: readonly (readonly [InputPort, WeightUse])[];
  /** The weight of each product with one, in the order of execution. */
  readonly products: readonly WeightUse[];
}

/** Every weight with the ops that read it, through views, in the expanded graph. */
export function weightUses(graph: Graph, point: AtPoint): WeightUses {
  const flat = flatOf(graph).graph;
  const spread = dependent(flat);
  const uses = new Map<Value, { -readonly [K in keyof WeightUse]: WeightUse[K] }>();
  const all: [InputPort, WeightUse][] = [];
  const products: WeightUse[] = [];
  for (const port of flat.inputPorts) {
    if (port.role !== "weight") continue;
    const bytes = sizeOf(port.value, point);
    const use = {
      bytes,
      products: 0n,
      transposed: 0n,
      parted: 0n,
      gathered: 0n,
      together: 0n,
      row: 0n,
      other: false,
    };
    uses.set(port.value, use);
    all.push([port, use]);
  }
  for (const node of flat.nodes) {
    if (node.op === "reshape" || node.op === "stop_gradient") {
      const seen = uses.get(node.inputs[0]!);
      if (seen) uses.set(node.outputs[0]!, seen);
      continue;
    }
    node.inputs.forEach((value, i) => {
      const use = uses.get(value);
      if (!use) return;
      if (node.op === "gather" && i === 0) {
        const count = node.inputs[1]!.shape.reduce((product, dim) => product * point.whole(dim), 1n);
        // Rows of positions lie together.
        if (spread.has(node.inputs[1]!)) use.gathered += count;
        else use.together += count;
        const rows = point.whole(value.shape[node.attrs.axis]!);
        use.row = rows === 0n ? 0n : use.bytes / rows;
      } else if (node.op === "einsum" && plainMatrix(node, i)) {
        use.products += 1n;
        products.push(use);
        if (readTransposed(node, i, point)) use.transposed += 1n;
      } else if (node.op === "gather_matmul" && i === 1) {
        use.parted += 1n;
        products.push(use);
      } else use.other = true;
    });
  }
  return { all, products };
}

/** Is no letter of this operand kept that the other one has, so that the product is of one matrix? */
function plainMatrix(node: Node & { op: "einsum" }, operand: number): boolean {
  const [left, out] = node.attrs.equation.replaceAll(" ", "").split("->") as [string, string];
  const [own, other] = operand === 0 ? left.split(",") : left.split(",").reverse();
  const shared = [...own!].filter((l) => other!.includes(l));
  return shared.length > 0 && !shared.some((l) => out.includes(l));
}

/** Does the summed axis stand last, as in a tied head? */
function readTransposed(node: Node & { op: "einsum" }, operand: number, point: AtPoint): boolean {
  const [left, out] = node.attrs.equation.replaceAll(" ", "").split("->") as [string, string];
  const size = letterSizes(node, point);
  const own = [...left.split(",")[operand]!].filter((l) => size(l) !== 1n);
  return own.length > 1 && !out.includes(own.at(-1)!);
}

/** The bytes of a value at a point, four for a number and one for a flag. Throws RangeError where a size is missing. */
export function sizeOf(value: Value, point: AtPoint): bigint {
  return value.shape.reduce(
    (product, dim) => product * point.whole(dim),
    BigInt(bytesPerElement[value.dtype]),
  );
}

/** Values that are computed from what is handed in, not from sizes and weights alone. */
function dependent(graph: Graph): ReadonlySet<Value> {
  const found = new Set<Value>();
  for (const port of graph.inputPorts) if (port.role !== "weight") found.add(port.value);
  for (const node of graph.nodes)
    if (node.inputs.some((value) => found.has(value))) for (const value of node.outputs) found.add(value);
  return found;
}

/**
 * Bytes of a table that are in memory once rows of it were gathered: the kernel maps a file by 128 KiB around what is
 * touched; rows are taken to be spread over the table.
 */
export function windows({ bytes, gathered, together, row }: WeightUse): bigint {
  const window = Math.max(131_072, Number(row));
  const count = Math.ceil(Number(bytes) / window);
  if (count <= 1) return bytes;
  const run = Math.ceil(Number(together * row) / window);
  const touched = Math.max(run, count * (1 - (1 - 1 / count) ** Number(gathered)));
  const held = BigInt(Math.ceil(touched * window));
  return held < bytes ? held : bytes;
}

/** The size of each letter of an equation at a point; 1 for one that no operand has. */
export function letterSizes(node: Node & { op: "einsum" }, point: AtPoint): (letter: string) => bigint {
  const sizes = new Map<string, bigint>();
  const terms = node.attrs.equation.replaceAll(" ", "").split("->")[0]!.split(",");
  terms.forEach((letters, i) => {
    [...letters].forEach((letter, axis) => {
      sizes.set(letter, point.whole(node.inputs[i]!.shape[axis]!));
    });
  });
  return (letter) => sizes.get(letter) ?? 1n;
}
