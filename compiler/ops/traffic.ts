import { Dim } from "../dim/dim.js";
import type { Type } from "../ir/graph.js";
import type { Cost } from "./cost-vector.js";

/** A value and all that reads it have one shape, the same object. */
const products = new WeakMap<readonly Dim[], Dim>();

/** How many elements a value has. */
export function elements({ shape }: Pick<Type, "shape">): Dim {
  let product = products.get(shape);
  if (!product) products.set(shape, (product = Dim.product(shape)));
  return product;
}

/** 4 a float or integer, 1 a flag. */
export function bytesOf(type: Type): Dim {
  return type.dtype === "bool" ? elements(type) : elements(type).times(4);
}

/** Every operand read once, every result written once. */
export function traffic(node: {
  readonly inputs: readonly Type[];
  readonly outputs: readonly Type[];
}): Pick<Cost, "bytesRead" | "bytesWritten"> {
  return {
    bytesRead: Dim.sum(node.inputs.map(bytesOf)),
    bytesWritten: Dim.sum(node.outputs.map(bytesOf)),
  };
}
