import { Dim } from "../dim/dim.js";
import type { Graph, Node, Region, Value } from "../ir/graph.js";
import { axisMap, type Expression, type Facts, moved, onAxes, scaled } from "./known.js";
import { type Affine, affine, combine, countMask, negate, renumber, renumberMask } from "./masks.js";
import { type Origin, originOf } from "./origins.js";
import { PerBody } from "./per-body.js";
import { cut, filled, permuted, reshaped, type Support, shifted } from "./supports.js";

/** Masks without a closed form: the symbol that stands for how often each is true, to be counted at a point. */
export type CountedMasks = Map<string, { readonly expression: Expression; readonly over: readonly Dim[] }>;

/** Below this a score counts as masked: its exponential beside others is 0. */
const lowest = -1e4;

/** Where nothing but the origin is known: one object each, so that bodies whose operands are so known are seen alike. */
const plain: Readonly<Record<Origin, Facts>> = {
  constant: { origin: "constant" },
  weight: { origin: "weight" },
  rows: { origin: "rows" },
  activation: { origin: "activation" },
};

/** Facts of a whole graph, and the masks that were met in it. */
export function analyse(graph: Graph): { readonly facts: Analysis; readonly counted: CountedMasks } {
  const shared = new Shared();
  const given = graph.inputPorts.map((port) => plain[port.role === "weight" ? "weight" : "activation"]);
  return { facts: new Analysis(graph, given, shared), counted: shared.counted };
}

/** What the bodies of a graph have in common. */
class Shared {
  readonly counted: CountedMasks = new Map();
  readonly supports = new Map<Expression, Support>();
  readonly bodies = new PerBody<Region, Facts, Analysis>();
}

/** Facts of every value of a region, for operands of which `given` is known. */
export class Analysis {
  private readonly facts = new Map<Value, Facts>();
  private readonly known = new Map<Value, Support | undefined>();
  private readonly inner = new Map<Node, Analysis>();

  constructor(
    readonly region: Region,
    given: readonly Facts[],
    private readonly shared: Shared,
  ) {
    region.inputs.forEach((v, i) => {
      this.learn(v, given[i] ?? plain.activation);
    });
    for (const node of region.nodes) this.node(node);
  }

  of(value: Value): Facts {
    return this.facts.get(value) ?? plain.activation;
  }

  /** Most values are activations of which no more is known: those need no entry. */
  private learn(value: Value, facts: Facts): void {
    if (facts !== plain.activation) this.facts.set(value, facts);
  }

  /** The facts of the body of a call or map; the same object for bodies alike. */
  bodyOf(node: Node): Analysis | undefined {
    return this.inner.get(node);
  }

  /** Where a condition is true, if it depends on sizes alone or in part. */
  supportOf(condition: Value): Support | undefined {
    if (this.known.has(condition)) return this.known.get(condition);
    const { mask, expression } = this.of(condition);
    let support = mask && countMask(mask, condition);
    if (!support && expression) support = this.counted(expression, condition);
    this.known.set(condition, support);
    return support;
  }

  private counted(expression: Expression, { shape }: Value): Support {
    const { counted, supports } = this.shared;
    const known = supports.get(expression);
    if (known) return known;
    const axes = shape.flatMap((dim, axis) => (dim.isOne ? [] : [axis]));
    const name = `mask${counted.size + 1}`;
    counted.set(name, { expression, over: axes.map((axis) => shape[axis]!) });
    const support = { count: Dim.symbol(name, 0), axes };
    supports.set(expression, support);
    return support;
  }

  private node(node: Node): void {
    const inputs = node.inputs.map((v) => this.of(v));
    if (node.op === "call" || node.op === "map") {
      // Of one place of a map no more is known than what it comes from.
      const given = node.op === "call" ? inputs : inputs.map((f) => plain[f.origin]);
      const { body } = node.attrs;
      const inner = this.shared.bodies.get(body, given, () => new Analysis(body, given, this.shared));
      this.inner.set(node, inner);
      node.outputs.forEach((v, i) => {
        const facts = inner.of(body.outputs[i]!);
        this.learn(v, node.op === "call" ? facts : plain[facts.origin]);
      });
      return;
    }
    const origin = originOf(
      node,
      inputs.map((f) => f.origin),
    );
    // Of operands of which nothing is known nothing follows, but that an op puts zeros around them.
    if (inputs.length > 0 && node.op !== "pad" && inputs.every((f) => f === plain[f.origin])) {
      for (const v of node.outputs) this.learn(v, plain[origin]);
      return;
    }
    const one = node.outputs.length === 1 ? onAxes(this.infer(node, inputs), node.outputs[0]!) : {};
    const more = Object.values(one).some((fact) => fact !== undefined);
    const operands = inputs.map((f) => f.expression);
    const isKnown = origin === "constant" && operands.every((e) => e !== undefined);
    node.outputs.forEach((v, output) => {
      const expression = isKnown ? { node, output, operands } : undefined;
      this.learn(v, more || expression ? { ...one, origin, expression } : plain[origin]);
    });
  }

  private infer(node: Node, inputs: readonly Facts[]): Omit<Facts, "origin"> {
    const [a, b] = inputs;
    const out = node.outputs[0]!;
    // Operands as the result's axes number them.
    const aligned = (i: number) => {
      const shift = out.shape.length - node.inputs[i]!.shape.length;
      const known = inputs[i]!.affine;
      return known && renumber(known, (axis) => axis + shift);
    };
    const alignedMask = (i: number) => {
      const shift = out.shape.length - node.inputs[i]!.shape.length;
      const known = inputs[i]!.mask;
      return known && renumberMask(known, (axis) => axis + shift);
    };
    // Supports likewise.
    const part = (i: number, which: "low" | "zero") =>
      shifted(inputs[i]?.[which], out.shape.length - node.inputs[i]!.shape.length);
    const both = (factor: number): Affine | undefined => {
      const [x, y] = [aligned(0), aligned(1)];
      return x && y && combine(x, y, factor);
    };
    const atMostZero = (difference: Affine | undefined) =>
      difference ? { mask: { atoms: [difference] } } : {};
    switch (node.op) {
      case "iota":
        return { affine: affine(Dim.zero, [[0, 1]]) };
      case "size":
        return { affine: affine(node.attrs.dim) };
      case "constant": {
        const [first, ...rest] = node.attrs.data;
        if (first === undefined || rest.some((x) => x !== first)) return {};
        return {
          scalar: first,
          affine: Number.isInteger(first) && node.attrs.dtype === "i32" ? affine(Dim.of(first)) : undefined,
        };
      }
      case "cast":
        if (node.attrs.to === "bool") return {};
        if (node.inputs[0]!.dtype === "bool")
          return { zero: this.supportOf(node.inputs[0]!), scalar: a?.scalar };
        return {
          ...moved(inputs[0]!, (axis) => axis),
          zero: a?.zero,
          scalar: node.attrs.to === "f32" ? a?.scalar : undefined,
        };
      case "stop_gradient":
      case "broadcast":
        return { ...moved(inputs[0]!, (axis) => axis), low: a?.low, zero: a?.zero, scalar: a?.scalar };
      case "transpose": {
        const to = (axis: number) => node.attrs.perm.indexOf(axis);
        return { ...moved(inputs[0]!, to), low: permuted(a?.low, to), zero: permuted(a?.zero, to) };
      }
      case "reshape": {
        const from = node.inputs[0]!;
        return {
          ...moved(inputs[0]!, axisMap(from, out)),
          low: reshaped(a?.low, from.shape, out.shape),
          zero: reshaped(a?.zero, from.shape, out.shape),
          scalar: a?.scalar,
        };
      }
      case "slice": {
        const { axis, start } = node.attrs;
        const shift = (x: Affine) => affine(x.offset.plus(start.times(x.terms.get(axis) ?? 0)), [...x.terms]);
        return {
          affine: a?.affine && shift(a.affine),
          mask: a?.mask && { atoms: a.mask.atoms.map(shift) },
          low: cut(a?.low, axis, out.shape),
          zero: cut(a?.zero, axis, out.shape),
          scalar: a?.scalar,
        };
      }
      case "pad":
        return node.attrs.value === 0
          ? { zero: filled(a?.zero, node.attrs.axis, node.inputs[0]!.shape, out.shape) }
          : {};
      case "neg":
      case "abs":
      case "sign":
      case "sqrt":
      case "tanh":
      case "erf":
      case "sin":
      case "floor":
        return {
          zero: a?.zero,
          affine: node.op === "neg" && a?.affine ? combine(affine(Dim.zero), a.affine, -1) : undefined,
        };
      case "exp":
        return { zero: a?.low };
      case "add":
        return { affine: both(1), low: part(0, "low") ?? part(1, "low") };
      case "sub":
        return { affine: both(-1), low: part(0, "low") };
      case "mul":
        return {
          affine: scaled(aligned(0), b?.scalar) ?? scaled(aligned(1), a?.scalar),
          low: (b?.scalar ?? 0) > 0 ? part(0, "low") : (a?.scalar ?? 0) > 0 ? part(1, "low") : undefined,
          zero: part(0, "zero") ?? part(1, "zero"),
        };
      case "div":
        return { low: (b?.scalar ?? 0) > 0 ? part(0, "low") : undefined, zero: part(0, "zero") };
      case "le":
        return atMostZero(both(-1));
      case "lt": {
        const difference = both(-1);
        return atMostZero(difference && affine(difference.offset.plus(1), [...difference.terms]));
      }
      case "eq": {
        const difference = both(-1);
        return difference ? { mask: { atoms: [difference, combine(affine(Dim.zero), difference, -1)] } } : {};
      }
      case "and": {
        // A condition on data may only take away: the known part bounds the whole.
        const [x, y] = [alignedMask(0), alignedMask(1)];
        if (x && y) return { mask: { atoms: [...x.atoms, ...y.atoms] } };
        const known = a?.origin === "constant" && b?.origin === "constant" ? undefined : (x ?? y);
        return known ? { mask: known } : {};
      }
      case "not":
        return { mask: a?.mask && a.expression ? negate(a.mask) : undefined };
      case "select":
        return this.masked(node, part(1, "low"), part(1, "zero"), inputs[2]?.scalar);
      default:
        return {};
    }
  }

  private masked(
    { inputs, outputs }: Node,
    low: Support | undefined,
    zero: Support | undefined,
    fill: number | undefined,
  ): Omit<Facts, "origin"> {
    if (fill !== 0 && !(fill !== undefined && fill <= lowest)) return {};
    const condition = inputs[0]!;
    const seen = shifted(this.supportOf(condition), outputs[0]!.shape.length - condition.shape.length);
    return fill === 0 ? { zero: seen ?? zero } : { low: seen ?? low };
  }
}
