import { direct, floorDivide, type Lower, single } from "./lower.js";
import { elementType } from "./proto.js";

type Names =
  | "neg"
  | "abs"
  | "sign"
  | "exp"
  | "log"
  | "sqrt"
  | "rsqrt"
  | "tanh"
  | "erf"
  | "logistic"
  | "sin"
  | "cos"
  | "floor"
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "floor_div"
  | "mod"
  | "eq"
  | "lt"
  | "le"
  | "and"
  | "or"
  | "not"
  | "select"
  | "cast"
  | "stop_gradient";

/** Broadcasting is NumPy's in ONNX too. */
export const elementwise: { readonly [K in Names]: Lower<K> } = {
  neg: direct("Neg"),
  abs: direct("Abs"),
  sign: direct("Sign"),
  exp: direct("Exp"),
  log: direct("Log"),
  sqrt: direct("Sqrt"),
  rsqrt: single((e, _node, x) => e.op("Reciprocal", [e.op("Sqrt", [x!])])),
  tanh: direct("Tanh"),
  erf: direct("Erf"),
  logistic: direct("Sigmoid"),
  sin: direct("Sin"),
  cos: direct("Cos"),
  floor: direct("Floor"),
  add: direct("Add"),
  sub: direct("Sub"),
  mul: direct("Mul"),
  div: direct("Div"),
  pow: direct("Pow"),
  maximum: direct("Max"),
  minimum: direct("Min"),
  floor_div: single((e, _node, a, b) => floorDivide(e, a!, b!)),
  mod: direct("Mod"),
  eq: direct("Equal"),
  lt: direct("Less"),
  le: direct("LessOrEqual"),
  and: direct("And"),
  or: direct("Or"),
  not: direct("Not"),
  select: direct("Where"),
  cast: (e, node, inputs) => {
    const to = node.attrs.to;
    if (node.inputs[0]!.dtype === to) return inputs;
    return direct<"cast">("Cast", { to: elementType[to] })(e, node, inputs);
  },
  stop_gradient: (_e, _node, inputs) => inputs,
};
