import type { Node } from "../../ir/graph.js";
import type { OpName } from "../../ops/index.js";
import { einsum } from "./einsum.js";
import { elementwise } from "./elementwise.js";
import type { Emitter } from "./emitter.js";
import { mayBeZero, withoutSpare, withSpare } from "./empty.js";
import { fuse } from "./fused.js";
import { gatherMatmul } from "./grouped.js";
import { gather, scatterAdd } from "./indexing.js";
import { leaning } from "./lean.js";
import type { Lower } from "./lower.js";
import { named, type Ref } from "./ref.js";
import { argsort, topk } from "./sorting.js";
import { structure } from "./structure.js";

const pointwise = Object.fromEntries(
  Object.entries(elementwise).map(([name, row]) => [name, leaning(row as Lower<OpName>)]),
) as typeof elementwise;

/** Every op in ONNX. A missing one is a compile error. */
export const table: { readonly [K in OpName]: Lower<K> } = {
  ...pointwise,
  ...structure,
  einsum,
  gather,
  scatter_add: scatterAdd,
  gather_matmul: gatherMatmul,
  topk,
  argsort,
  call: (e, node, inputs) => fuse(e, node, inputs) ?? e.region(node.attrs.body, inputs),
  map: (e, node, inputs) => {
    const { mapped, body } = node.attrs;
    const length = node.inputs[0]!.shape[0]!;
    const open = mayBeZero(length);
    const scanned = inputs.slice(0, mapped).map((ref, i) => {
      const x = e.name(ref);
      return open ? withSpare(e, x, node.inputs[i]!.dtype) : x;
    });
    const graph = e.subgraph(body, mapped, inputs.slice(mapped), "map");
    const attributes = { body: { graph }, num_scan_inputs: mapped };
    const stacked = e.ops("Scan", scanned, body.outputs.length, attributes);
    return stacked.map((y) => named(open ? withoutSpare(e, y, length) : y));
  },
};

/** Lowers a node by its row. */
export function lowerNode(emitter: Emitter, node: Node, inputs: readonly Ref[]): readonly Ref[] {
  const row = table[node.op] as Lower<OpName>;
  return row(emitter, node as Parameters<typeof row>[1], inputs);
}
