import type { Dim } from "../../dim/dim.js";
import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";
import type { Body } from "./body.js";
import { nameOf, operand } from "./define.js";
import { type Code, code, type Variable } from "./lines.js";

/** A product whose columns are shared out among heads, which then come before the positions. */
export interface HeadSplit {
  readonly product: NodeOf<"einsum">;
  readonly heads: Dim;
  /** Columns of a head. */
  readonly width: Dim;
}

/** The operands of a product of [batch, seq, inner] rows by a weight as it is laid out. */
export interface Projected {
  readonly left: Variable;
  readonly laid: Variable;
  readonly shift: Variable | undefined;
}

/**
 * The transposes [batch, seq, heads, width] → [batch, heads, seq, width] of products of rows, perhaps with a shift added,
 * that nothing else reads.
 */
export function headSplits(region: Region): ReadonlyMap<Node, HeadSplit> {
  const reads = new Map<Value, number>();
  for (const v of [...region.nodes.flatMap((n) => n.inputs), ...region.outputs])
    reads.set(v, (reads.get(v) ?? 0) + 1);
  const makers = new Map(region.nodes.flatMap((n) => n.outputs.map((v) => [v, n] as const)));
  const makerOf = (v: Value | undefined) => (v && reads.get(v) === 1 ? makers.get(v) : undefined);
  const found = new Map<Node, HeadSplit>();
  for (const node of region.nodes) {
    if (node.op !== "transpose" || node.attrs.perm.join() !== "0,2,1,3") continue;
    const apart = makerOf(node.inputs[0]);
    if (apart?.op !== "reshape" || apart.inputs[0]!.shape.length !== 3) continue;
    const sum = makerOf(apart.inputs[0]);
    const product = sum?.op === "add" ? sum.inputs.map(makerOf).find((n) => n?.op === "einsum") : sum;
    const [batch, seq, heads, width] = apart.outputs[0]!.shape as [Dim, Dim, Dim, Dim];
    const rows = apart.inputs[0]!.shape;
    if (product?.op === "einsum" && rows[0]!.equals(batch) && rows[1]!.equals(seq))
      found.set(node, { product, heads, width });
  }
  return found;
}

/** Lowers a transpose of `headSplits` where its product is by a weight that is laid out; false where it is not. */
export function lowerHeads(body: Body, node: NodeOf<"transpose">): boolean {
  const split = body.heads.get(node as Node);
  const root = split && body.behind(body.tensor(operand(node as Node, 0)));
  const projected = root && body.projected.get(root.of);
  if (!projected) return false;
  const source = projectHeads(body, projected, split.heads);
  body.bind(node.outputs[0]!, body.line(source, nameOf(node as Node)));
  return true;
}

/** The product, as [batch, heads, seq, width]. */
export function projectHeads(body: Body, { left, laid, shift }: Projected, heads: Dim): Code {
  for (const helper of ["times", "blocksOf", "project"] as const) body.helper(helper);
  return code`${body.helper("projectHeads")}(tf, ${left}, ${laid}, ${shift ?? "undefined"}, ${body.size(heads)})`;
}
