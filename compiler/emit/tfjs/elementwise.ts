import { Dim } from "../../dim/dim.js";
import type { Node, Value } from "../../ir/graph.js";
import type { OpName } from "../../ops/attrs.js";
import type { Body } from "./body.js";
import { type Lower, nameOf, operand } from "./define.js";
import { code, type Operand, type Variable } from "./lines.js";
import { broadcast, mostAxes, reshape } from "./structure.js";
import { behindViews } from "./views.js";

/** A function of tfjs with one tensor. */
export function unary<K extends OpName>(name: string): Lower<K> {
  return (body, node) => {
    const n = node as Node;
    behindViews(body, n, [body.tensor(operand(n, 0))], ([x]) => code`tf.${name}(${x!})`);
  };
}

const zero: Operand = { kind: "scalar", text: "0", dtype: "i32" };

/** `tf.neg` of integers goes through single precision on wasm. */
export const negate: Lower<"neg"> = (body, node) => {
  if (operand(node, 0).dtype === "f32") return unary<"neg">("neg")(body, node);
  const source = code`tf.sub(${body.materialise(zero)}, ${body.tensor(operand(node, 0))})`;
  body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
};

/** `tf.abs` of integers goes through single precision on cpu and wasm. */
export const abs: Lower<"abs"> = (body, node) => {
  if (operand(node, 0).dtype === "f32") return unary<"abs">("abs")(body, node);
  const x = body.tensor(operand(node, 0));
  const negative = body.line(code`tf.sub(${body.materialise(zero)}, ${x})`, nameOf(node));
  body.bind(node.outputs[0]!, body.line(code`tf.maximum(${x}, ${negative})`, nameOf(node)));
};

/** `tf.mod` divides in single precision on webgpu; its integer division is exact. */
export const modulo: Lower<"mod"> = (body, node) => {
  const [a, b] = [body.tensor(operand(node, 0)), body.tensor(operand(node, 1))];
  const quotient = body.line(code`tf.floorDiv(${a}, ${b})`, "quotient");
  const whole = body.line(code`tf.mul(${quotient}, ${b})`, "whole");
  body.bind(node.outputs[0]!, body.line(code`tf.sub(${a}, ${whole})`, nameOf(node)));
};

export function angular<K extends "sin" | "cos">(helper: "sine" | "cosine"): Lower<K> {
  return (body, node) => {
    body.helper("perRow");
    const n = node as Node;
    const source = code`${body.helper(helper)}(tf, ${body.tensor(operand(n, 0))})`;
    body.bind(n.outputs[0]!, body.line(source, nameOf(n)));
  };
}

/** An operand that broadcasts; webgpu cannot spread a vector along more than 4 axes, but a matrix of one row. */
function spread(body: Body, node: Node, index: number): ReturnType<Body["elementwise"]> {
  const value = operand(node, index);
  const deep = node.outputs[0]!.shape.length > mostAxes;
  if (!deep || value.shape.length !== 1) return body.elementwise(value);
  return reshape(body, body.tensor(value), value.shape, [Dim.one, ...value.shape], value.name || "row");
}

/** A function of tfjs with two operands that broadcast; scalars stay numbers, but one operand must be a tensor. */
export function binary<K extends OpName>(name: string): Lower<K> {
  return (body, node) => {
    const n = node as Node;
    const [a, b] = [spread(body, n, 0), spread(body, n, 1)];
    const first = b.kind === "number" ? body.materialise(a) : a;
    behindViews(body, n, [first, b], ([x, y]) => code`tf.${name}(${x!}, ${y!})`);
  };
}

/** bools compare as integers. */
export const equal: Lower<"eq"> = (body, node) => {
  if (operand(node, 0).dtype !== "bool") return binary<"eq">("equal")(body, node);
  const [a, b] = node.inputs.map((v) =>
    body.line(code`tf.cast(${body.tensor(v)}, "int32")`, v.name || "flag"),
  );
  body.bind(node.outputs[0]!, body.line(code`tf.equal(${a!}, ${b!})`, nameOf(node)));
};

/** TensorFlow multiplies a tensor by itself in a third of the time where it knows that it is the same. */
export const multiply: Lower<"mul"> = (body, node) => {
  const isSquare = operand(node, 0) === operand(node, 1) && operand(node, 0).dtype === "f32";
  return (isSquare ? unary<"mul">("square") : binary<"mul">("mul"))(body, node);
};

export const power: Lower<"pow"> = (body, node) => {
  const exponent = body.operand(operand(node, 1));
  const factors = exponent.kind === "number" ? Number(exponent.text) : 0;
  if (factors !== 2 && factors !== 3) return binary<"pow">("pow")(body, node);
  const x = body.tensor(operand(node, 0));
  const square = body.line(code`tf.square(${x})`, nameOf(node));
  body.bind(
    node.outputs[0]!,
    factors === 2 ? square : body.line(code`tf.mul(${square}, ${x})`, nameOf(node)),
  );
};

/** webgpu selects in up to 4 axes. Axes of size 1 are dropped; if that is not enough, the operands are spread and made flat. */
export const select: Lower<"select"> = (body, node) => {
  const out = node.outputs[0]!;
  const deep = out.shape.length > mostAxes;
  const narrow = out.shape.filter((dim) => !dim.isOne);
  const flat = narrow.length > mostAxes ? [Dim.product(out.shape)] : narrow;
  const take = (value: Value): Operand => {
    if (!deep || value.shape.length === 0) return body.elementwise(value);
    const name = value.name || "operand";
    const missing = out.shape.length - value.shape.length;
    const aligned = out.shape.map((_, axis) => value.shape[axis - missing] ?? Dim.of(1));
    const small = aligned.filter((_, axis) => !out.shape[axis]!.isOne);
    const squeezed = reshape(body, body.tensor(value), value.shape, small, name);
    if (flat === narrow) return squeezed;
    return reshape(body, broadcast(body, squeezed, small, narrow, name), narrow, flat, name);
  };
  const [condition, yes, no] = node.inputs.map(take) as [Operand, Operand, Operand];
  const c = body.materialise(condition);
  let chosen: Variable;
  if (out.dtype === "bool") {
    const [a, b] = [body.materialise(yes), body.materialise(no)];
    const not = body.line(code`tf.logicalNot(${c})`, "otherwise");
    const first = body.line(code`tf.logicalAnd(${c}, ${a})`, nameOf(node));
    const second = body.line(code`tf.logicalAnd(${not}, ${b})`, nameOf(node));
    chosen = body.line(code`tf.logicalOr(${first}, ${second})`, nameOf(node));
  } else chosen = body.line(code`tf.where(${c}, ${yes}, ${no})`, nameOf(node));
  body.bind(out, deep ? reshape(body, chosen, flat, out.shape, nameOf(node)) : chosen);
};

export const cast: Lower<"cast"> = (body, node) => {
  const [x, out] = [operand(node, 0), node.outputs[0]!];
  const known: Operand = body.operand(x);
  if (x.dtype === out.dtype) return body.bind(out, known);
  if (known.kind === "scalar" && out.dtype === "f32")
    return body.bind(out, { kind: "number", text: known.text });
  const tensor = body.tensor(x);
  const source =
    out.dtype === "f32"
      ? code`${body.helper("floats")}(tf, ${tensor})`
      : out.dtype === "i32"
        ? code`tf.cast(${tensor}, "int32")`
        : x.dtype === "f32"
          ? code`tf.notEqual(${tensor}, 0)`
          : code`tf.notEqual(${tensor}, ${body.materialise({ kind: "scalar", text: "0", dtype: "i32" })})`;
  body.bind(out, body.line(source, nameOf(node)));
};
