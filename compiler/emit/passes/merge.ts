import { Dim } from "../../dim/dim.js";
import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { elements } from "../../ir/traverse.js";
import type { Attrs, OpName } from "../../ops/attrs.js";
import { parseEquation } from "../../ops/einsum.js";
import { Rewrite } from "./rewrite.js";

/** A product of an activation and a weight, as `einsum[rows inner, inner own tail -> before own after tail]`. */
interface Projection {
  readonly node: NodeOf<"einsum">;
  readonly x: Value;
  readonly weight: Value;
  /** Axes of x that the result has, by number, before and after the weight's own; and the one that is summed. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly inner: number;
  /** The weight's axes that no other projection has; and the last ones, which all of them have. */
  readonly own: readonly Dim[];
  readonly tail: readonly Dim[];
  /** What is added to the result and nothing else, and the addition. */
  readonly shift: { readonly weight: Value; readonly node: NodeOf<"add"> } | undefined;
}

/**
 * Projections of one value (queries, keys and values; a gate and what it lets through) as one product with their
 * weights side by side. They are put there once, when a model is loaded: ONNX runtimes do so with constants, and a tfjs
 * module in its `arrange`. A decoded token then waits for one large product instead of three small ones.
 */
export function mergeProjections<R extends Region>(
  region: R,
  weights: ReadonlySet<Value>,
  paths: Map<Value, string> = new Map(),
): R {
  const rewrite = new Rewrite(region, weights, paths);
  const groups = new Map<string, Projection[]>();
  for (const node of region.nodes) {
    if (node.op !== "einsum") continue;
    const found = projection(rewrite, node);
    if (!found) continue;
    const key = [found.x.id, found.before, found.after, found.inner, found.tail.map((d) => d.key)].join(
      " | ",
    );
    groups.set(key, [...(groups.get(key) ?? []), found]);
  }
  const instead = new Map<Node, readonly Node[]>();
  for (const group of groups.values()) {
    if (group.length < 2 || !small(group)) continue;
    const shifted = group.every((p) => p.shift);
    for (const { node, shift } of group) {
      instead.set(node, []);
      if (shifted) instead.set(shift!.node, []);
    }
    instead.set(group[0]!.node, merged(rewrite, group, shifted));
  }
  return rewrite.replace((node) => instead.get(node));
}

/** Weights of more elements than this take so long to read that waiting once instead of twice no longer shows. */
const MOST_ELEMENTS = 1 << 23;

function small(group: readonly Projection[]): boolean {
  const total = Dim.sum(group.map((p) => elements(p.weight)));
  return total.int !== undefined && total.int <= BigInt(MOST_ELEMENTS);
}

/** The einsum as a projection with one tail axis where it has several of its own, so that heads stay whole. */
function projection(rewrite: Rewrite<Region>, node: NodeOf<"einsum">): Projection | undefined {
  const [x, weight] = node.inputs as [Value, Value];
  const { left, right, result } = parseEquation(node.attrs.equation);
  if (!rewrite.isWeight(weight) || rewrite.isWeight(x) || rewrite.onlyReader(weight) !== node)
    return undefined;
  const inner = right.filter((l) => left.includes(l));
  const columns = right.filter((l) => !left.includes(l));
  if (inner.length !== 1 || result.includes(inner[0]!) || right[0] !== inner[0]) return undefined;
  const rows = left.filter((l) => !right.includes(l));
  const places = result.map((l) => rows.includes(l));
  const first = places.indexOf(false);
  const tailed = columns.length > 1 && places.at(-1) === false;
  const tail = tailed ? columns.slice(-1) : [];
  const own = columns.slice(0, columns.length - tail.length);
  const before = result.slice(0, first);
  const after = result.slice(first + own.length, result.length - tail.length);
  const asWritten = [...before, ...own, ...after, ...tail].join() === result.join();
  if (first < 0 || own.length === 0 || !asWritten || [...before, ...after].some((l) => !rows.includes(l))) {
    return undefined;
  }
  const size = (l: string): Dim => weight.shape[right.indexOf(l)]!;
  const axis = (l: string): number => left.indexOf(l);
  return {
    node,
    x,
    weight,
    before: before.map(axis),
    after: after.map(axis),
    inner: axis(inner[0]!),
    own: own.map(size),
    tail: tail.map(size),
    shift: shiftOf(
      rewrite,
      node.outputs[0]!,
      first,
      [own.map(size), after.map(() => Dim.one), tail.map(size)].flat(),
    ),
  };
}

/** The addition of a weight that has the shape of the projection's own axes. */
function shiftOf(
  rewrite: Rewrite<Region>,
  result: Value,
  first: number,
  shape: readonly Dim[],
): Projection["shift"] {
  const node = rewrite.onlyReader(result);
  if (node?.op !== "add" || node.inputs[0] !== result) return undefined;
  const operand = node.inputs[1]!;
  const weight = rewrite.weightUnder(operand);
  if (!weight) return undefined;
  const full = [...Array.from({ length: first }, () => Dim.one), ...shape];
  const missing = full.length - operand.shape.length;
  const same = full.every((d, i) => (i < missing ? d.isOne : d.equals(operand.shape[i - missing]!)));
  return same && missing >= 0 ? { weight, node } : undefined;
}

/** One product over all weights' columns, their shifts, and a slice for each result. */
function merged(rewrite: Rewrite<Region>, group: readonly Projection[], shifted: boolean): Node[] {
  const [{ node: first, x, before, after, inner, tail }] = group as [Projection];
  const nodes: Node[] = [];
  const add = <K extends OpName>(op: K, inputs: readonly Value[], attrs: Attrs[K], name: string): Value => {
    const node = rewrite.node(op, inputs, attrs, first.outputs[0]!, name);
    nodes.push(node as Node);
    return node.outputs[0]!;
  };
  const widths = group.map((p) => Dim.product(p.own));
  const last = Dim.product(tail);
  const beside = (weights: readonly Value[], rows: readonly Dim[], name: string): Value => {
    const flat = weights.map((w, i) =>
      add("reshape", [w], { shape: [...rows, widths[i]!.times(last)] }, name),
    );
    return add("concat", flat, { axis: rows.length }, name);
  };
  const weight = beside(
    group.map((p) => p.weight),
    [x.shape[inner]!],
    "weights",
  );
  // x stands as it is: the product has its rows in the order of x.
  const kept = x.shape.map((_, axis) => axis).filter((axis) => before.includes(axis) || after.includes(axis));
  const spelled = x.shape.map((_, axis) => (axis === inner ? "y" : letter(axis))).join("");
  const equation = `${spelled},yz->${kept.map(letter).join("")}z`;
  let y = add("einsum", [x, weight], { equation }, "projections");
  if (shifted) {
    const shift = beside(
      group.map((p) => p.shift!.weight),
      [],
      "shifts",
    );
    y = add("add", [y, shift], {}, "projections");
  }
  if (tail.length > 0)
    y = add("reshape", [y], { shape: [...y.shape.slice(0, -1), Dim.sum(widths), last] }, "projections");
  const perm = [
    ...before.map((axis) => kept.indexOf(axis)),
    kept.length,
    ...after.map((axis) => kept.indexOf(axis)),
    ...tail.map(() => kept.length + 1),
  ];
  if (perm.some((from, to) => from !== to)) y = add("transpose", [y], { perm }, "projections");
  let start = Dim.of(0);
  group.forEach((p, i) => {
    const [result] = (shifted ? p.shift!.node : p.node).outputs as [Value];
    const size = widths[i]!;
    const slice = rewrite.node("slice", [y], { axis: before.length, start, size }, result);
    if (p.own.length === 1) nodes.push({ ...slice, outputs: [result] });
    else {
      nodes.push(slice);
      nodes.push({ op: "reshape", inputs: slice.outputs, attrs: { shape: result.shape }, outputs: [result] });
    }
    start = start.plus(size);
  });
  return nodes;
}

function letter(axis: number): string {
  return String.fromCharCode("a".charCodeAt(0) + axis);
}
