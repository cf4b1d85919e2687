import type { Dim } from "../../dim/dim.js";
import type { NodeOf } from "../../ir/graph.js";
import type { OpName } from "../../ops/index.js";
import type { Emitter } from "./emitter.js";
import type { Attribute } from "./proto.js";
import { named, type Ref } from "./ref.js";

/** How one op is written in ONNX: adds nodes to the emitter, and says what stands for the outputs. */
export type Lower<K extends OpName> = (
  emitter: Emitter,
  node: NodeOf<K>,
  inputs: readonly Ref[],
) => readonly Ref[];

/** An op that is one ONNX node with the same operands. */
export function direct<K extends OpName>(
  type: string,
  attributes: Readonly<Record<string, Attribute>> = {},
): Lower<K> {
  return (e, _node, inputs) => [
    named(
      e.op(
        type,
        inputs.map((x) => e.name(x)),
        attributes,
      ),
    ),
  ];
}

/** An op with one result, given the names of its operands. */
export function single<K extends OpName>(
  lower: (e: Emitter, node: NodeOf<K>, ...inputs: readonly string[]) => string,
): Lower<K> {
  return (e, node, inputs) => [named(lower(e, node, ...inputs.map((x) => e.name(x))))];
}

/** Towards minus infinity; ONNX divides integers towards zero, so the remainder (of the divisor's sign) goes first. */
export function floorDivide(e: Emitter, a: string, b: string): string {
  return e.op("Div", [e.op("Sub", [a, e.op("Mod", [a, b])]), b]);
}

/** All axes from `first` on as one. */
export function product(dims: readonly Dim[], one: Dim): Dim {
  return dims.reduce((a, b) => a.times(b), one);
}
