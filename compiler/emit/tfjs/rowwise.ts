import type { Node, Region, Value } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import type { Operand } from "./lines.js";

/** Work along the last axis, as the helper `perRow` takes it. */
export interface Rowwise {
  /** Inputs of the region by number, of which the first has the result's shape. */
  readonly operands: readonly number[];
  /** "sum" and what is summed, one pair after another. */
  readonly totals: readonly string[];
  readonly result: string;
}

/**
 * An expression of WGSL, and what it is: of a number; of the last axes of the result; a total of each row, with or
 * without the axis it was taken of.
 */
interface Term {
  readonly text: string;
  readonly kind: "number" | "element" | "total" | "column";
}

/** Longer than this, an expression computes too much more than once. */
const longest = 300;

/** What WGSL leaves open where an operand is NaN, as in `max`, is not here. */
const expressions: Readonly<Record<string, (a: string, b: string) => string>> = {
  add: (a, b) => `(${a} + ${b})`,
  sub: (a, b) => `(${a} - ${b})`,
  mul: (a, b) => `(${a} * ${b})`,
  div: (a, b) => `(${a} / ${b})`,
  neg: (a) => `(-${a})`,
  exp: (a) => `exp(${a})`,
  sqrt: (a) => `sqrt(${a})`,
  rsqrt: (a) => `inverseSqrt(${a})`,
  // Beyond 15 it is 1 to single precision, and some drivers overflow.
  tanh: (a) => `tanh(clamp(${a}, -15.0, 15.0))`,
  sin: (a) => `sine(${a})`,
  cos: (a) => `cosine(${a})`,
  erf: (a) => `erf(${a})`,
  logistic: (a) => `(1.0 / (1.0 + exp(-${a})))`,
};

/**
 * A region as work along the last axis, if it is that: steps element by element, on tensors of one shape, on their last
 * axes and numbers, and sums of the last axis. webgpu does it in one kernel; where it is a single step, it is one anyhow.
 */
export function rowwise(region: Region, known: ReadonlyMap<number, Operand>): Rowwise | undefined {
  const { inputs, nodes, outputs } = region;
  const [out] = outputs;
  if (!out || outputs.length > 1 || inputs.includes(out)) return undefined;
  const whole = inputs.findIndex((v, i) => !known.has(i) && sameShape(v.shape, out.shape));
  if (whole < 0 || out.shape.length === 0) return undefined;
  const operands = [whole, ...inputs.keys()].filter((i, at) => !known.has(i) && (at === 0 || i !== whole));
  const totals: string[] = [];
  const terms = new Map<Value, Term>();
  const add = (value: Value, term: Term | undefined) => {
    if (!term || value.dtype !== "f32" || term.text.length > longest) return false;
    terms.set(value, term);
    return true;
  };
  const given = (value: Value, i: number): Term | undefined => {
    const operand = known.get(i);
    if (operand) return operand.kind === "number" ? numberTerm(Number(operand.text)) : undefined;
    const last = out.shape.slice(out.shape.length - value.shape.length);
    const fits = value.shape.length <= out.shape.length && sameShape(value.shape, last);
    return fits ? { text: `x${operands.indexOf(i)}`, kind: "element" } : undefined;
  };
  const made = (node: Node): Term | undefined => {
    const operandTerms = node.inputs.map((v) => terms.get(v)!);
    const [a, b] = operandTerms as [Term, Term | undefined];
    const [x, result] = [node.inputs[0], node.outputs[0]!];
    if (node.op === "constant")
      return node.attrs.shape.length === 0 ? numberTerm(node.attrs.data[0]!) : undefined;
    if (node.op === "reduce_sum") {
      const isLast = node.attrs.axes.join() === String(out.shape.length - 1);
      if (!isLast || !sameShape(x!.shape, out.shape)) return undefined;
      return { text: `r${(totals.push("sum", a.text) - 2) / 2}`, kind: "total" };
    }
    if (node.op === "reshape") {
      const isColumn = result.shape.length === out.shape.length && result.shape.at(-1)!.isOne;
      return a.kind === "total" && isColumn ? { ...a, kind: "column" } : undefined;
    }
    const kinds = operandTerms.map((t) => t.kind).filter((kind) => kind !== "number");
    // A total without its axis would line up with other axes than its own.
    if (kinds.includes("total") && kinds.some((kind) => kind !== "total")) return undefined;
    const kind = kinds.find((k) => k === "element") ?? kinds[0] ?? "number";
    const text = expressions[node.op]?.(a.text, b?.text ?? "");
    return text === undefined ? undefined : { text, kind };
  };
  if (!inputs.every((v, i) => add(v, given(v, i)))) return undefined;
  if (!nodes.every((node) => node.outputs.length === 1 && add(node.outputs[0]!, made(node))))
    return undefined;
  const steps = nodes.filter(({ op }) => op !== "constant" && op !== "reshape").length;
  const { text, kind } = terms.get(out)!;
  return steps > 1 && kind === "element" ? { operands, totals, result: text } : undefined;
}

/** A number that single precision holds. */
function numberTerm(value: number): Term | undefined {
  if (!Number.isFinite(Math.fround(value))) return undefined;
  const text = String(value);
  const real = /[.e]/.test(text) ? text : `${text}.0`;
  return { text: value < 0 ? `(${real})` : real, kind: "number" };
}
