import type { Node, Type, Value } from "../../ir/graph.js";
import type { Body } from "./body.js";
import { code } from "./lines.js";

const isEmpty = (type: Type) => type.shape.some((dim) => dim.isZero);

/** What an op gives where it has nothing to work on. */
const ofNothing: Readonly<Partial<Record<Node["op"], number>>> = {
  reduce_sum: 0,
  einsum: 0,
  scatter_add: 0,
  gather_matmul: 0,
  reduce_max: Number.NEGATIVE_INFINITY,
  reduce_min: Number.POSITIVE_INFINITY,
};

const dtypes = { f32: "float32", i32: "int32", bool: "bool" } as const;

/**
 * Lowers a node that reads or makes tensors without elements, which most backends get wrong somewhere: its result is
 * known without them. False where the node is an ordinary one.
 */
export function lowerEmpty(body: Body, node: Node): boolean {
  const all = node.outputs.every(isEmpty);
  if (!all && !node.inputs.some(isEmpty)) return false;
  const value = node.op === "pad" ? node.attrs.value : ofNothing[node.op];
  if (!all && value === undefined) return false;
  for (const output of node.outputs) {
    const shape = body.shape(output.shape);
    const text = value === undefined ? "0" : String(value);
    const source = code`tf.fill(${shape}, ${text}, "${dtypes[output.dtype]}")`;
    body.bind(
      output,
      body.line(
        isEmpty(output) ? code`tf.zeros(${shape}, "${dtypes[output.dtype]}")` : source,
        output.name || node.op,
      ),
    );
  }
  return true;
}

/** The values that have elements; all of them where none has. */
export function withoutEmpty(values: readonly Value[]): readonly Value[] {
  const kept = values.filter((v) => !isEmpty(v));
  return kept.length === 0 ? values : kept;
}
