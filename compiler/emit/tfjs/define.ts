import type { Node, NodeOf, Value } from "../../ir/graph.js";
import type { OpName } from "../../ops/attrs.js";
import type { Body } from "./body.js";

/** Adds the lines that compute a node, and binds its outputs. */
export type Lower<K extends OpName> = (body: Body, node: NodeOf<K>) => void;

/** What a node's result is called in the generated code. */
export const nameOf = (node: Node) => node.outputs[0]!.name || node.op;

export const operand = (node: Node, i: number): Value => node.inputs[i]!;
