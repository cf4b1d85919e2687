import type { OpName } from "./attrs.js";

/** Ops on floats and conditions that take each element alone, whatever the shapes are. */
export const elementwiseNames = [
  ...([
    "neg",
    "abs",
    "sign",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "tanh",
    "erf",
    "logistic",
    "sin",
    "cos",
  ] as const),
  ...(["floor", "add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const),
  ...(["eq", "lt", "le", "and", "or", "not", "select"] as const),
] as const satisfies readonly OpName[];
