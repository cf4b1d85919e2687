import type { Builder } from "../ir/build.js";
import { inlineRegion } from "../ir/grad.js";
import type { Node, NodeOf, Value } from "../ir/graph.js";
import { withValues } from "../ir/traverse.js";
import { derivesFromResult } from "../ops/call-vjp.js";
import { isCheap } from "./expand.js";

/**
 * The nodes of `b`, of which those from `backward` on read the results of cheap calls computed anew, where what these
 * take is kept anyhow: then the results need not be (the hidden units of a feed-forward behind its activation, what a
 * norm gives). The derivative of such a call computes the same within; equal nodes become one later. What is added is
 * `waiting`, to run when it is first read.
 */
export function computedAnew(b: Builder, backward: number, waiting: Set<Value>): Node[] {
  const nodes = [...b.nodes];
  const made = new Set(nodes.slice(0, backward).flatMap((node) => node.outputs));
  const read = new Set(nodes.slice(backward).flatMap((node) => node.inputs));
  const isKept = (value: Value) => !made.has(value) || read.has(value);
  const makers = new Map<Value, NodeOf<"call">>();
  for (const node of nodes.slice(0, backward)) {
    if (node.op !== "call" || !isCheap(node.attrs.body) || derivesFromResult(node)) continue;
    if (node.inputs.every(isKept)) for (const v of node.outputs) makers.set(v, node);
  }
  const again = new Map<Value, Value>();
  const anew = (value: Value): Value => {
    const node = makers.get(value);
    if (!node) return value;
    if (!again.has(value)) {
      const { body, path } = node.attrs;
      const copy = inlineRegion(b, body, node.inputs.map(anew), path);
      node.outputs.forEach((v, i) => again.set(v, copy.outputs[i]!));
    }
    return again.get(value)!;
  };
  const rewritten = nodes.slice(backward).map((node) => withValues(node, node.inputs.map(anew)));
  const added = b.nodes.slice(nodes.length);
  for (const { outputs } of added) for (const v of outputs) waiting.add(v);
  return [...nodes.slice(0, backward), ...rewritten, ...added];
}
