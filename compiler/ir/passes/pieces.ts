import { Dim } from "../../dim/dim.js";
import { parseEquation } from "../../ops/einsum.js";
import { Builder } from "../build.js";
import type { Graph, Node, NodeOf, Region, Value } from "../graph.js";
import { byteSize, rewriteRegions } from "../traverse.js";

/** Bytes of rows that are gathered at a time: they are still in a processor's cache when they are summed. */
const PIECE = 1 << 22;
/** Fewer bytes for each place than this are gathered at once: a trip of a loop would cost as much. */
const LEAST = 1 << 14;

/**
 * Rows that are gathered for a sum alone (a product-key memory's values, the matrices of chosen experts) are gathered
 * and summed in pieces: `map` over a few places at a time instead of all rows of all places side by side, which are
 * hundreds of times what they are summed to. The same numbers, added in the same order.
 */
export function gatherInPieces(graph: Graph): Graph {
  return rewriteRegions(graph, (region) => {
    const sums = sumsOf(region);
    return sums.size > 0 ? rebuilt(region, sums) : region;
  });
}

/** An einsum with what is gathered for it alone. */
interface Sum {
  readonly gather: NodeOf<"gather">;
  /** The operand of the einsum that was gathered: 0 or 1. */
  readonly side: number;
  /** How many axes the places have: the first of the indices, of the other operand and of the result. */
  readonly lead: number;
  /** Places in one piece. */
  readonly each: number;
}

function sumsOf(region: Region): ReadonlyMap<Node, Sum> {
  const gathers = new Map<Value, NodeOf<"gather">>();
  const uses = new Map<Value, number>();
  for (const v of region.outputs) uses.set(v, 2);
  for (const node of region.nodes) {
    for (const v of node.inputs) uses.set(v, (uses.get(v) ?? 0) + 1);
    if (node.op === "gather" && node.attrs.axis === 0) gathers.set(node.outputs[0]!, node);
  }
  const sums = new Map<Node, Sum>();
  for (const node of region.nodes) {
    if (node.op !== "einsum") continue;
    for (const side of [0, 1]) {
      const rows = node.inputs[side]!;
      const gather = gathers.get(rows);
      const sum = gather && uses.get(rows) === 1 ? sumOf(node, gather, side) : undefined;
      if (sum) sums.set(node, sum);
    }
  }
  return sums;
}

function sumOf(node: NodeOf<"einsum">, gather: NodeOf<"gather">, side: number): Sum | undefined {
  const { left, right, result } = parseEquation(node.attrs.equation);
  const [own, other] = side === 0 ? [left, right] : [right, left];
  const picked = gather.inputs[1]!.shape;
  let lead = 0;
  while (lead < picked.length && own[lead] === other[lead] && own[lead] === result[lead]) lead++;
  const places = picked.slice(0, lead);
  const inner = byteSize({ ...gather.outputs[0]!, shape: gather.outputs[0]!.shape.slice(lead) }).int;
  // Summed, so that the result is smaller; over places of a number that no run makes 0.
  const summed = own.some((letter) => !result.includes(letter));
  if (!summed || inner === undefined || inner < LEAST || places.some((d) => d.atMost(0) !== "no")) {
    return undefined;
  }
  const each = Math.max(1, Math.floor(PIECE / Number(inner)));
  if (Dim.product(places).atMost(each) === "yes") return undefined;
  return { gather, side, lead, each };
}

/** The region with a `map` in the place of each sum and its gather. */
function rebuilt(region: Region, sums: ReadonlyMap<Node, Sum>): Region {
  const b = new Builder();
  const known = new Map<Value, Value>();
  for (const input of region.inputs) known.set(input, b.take(input));
  const gone = new Set<Node>([...sums.values()].map((sum) => sum.gather));
  for (const node of region.nodes) {
    if (gone.has(node)) continue;
    const sum = sums.get(node);
    const results = sum
      ? [inPieces(b, node as NodeOf<"einsum">, sum, known)]
      : b.copy(
          node,
          node.inputs.map((v) => known.get(v)!),
        );
    node.outputs.forEach((v, i) => {
      known.set(v, results[i]!);
    });
  }
  return b.region(region.outputs.map((v) => known.get(v)!));
}

function inPieces(b: Builder, node: NodeOf<"einsum">, sum: Sum, known: ReadonlyMap<Value, Value>): Value {
  const { gather, side, lead, each } = sum;
  const [table, indices] = gather.inputs.map((v) => known.get(v)!) as [Value, Value];
  const factor = known.get(node.inputs[1 - side]!)!;
  const places = Dim.product(indices.shape.slice(0, lead));
  const pieces = new Pieces(b, places, each);
  const mapped = [indices, factor].map((v) => pieces.cut(v, lead));
  const inner = new Builder(b);
  const [at, by] = mapped.map((v) => inner.input({ dtype: v.dtype, shape: v.shape.slice(1) }, v.name)) as [
    Value,
    Value,
  ];
  const rows = inner.op("gather", [table, at], gather.attrs, gather.outputs[0]!.name);
  // The axes of places are one; its letter is the first of theirs, or a new one.
  const { left, right, result } = parseEquation(node.attrs.equation);
  const one = lead > 0 ? result[0]! : freeLetter([...left, ...right, ...result]);
  const [l, r, out] = [left, right, result].map((letters) => [one, ...letters.slice(lead)].join(""));
  const name = node.outputs[0]!.name;
  const y = inner.op("einsum", side === 0 ? [rows, by] : [by, rows], { equation: `${l},${r}->${out}` }, name);
  const [stacked] = b.node("map", [...mapped, ...inner.captured], { mapped: 2, body: inner.region([y]) });
  return pieces.whole(stacked!, node.outputs[0]!);
}

function freeLetter(taken: readonly string[]): string {
  return [..."abcdefghijklmnopqrstuvwxyz"].find((letter) => !taken.includes(letter))!;
}

/** A number of places in pieces of equal size, at most `each`; the last one is filled up with zeros. */
class Pieces {
  readonly count: Dim;
  readonly size: Dim;

  constructor(
    private readonly b: Builder,
    readonly places: Dim,
    each: number,
  ) {
    this.count = places.ceilDiv(each);
    this.size = places.ceilDiv(this.count);
  }

  /** [places.., rest..] as [count, size, rest..]. */
  cut(x: Value, lead: number): Value {
    const { b, places, count, size } = this;
    const rest = x.shape.slice(lead);
    const flat = b.op("reshape", [x], { shape: [places, ...rest] }, x.name);
    const after = count.times(size).minus(places);
    const full = after.isZero ? flat : b.op("pad", [flat], { axis: 0, before: Dim.zero, after, value: 0 });
    return b.op("reshape", [full], { shape: [count, size, ...rest] }, x.name);
  }

  /** [count, size, rest..] with the shape of `like`, without what was filled up. */
  whole(x: Value, like: Value): Value {
    const { b, places, count, size } = this;
    const rest = x.shape.slice(2);
    const flat = b.op("reshape", [x], { shape: [count.times(size), ...rest] });
    const own = b.op("slice", [flat], { axis: 0, start: Dim.zero, size: places });
    return b.op("reshape", [own], { shape: like.shape }, like.name);
  }
}
