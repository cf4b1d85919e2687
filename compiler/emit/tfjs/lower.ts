import type { NodeOf, Region, Value } from "../../ir/graph.js";
import type { OpName } from "../../ops/attrs.js";
import { splitsOf } from "../passes/splits.js";
import { argmax, argsort, concat, cumsum, pad, reduce, slice, topk } from "./axes.js";
import type { Body } from "./body.js";
import { lowerCall, lowerMap } from "./calls.js";
import { type Lower, nameOf, operand } from "./define.js";
import { lowerEinsum } from "./einsum.js";
import {
  abs,
  angular,
  binary,
  cast,
  equal,
  modulo,
  multiply,
  negate,
  power,
  select,
  unary,
} from "./elementwise.js";
import { lowerEmpty } from "./empty.js";
import { headSplits, lowerHeads } from "./heads.js";
import { lowerGather, lowerGatherMatmul, lowerScatterAdd } from "./indexing.js";
import { code } from "./lines.js";
import { literal } from "./names.js";
import { broadcast, reshape, transpose } from "./structure.js";
import { keptAxes, readOnce } from "./views.js";

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

/** The shift of a product is added while that is still a matrix; the lines of the product alone then go unread. */
const add: Lower<"add"> = (body, node) => {
  const [sum] = node.outputs as [Value];
  for (const [i, value] of node.inputs.entries()) {
    const product = body.products.get(value);
    const shift = node.inputs[1 - i]!;
    if (product && shift !== value && lowerEinsum(body, product, { shift, sum })) return;
  }
  binary<"add">("add")(body, node);
};

/** Every op, in forms that are right on every backend. */
const lowerings: { readonly [K in OpName]: Lower<K> } = {
  neg: negate,
  abs,
  sign: unary("sign"),
  exp: unary("exp"),
  log: unary("log"),
  sqrt: unary("sqrt"),
  rsqrt: unary("rsqrt"),
  tanh: unary("tanh"),
  erf: unary("erf"),
  logistic: unary("sigmoid"),
  sin: angular("sine"),
  cos: angular("cosine"),
  floor: unary("floor"),
  add,
  sub: binary("sub"),
  mul: multiply,
  div: binary("div"),
  pow: power,
  maximum: binary("maximum"),
  minimum: binary("minimum"),
  floor_div: binary("floorDiv"),
  mod: modulo,
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
  einsum: (body, node) => void lowerEinsum(body, node),
  reshape: (body, node) => {
    const [x, out] = [operand(node, 0), node.outputs[0]!];
    body.bind(out, reshape(body, body.tensor(x), x.shape, out.shape, nameOf(node)));
  },
  transpose: (body, node) => {
    if (lowerHeads(body, node)) return;
    const x = operand(node, 0);
    body.bind(
      node.outputs[0]!,
      transpose(body, body.tensor(x), x.shape, node.attrs.perm, nameOf(node), x.dtype),
    );
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
  gather_matmul: lowerGatherMatmul,
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
  body.keeps = keptAxes(region);
  body.products = readOnce(region, "einsum");
  body.sums = readOnce(region, "add");
  body.splits = splitsOf(region);
  body.heads = headSplits(region);
  for (const node of region.nodes)
    if (!lowerEmpty(body, node)) (lowerings[node.op] as Lower<OpName>)(body, node as NodeOf<OpName>);
}
