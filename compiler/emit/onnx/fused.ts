import type { NodeOf } from "../../ir/graph.js";
import { type Emitter, named, type Ref } from "./emitter.js";

/** A library function that ONNX has as one op; undefined where this call of it does not fit. */
type Fuse = (e: Emitter, node: NodeOf<"call">, inputs: readonly Ref[]) => string | undefined;

function axisOf(node: NodeOf<"call">): number | undefined {
  const { axis } = node.attrs.args;
  return typeof axis === "number" && node.inputs.length === 1 ? axis : undefined;
}

/** By the function's name. Tests hold each row to the numbers of the body that it replaces. */
export const fused: ReadonlyMap<string, Fuse> = new Map<string, Fuse>([
  [
    "softmax",
    (e, node, [x]) => {
      const axis = axisOf(node);
      return axis === undefined ? undefined : e.op("Softmax", [e.name(x!)], { axis });
    },
  ],
  [
    "logsumexp",
    (e, node, [x]) => {
      const axis = axisOf(node);
      if (axis === undefined) return undefined;
      return e.op("ReduceLogSumExp", [e.name(x!), e.ints([axis])], { keepdims: 0 });
    },
  ],
  [
    "gelu",
    (e, node, [x]) =>
      node.inputs.length === 1 ? e.op("Gelu", [e.name(x!)], { approximate: "none" }) : undefined,
  ],
  [
    "gelu_tanh",
    (e, node, [x]) =>
      node.inputs.length === 1 ? e.op("Gelu", [e.name(x!)], { approximate: "tanh" }) : undefined,
  ],
]);

/** The call as one ONNX op, where there is one. */
export function fuse(e: Emitter, node: NodeOf<"call">, inputs: readonly Ref[]): readonly Ref[] | undefined {
  if (node.outputs.length !== 1) return undefined;
  const result = fused.get(node.attrs.name)?.(e, node, inputs);
  return result === undefined ? undefined : [named(result)];
}
