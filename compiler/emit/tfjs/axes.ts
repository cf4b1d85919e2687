import { Dim } from "../../dim/dim.js";
import type { NodeOf, Value } from "../../ir/graph.js";
import type { Split } from "../passes/splits.js";
import type { Body } from "./body.js";
import { type Lower, nameOf, operand } from "./define.js";
import { withoutEmpty } from "./empty.js";
import { code, destructured, list, type Variable } from "./lines.js";
import { type Folded, foldAround, reshape } from "./structure.js";
import { keptShape } from "./views.js";

/** A function of tfjs that reduces axes. */
export function reduce<K extends "reduce_sum" | "reduce_max" | "reduce_min">(name: string): Lower<K> {
  return (body, node) => {
    const n = node as NodeOf<"reduce_sum">;
    const x = body.tensor(operand(n, 0));
    const { axes } = n.attrs;
    if (axes.length === 0) return body.bind(n.outputs[0]!, x);
    const which = axes.length === 1 ? `${axes[0]}` : `[${axes.join(", ")}]`;
    const rank = operand(n, 0).shape.length;
    // Other axes than the last are turned to the end first, which webgpu does for floats alone.
    const integers = operand(n, 0).dtype !== "f32" && axes.some((axis) => axis < rank - axes.length);
    const kept = body.keeps.has(n);
    const rest = kept ? `${which}, true` : which;
    const source = integers
      ? code`${body.helper("asFloats")}(tf, ${x}, (t) => tf.${name}(t, ${rest}))`
      : code`tf.${name}(${x}, ${rest})`;
    const [out] = n.outputs as [Value];
    const shape = kept ? keptShape(operand(n, 0), axes) : out.shape;
    const reduced = body.made(source, nameOf(n), shape);
    body.bind(out, reshape(body, reduced, shape, out.shape, nameOf(n)));
  };
}

export const argmax: Lower<"argmax"> = (body, node) => {
  const source = code`${body.helper("argmax")}(tf, ${body.tensor(operand(node, 0))}, ${node.attrs.axis})`;
  body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
};

export const cumsum: Lower<"cumsum"> = (body, node) => {
  const x = operand(node, 0);
  const folded = foldAround(body, body.tensor(x), x.shape, node.attrs.axis, nameOf(node));
  const reverse = node.attrs.reverse ? ", false, true" : "";
  const integers = x.dtype !== "f32" && folded.axis < folded.shape.length - 1;
  const source = integers
    ? code`${body.helper("asFloats")}(tf, ${folded.x}, (t) => tf.cumsum(t, ${folded.axis}${reverse}))`
    : code`tf.cumsum(${folded.x}, ${folded.axis}${reverse})`;
  const sums = body.line(source, nameOf(node));
  body.bind(node.outputs[0]!, reshape(body, sums, folded.shape, x.shape, nameOf(node)));
};

export const slice: Lower<"slice"> = (body, node) => {
  const x = operand(node, 0);
  const { axis, start, size } = node.attrs;
  const folded = foldAround(body, body.tensor(x), x.shape, axis, nameOf(node));
  const split = x.dtype === "f32" ? body.splits.get(node) : undefined;
  if (split) {
    const i = split.parts.indexOf(node);
    const shape = folded.shape.map((d, k) => (k === folded.axis ? Dim.of(split.sizes[i]!) : d));
    const parts = body.parts.get(split) ?? splitInto(body, folded, split);
    body.parts.set(split, parts);
    return body.bind(node.outputs[0]!, reshape(body, parts[i]!, shape, node.outputs[0]!.shape, nameOf(node)));
  }
  const at = (value: string, other: string) =>
    folded.shape.map((_, i) => (i === folded.axis ? value : other)).join(", ");
  const source = code`tf.slice(${folded.x}, [${at(body.size(start), "0")}], [${at(body.size(size), "-1")}])`;
  const shape = folded.shape.map((d, i) => (i === folded.axis ? size : d));
  const cut = body.line(source, nameOf(node));
  body.bind(node.outputs[0]!, reshape(body, cut, shape, node.outputs[0]!.shape, nameOf(node)));
};

/** All slices of an axis at once. */
function splitInto(body: Body, { x, axis }: Folded, { sizes, parts }: Split): readonly Variable[] {
  const source = code`tf.split(${x}, [${sizes.join(", ")}], ${axis})`;
  return body.several(source, parts.map(nameOf), destructured);
}

export const concat: Lower<"concat"> = (body, node) => {
  const { axis } = node.attrs;
  const values = withoutEmpty(node.inputs);
  if (values.length === 1) return body.bind(node.outputs[0]!, body.tensor(values[0]!));
  const parts = values.map((v) => foldAround(body, body.tensor(v), v.shape, axis, v.name || nameOf(node)));
  const out = node.outputs[0]!;
  const first = parts[0]!;
  const shape = first.shape.map((d, i) => (i === first.axis ? out.shape[axis]! : d));
  const source = code`tf.concat([${list(parts.map((p) => p.x))}], ${first.axis})`;
  const joined = body.made(source, nameOf(node), shape);
  body.bind(out, reshape(body, joined, shape, out.shape, nameOf(node)));
};

export const pad: Lower<"pad"> = (body, node) => {
  const x = operand(node, 0);
  const { axis, before, after, value } = node.attrs;
  const bool = x.dtype === "bool";
  const tensor = bool ? body.line(code`tf.cast(${body.tensor(x)}, "int32")`, nameOf(node)) : body.tensor(x);
  const folded = foldAround(body, tensor, x.shape, axis, nameOf(node));
  const edge = `[${body.size(before)}, ${body.size(after)}]`;
  const edges = folded.shape.map((_, i) => (i === folded.axis ? edge : "[0, 0]")).join(", ");
  const padded = body.line(code`tf.pad(${folded.x}, [${edges}], ${value})`, nameOf(node));
  const out = node.outputs[0]!;
  const shape = folded.shape.map((d, i) => (i === folded.axis ? out.shape[axis]! : d));
  const whole = reshape(body, padded, shape, out.shape, nameOf(node));
  body.bind(out, bool ? body.line(code`tf.cast(${whole}, "bool")`, nameOf(node)) : whole);
};

export const topk: Lower<"topk"> = (body, node) => {
  const pattern = ([values, indices]: readonly string[]) => `{ values: ${values}, indices: ${indices} }`;
  const hints = [node.outputs[0]!.name || "values", node.outputs[1]!.name || "indices"];
  const x = operand(node, 0);
  const several = (x.shape.at(-1)?.int ?? 0n) > 1n;
  const k = body.size(node.attrs.k);
  const source = several
    ? code`tf.topk(${body.tensor(x)}, ${k}, true)`
    : code`${body.helper("topk")}(tf, ${body.tensor(x)}, ${k})`;
  const found = body.several(source, hints, pattern);
  node.outputs.forEach((v, i) => {
    body.bind(v, found[i]!);
  });
};

export const argsort: Lower<"argsort"> = (body, node) => {
  body.helper("topk");
  const source = code`${body.helper("argsort")}(tf, ${body.tensor(operand(node, 0))})`;
  body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
};
