import type { Dim } from "../dim/dim.js";
import type { Node, Value } from "../ir/graph.js";
import { sameShape } from "../ir/traverse.js";
import type { Analysis } from "./facts.js";
import { PerBody } from "./per-body.js";
import { cut, filled, partOf, permuted, reshaped, type Support, sameSupport, shifted } from "./supports.js";

/** What of a value is read: a part, or all of it. */
type Demand = Support | "all";

/** The part of an einsum's products that matters: that of a value with this shape. */
export interface UsefulPart {
  readonly part: Support;
  readonly shape: readonly Dim[];
}

export function usefulOf(macs: Dim, { part, shape }: UsefulPart): Dim {
  return partOf(macs, part, shape);
}

/** What of a body matters, where some of its results are read only in part. */
export interface Useful {
  readonly facts: Analysis;
  readonly parts: ReadonlyMap<Node, UsefulPart>;
  /** What of each input is read; undefined where nothing reads it. */
  readonly reads: readonly (Demand | undefined)[];
  /** Of the bodies of its calls and maps; the same object for bodies alike. */
  readonly bodies: ReadonlyMap<Node, Useful>;
}

/**
 * The part of each einsum's products that matters: those whose result is read (scores that a mask does not overwrite)
 * and whose operands are not known to be 0 (weights behind a mask). An upper bound, exact for one mask.
 */
export function useful(facts: Analysis): Useful {
  const bodies = new PerBody<Analysis, Demand, Useful>(sameDemand);
  const of = (inner: Analysis, demands: readonly Demand[]) =>
    bodies.get(inner, demands, () => usefulIn(inner, demands, of));
  return of(
    facts,
    facts.region.outputs.map(() => "all"),
  );
}

function usefulIn(
  facts: Analysis,
  results: readonly Demand[],
  inner: (facts: Analysis, demands: readonly Demand[]) => Useful,
): Useful {
  const { region } = facts;
  const demands = new Map<Value, Demand>();
  const parts = new Map<Node, UsefulPart>();
  const bodies = new Map<Node, Useful>();
  const read = (value: Value, demand: Demand | undefined) => {
    const known = demands.get(value);
    if (known === undefined) demands.set(value, demand ?? "all");
    else if (known !== "all" && !sameDemand(known, demand ?? "all")) demands.set(value, "all");
  };
  const of = (value: Value) => demands.get(value) ?? "all";
  region.outputs.forEach((value, i) => {
    read(value, results[i]);
  });
  for (let i = region.nodes.length - 1; i >= 0; i--) {
    const node = region.nodes[i]!;
    const body = facts.bodyOf(node);
    if (body) {
      const known = inner(body, node.op === "call" ? node.outputs.map(of) : node.outputs.map(() => "all"));
      bodies.set(node, known);
      node.inputs.forEach((value, k) => {
        if (node.op === "map") read(value, "all");
        else if (known.reads[k] !== undefined) read(value, known.reads[k]);
      });
      continue;
    }
    const out = node.outputs[0]!;
    const demand = of(out);
    if (node.op === "einsum") {
      const weighted = node.inputs.find((v) => facts.of(v).zero);
      if (demand !== "all") parts.set(node, { part: demand, shape: out.shape });
      else if (weighted) parts.set(node, { part: facts.of(weighted).zero!, shape: weighted.shape });
    }
    node.inputs.forEach((value, k) => {
      read(value, node.outputs.length === 1 ? demanded(node, k, demand, facts) : "all");
    });
  }
  return { facts, parts, reads: region.inputs.map((v) => demands.get(v)), bodies };
}

function sameDemand(a: Demand, b: Demand): boolean {
  return a === b || (a !== "all" && b !== "all" && sameSupport(a, b));
}

/** What a node reads of its operand `k`, when `demand` of its result is read. */
function demanded(node: Node, k: number, demand: Demand, facts: Analysis): Demand | undefined {
  const out = node.outputs[0]!;
  const value = node.inputs[k]!;
  const part = demand === "all" ? undefined : demand;
  const aligned = (of: Support | undefined, operand: Value) =>
    shifted(of, out.shape.length - operand.shape.length);
  switch (node.op) {
    case "reshape":
      return reshaped(part, out.shape, value.shape);
    case "transpose":
      return permuted(part, (axis) => node.attrs.perm[axis]!);
    case "cast":
    case "stop_gradient":
    case "neg":
    case "abs":
    case "sign":
    case "exp":
    case "log":
    case "sqrt":
    case "rsqrt":
    case "tanh":
    case "erf":
    case "logistic":
    case "sin":
    case "cos":
    case "floor":
      return demand;
    case "slice":
      return filled(part, node.attrs.axis, out.shape, value.shape);
    case "pad":
      return cut(part, node.attrs.axis, value.shape);
    case "select":
      // A spread operand is read where any of its copies is.
      if (!sameShape(value.shape, out.shape)) return "all";
      return k === 1
        ? (aligned(facts.supportOf(node.inputs[0]!), node.inputs[0]!) ?? demand)
        : k === 2
          ? demand
          : "all";
    case "add":
      return sameShape(value.shape, out.shape)
        ? (aligned(facts.of(node.inputs[1 - k]!).low, node.inputs[1 - k]!) ?? demand)
        : "all";
    case "mul":
      return sameShape(value.shape, out.shape)
        ? (aligned(facts.of(node.inputs[1 - k]!).zero, node.inputs[1 - k]!) ?? demand)
        : "all";
    case "sub":
    case "div":
    case "maximum":
    case "minimum":
      return sameShape(value.shape, out.shape) ? demand : "all";
    default:
      return "all";
  }
}
