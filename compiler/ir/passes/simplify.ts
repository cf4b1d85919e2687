import type { Dim } from "../../dim/dim.js";
import type { NdArray } from "../../ops/define.js";
import type { Node, NodeOf, Type, Value } from "../graph.js";

/** What a rewrite may look at: how a value was made, and its data where they are known. */
export interface Known {
  producer(value: Value): Node | undefined;
  data(value: Value): NdArray | undefined;
}

/** A value that equals the node's only result, or a simpler node with the same results; undefined: it stays. */
export function simplify(node: Node, known: Known): Value | Node | undefined {
  switch (node.op) {
    case "add":
      return neutral(node, 0, known, true);
    case "sub":
      return neutral(node, 0, known, false);
    case "mul":
      return neutral(node, 1, known, true);
    case "div":
    case "floor_div":
    case "pow":
      return neutral(node, 1, known, false);
    case "reshape":
      return simplifyReshape(node, known);
    case "transpose":
      return simplifyTranspose(node, known);
    case "broadcast":
    case "cast":
      return sameType(node.inputs[0]!, node.outputs[0]!) ? node.inputs[0] : undefined;
    case "slice":
      return node.attrs.start.isZero && sameType(node.inputs[0]!, node.outputs[0]!)
        ? node.inputs[0]
        : undefined;
    case "pad":
      return node.attrs.before.isZero && node.attrs.after.isZero ? node.inputs[0] : undefined;
    case "concat":
      return simplifyConcat(node);
    default:
      return undefined;
  }
}

/** `x + 0`, `1 * x`: the other operand, where it has the type of the result already. */
function neutral(node: Node, unit: number, known: Known, bothSides: boolean): Value | undefined {
  const [a, b] = [node.inputs[0]!, node.inputs[1]!];
  const out = node.outputs[0]!;
  if (sameType(a, out) && isAll(known.data(b), unit)) return a;
  if (bothSides && sameType(b, out) && isAll(known.data(a), unit)) return b;
  return undefined;
}

function isAll(array: { readonly data: ArrayLike<number> } | undefined, value: number): boolean {
  if (!array || array.data.length === 0) return false;
  for (let i = 0; i < array.data.length; i++) if (array.data[i] !== value) return false;
  return true;
}

function simplifyReshape(node: NodeOf<"reshape">, known: Known): Value | Node | undefined {
  const from = known.producer(node.inputs[0]!);
  const source = from?.op === "reshape" ? from.inputs[0]! : node.inputs[0]!;
  if (sameType(source, node.outputs[0]!)) return source;
  return source === node.inputs[0] ? undefined : { ...node, inputs: [source] };
}

function simplifyTranspose(node: NodeOf<"transpose">, known: Known): Value | Node | undefined {
  const from = known.producer(node.inputs[0]!);
  const inner = from?.op === "transpose" ? from : undefined;
  const source = inner ? inner.inputs[0]! : node.inputs[0]!;
  const perm = inner ? node.attrs.perm.map((axis) => inner.attrs.perm[axis]!) : node.attrs.perm;
  if (perm.every((axis, i) => axis === i)) return source;
  return inner ? { ...node, inputs: [source], attrs: { perm } } : undefined;
}

/** Without operands that are empty for sure. */
function simplifyConcat(node: NodeOf<"concat">): Value | Node | undefined {
  const inputs = node.inputs.filter((v) => !v.shape[node.attrs.axis]!.isZero);
  if (inputs.length === 1 && sameType(inputs[0]!, node.outputs[0]!)) return inputs[0];
  return inputs.length > 1 && inputs.length < node.inputs.length ? { ...node, inputs } : undefined;
}

function sameType(a: Type, b: Type): boolean {
  return (
    a.dtype === b.dtype &&
    a.shape.length === b.shape.length &&
    a.shape.every((dim: Dim, i) => dim.equals(b.shape[i]!))
  );
}
