import { Dim } from "../../dim/dim.js";
import type { Node, Region, Value } from "../graph.js";
import { bodyOf } from "../traverse.js";

const regionKeys = new WeakMap<Region, string>();
const attrKeys = new WeakMap<object, string>();

/** A node's meaning but its operands and its body: equal keys, equal results for equal operands and bodies. */
export function nodeKey(node: Node): string {
  // A node with other operands keeps its attributes, so that one answer serves every pass and graph.
  let key = attrKeys.get(node.attrs);
  if (key === undefined) attrKeys.set(node.attrs, (key = attrKey(node)));
  return node.op + key;
}

function attrKey(node: Node): string {
  let key = "";
  for (const [name, value] of Object.entries(node.attrs) as [string, unknown][]) {
    // The instance's path is for reports: two calls on the same operands are one.
    if (name === "body" || (name === "path" && node.op === "call")) continue;
    key += `;${name}=${valueKey(value)}`;
  }
  return key;
}

function valueKey(value: unknown): string {
  if (value instanceof Dim) return value.key;
  if (Array.isArray(value)) return `[${(value as readonly unknown[]).map(valueKey).join()}]`;
  if (typeof value === "object" && value !== null) {
    return `{${Object.entries(value)
      .map(([k, v]) => `${k}:${valueKey(v)}`)
      .join()}}`;
  }
  return Object.is(value, -0) ? "-0" : `${value}`;
}

/** The structure of a region with values numbered in order: equal keys, equal regions. */
export function regionKey(region: Region): string {
  const known = regionKeys.get(region);
  if (known !== undefined) return known;
  const numbers = new Map<Value, number>();
  const number = (value: Value) => {
    numbers.set(value, numbers.size);
    return `${value.dtype}${value.shape.map((d) => d.key).join()}`;
  };
  const lines = [region.inputs.map(number).join(";")];
  for (const node of region.nodes) {
    const operands = node.inputs.map((v) => numbers.get(v)).join();
    const body = bodyOf(node);
    lines.push(`${nodeKey(node)}(${operands})${body ? `{${regionKey(body)}}` : ""}`);
    for (const value of node.outputs) number(value);
  }
  lines.push(region.outputs.map((v) => numbers.get(v)).join());
  const key = lines.join("\n");
  regionKeys.set(region, key);
  return key;
}
