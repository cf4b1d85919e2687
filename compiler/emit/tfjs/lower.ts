import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";
import type { OpName } from "../../ops/attrs.js";
import { type Body, code, list, type Operand } from "./body.js";
import { lowerCall, lowerMap } from "./calls.js";
import { lowerEinsum } from "./einsum.js";
import { lowerGather, lowerScatterAdd } from "./indexing.js";
import { literal } from "./names.js";
import { broadcast, foldAround, reshape, transpose } from "./structure.js";

/** Adds the lines that compute a node, and binds its outputs. */
export type Lower<K extends OpName> = (body: Body, node: NodeOf<K>) => void;

const nameOf = (node: Node, i = 0) => node.outputs[i]!.name || node.op;
const operand = (node: Node, i: number): Value => node.inputs[i]!;

/** A function of tfjs with one tensor. */
function unary<K extends OpName>(name: string): Lower<K> {
  return (body, node) => {
    const n = node as Node;
    body.bind(n.outputs[0]!, body.line(code`tf.${name}(${body.tensor(operand(n, 0))})`, nameOf(n)));
  };
}

/** A function of tfjs with two operands that broadcast; scalars stay numbers, but one operand must be a tensor. */
function binary<K extends OpName>(name: string): Lower<K> {
  return (body, node) => {
    const n = node as Node;
    const [a, b] = [body.elementwise(operand(n, 0)), body.elementwise(operand(n, 1))];
    const first = b.kind === "number" ? body.materialise(a) : a;
    body.bind(n.outputs[0]!, body.line(code`tf.${name}(${first}, ${b})`, nameOf(n)));
  };
}

/** bools compare as integers. */
const equal: Lower<"eq"> = (body, node) => {
  if (operand(node, 0).dtype !== "bool") return binary<"eq">("equal")(body, node);
  const [a, b] = node.inputs.map((v) =>
    body.line(code`tf.cast(${body.tensor(v)}, "int32")`, v.name || "flag"),
  );
  body.bind(node.outputs[0]!, body.line(code`tf.equal(${a!}, ${b!})`, nameOf(node)));
};

const power: Lower<"pow"> = (body, node) => {
  const exponent = body.operand(operand(node, 1));
  const factors = exponent.kind === "number" ? Number(exponent.text) : 0;
  if (factors !== 2 && factors !== 3) return binary<"pow">("pow")(body, node);
  const x = body.tensor(operand(node, 0));
  const square = body.line(code`tf.mul(${x}, ${x})`, nameOf(node));
  body.bind(
    node.outputs[0]!,
    factors === 2 ? square : body.line(code`tf.mul(${square}, ${x})`, nameOf(node)),
  );
};

const select: Lower<"select"> = (body, node) => {
  const [condition, yes, no] = node.inputs as [Value, Value, Value];
  const out = node.outputs[0]!;
  if (out.dtype !== "bool") {
    const [c, a, b] = [body.tensor(condition), body.elementwise(yes), body.elementwise(no)];
    body.bind(out, body.line(code`tf.where(${c}, ${a}, ${b})`, nameOf(node)));
    return;
  }
  const [c, a, b] = [body.tensor(condition), body.tensor(yes), body.tensor(no)];
  const not = body.line(code`tf.logicalNot(${c})`, "otherwise");
  const first = body.line(code`tf.logicalAnd(${c}, ${a})`, nameOf(node));
  const second = body.line(code`tf.logicalAnd(${not}, ${b})`, nameOf(node));
  body.bind(out, body.line(code`tf.logicalOr(${first}, ${second})`, nameOf(node)));
};

/** A function of tfjs that reduces axes. */
function reduce<K extends "reduce_sum" | "reduce_max" | "reduce_min">(name: string): Lower<K> {
  return (body, node) => {
    const n = node as NodeOf<"reduce_sum">;
    const x = body.tensor(operand(n, 0));
    const { axes } = n.attrs;
    if (axes.length === 0) return body.bind(n.outputs[0]!, x);
    const which = axes.length === 1 ? `${axes[0]}` : `[${axes.join(", ")}]`;
    body.bind(n.outputs[0]!, body.line(code`tf.${name}(${x}, ${which})`, nameOf(n)));
  };
}

const argmax: Lower<"argmax"> = (body, node) => {
  const source = code`${body.helper("argmax")}(tf, ${body.tensor(operand(node, 0))}, ${node.attrs.axis})`;
  body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
};

const cumsum: Lower<"cumsum"> = (body, node) => {
  const x = operand(node, 0);
  const folded = foldAround(body, body.tensor(x), x.shape, node.attrs.axis, nameOf(node));
  const reverse = node.attrs.reverse ? ", false, true" : "";
  const sums = body.line(code`tf.cumsum(${folded.x}, ${folded.axis}${reverse})`, nameOf(node));
  body.bind(node.outputs[0]!, reshape(body, sums, folded.shape, x.shape, nameOf(node)));
};

const slice: Lower<"slice"> = (body, node) => {
  const x = operand(node, 0);
  const { axis, start, size } = node.attrs;
  const folded = foldAround(body, body.tensor(x), x.shape, axis, nameOf(node));
  const at = (value: string, other: string) =>
    folded.shape.map((_, i) => (i === folded.axis ? value : other)).join(", ");
  const source = code`tf.slice(${folded.x}, [${at(body.size(start), "0")}], [${at(body.size(size), "-1")}])`;
  const shape = folded.shape.map((d, i) => (i === folded.axis ? size : d));
  const cut = body.line(source, nameOf(node));
  body.bind(node.outputs[0]!, reshape(body, cut, shape, node.outputs[0]!.shape, nameOf(node)));
};

const concat: Lower<"concat"> = (body, node) => {
  const { axis } = node.attrs;
  const parts = node.inputs.map((v) =>
    foldAround(body, body.tensor(v), v.shape, axis, v.name || nameOf(node)),
  );
  const out = node.outputs[0]!;
  const first = parts[0]!;
  const joined = body.line(code`tf.concat([${list(parts.map((p) => p.x))}], ${first.axis})`, nameOf(node));
  const shape = first.shape.map((d, i) => (i === first.axis ? out.shape[axis]! : d));
  body.bind(out, reshape(body, joined, shape, out.shape, nameOf(node)));
};

const pad: Lower<"pad"> = (body, node) => {
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

const topk: Lower<"topk"> = (body, node) => {
  const pattern = ([values, indices]: readonly string[]) => `{ values: ${values}, indices: ${indices} }`;
  const hints = [node.outputs[0]!.name || "values", node.outputs[1]!.name || "indices"];
  const x = operand(node, 0);
  const source = code`tf.topk(${body.tensor(x)}, ${body.size(node.attrs.k)}, true)`;
  const found = body.several(source, hints, pattern);
  node.outputs.forEach((v, i) => {
    body.bind(v, found[i]!);
  });
};

const argsort: Lower<"argsort"> = (body, node) => {
  const source = code`${body.helper("argsort")}(tf, ${body.tensor(operand(node, 0))})`;
  body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
};

const constant: Lower<"constant"> = (body, node) => {
  const { dtype, shape, data } = node.attrs;
  const out = node.outputs[0]!;
  if (shape.length === 0) {
    const text = literal(data[0] ?? 0);
    return body.bind(out, dtype === "f32" ? { kind: "number", text } : { kind: "scalar", text, dtype });
  }
  const type = { f32: "float32", i32: "int32", bool: "bool" }[dtype];
  const same = data.length > 0 && data.every((v) => Object.is(v, data[0]));
  const source = same
    ? code`tf.fill([${shape.join(", ")}], ${data[0]!}, "${type}")`
    : code`tf.tensor([${data.map(literal).join(", ")}], [${shape.join(", ")}], "${type}")`;
  body.bind(out, body.line(source, nameOf(node)));
};

const cast: Lower<"cast"> = (body, node) => {
  const [x, out] = [operand(node, 0), node.outputs[0]!];
  const known: Operand = body.operand(x);
  if (x.dtype === out.dtype) return body.bind(out, known);
  if (known.kind === "scalar" && out.dtype === "f32")
    return body.bind(out, { kind: "number", text: known.text });
  const tensor = body.tensor(x);
  const source =
    out.dtype !== "bool"
      ? code`tf.cast(${tensor}, "${out.dtype === "f32" ? "float32" : "int32"}")`
      : x.dtype === "f32"
        ? code`tf.notEqual(${tensor}, 0)`
        : code`tf.notEqual(${tensor}, ${body.materialise({ kind: "scalar", text: "0", dtype: "i32" })})`;
  body.bind(out, body.line(source, nameOf(node)));
};

/** Every op, in forms that are right on every backend. */
const lowerings: { readonly [K in OpName]: Lower<K> } = {
  neg: unary("neg"),
  abs: unary("abs"),
  sign: unary("sign"),
  exp: unary("exp"),
  log: unary("log"),
  sqrt: unary("sqrt"),
  rsqrt: unary("rsqrt"),
  tanh: unary("tanh"),
  erf: unary("erf"),
  logistic: unary("sigmoid"),
  sin: unary("sin"),
  cos: unary("cos"),
  floor: unary("floor"),
  add: binary("add"),
  sub: binary("sub"),
  mul: binary("mul"),
  div: binary("div"),
  pow: power,
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  floor_div: binary("floorDiv"),
  mod: binary("mod"),
  eq: equal,
  lt: binary("less"),
  le: binary("lessEqual"),
  and: binary("logicalAnd"),
  or: binary("logicalOr"),
  not: unary("logicalNot"),
  select,
  reduce_sum: reduce("sum"),
  reduce_max: reduce("max"),
  reduce_min: reduce("min"),
  argmax,
  cumsum,
  einsum: lowerEinsum,
  reshape: (body, node) => {
    const [x, out] = [operand(node, 0), node.outputs[0]!];
    body.bind(out, reshape(body, body.tensor(x), x.shape, out.shape, nameOf(node)));
  },
  transpose: (body, node) => {
    const x = operand(node, 0);
    body.bind(node.outputs[0]!, transpose(body, body.tensor(x), x.shape, node.attrs.perm, nameOf(node)));
  },
  broadcast: (body, node) => {
    const [x, out] = [operand(node, 0), node.outputs[0]!];
    body.bind(out, broadcast(body, body.tensor(x), x.shape, out.shape, nameOf(node)));
  },
  slice,
  concat,
  pad,
  gather: lowerGather,
  scatter_add: lowerScatterAdd,
  topk,
  argsort,
  iota: (body, node) => {
    const source = code`tf.range(0, ${body.size(node.attrs.size)}, 1, "int32")`;
    body.bind(node.outputs[0]!, body.line(source, nameOf(node)));
  },
  size: (body, node) => {
    body.bind(node.outputs[0]!, { kind: "scalar", text: body.size(node.attrs.dim), dtype: "i32" });
  },
  constant,
  cast,
  stop_gradient: (body, node) => body.bind(node.outputs[0]!, body.operand(operand(node, 0))),
  call: (body, node) => lowerCall(body, node, lowerRegion),
  map: (body, node) => lowerMap(body, node, lowerRegion),
};

/** Adds the lines of a whole region; its inputs are bound already. */
export function lowerRegion(body: Body, region: Region): void {
  for (const node of region.nodes) (lowerings[node.op] as Lower<OpName>)(body, node as NodeOf<OpName>);
}
