import { Dim } from "../dim/dim.js";
import type { InputPort, Node, Region, Value, WeightInfo } from "../ir/graph.js";
import { byteSize, elements } from "../ir/traverse.js";
import type { GraphCost } from "./analyse.js";

type WeightPort = Extract<InputPort, { role: "weight" }>;

/** What one weight or buffer counts. */
export interface WeightCount {
  readonly name: string;
  /** What a person calls the part of the model that it is in: `blocks.ffn` for those of all blocks. */
  readonly part: string;
  readonly kind: "weight" | "buffer";
  readonly lookup: boolean;
  readonly total: Dim;
  /** What a token uses of it: all, or of a `lookup` weight that is only gathered, the rows read. */
  readonly active: Dim;
  readonly bytes: Dim;
}

/**
 * Parameters of each weight. A `lookup` weight counts as active the rows that its gathers read per position of
 * `batch * seq`, never more than all; used in any other way as well (a tied head) it counts whole.
 */
export function countWeights(report: GraphCost, positions: Dim): readonly WeightCount[] {
  const { graph } = report;
  const uses = new Uses();
  // Weights of blocks alike have one shape, and get the same dims, which add up fast.
  const sizes = new Map<readonly Dim[], Sizes>();
  // What is declared once stands in blocks alike, so that its names differ in nothing but numbers.
  const parts = new Map<WeightInfo, string>();
  const counts: WeightCount[] = [];
  for (const port of graph.inputPorts) {
    if (port.role !== "weight") continue;
    const { name, value, weight } = port;
    let size = sizes.get(value.shape);
    if (!size) sizes.set(value.shape, (size = { total: elements(value), bytes: byteSize(value) }));
    let part = parts.get(weight);
    if (part === undefined) parts.set(weight, (part = partOf(name)));
    counts.push({ name, part, ...count(port, size, graph, uses, positions) });
  }
  return counts;
}

/** So many weights of which each counts like `weight`. */
export interface WeightGroup {
  readonly weight: WeightCount;
  readonly count: number;
  /** That of each, or the name of the one. */
  readonly part: string;
}

/** Where a weight is, without the numbers of blocks and no deeper than a slot: `blocks.0.attn.query` is in `blocks.attn`. */
function partOf(name: string): string {
  const words = name.split(".").filter((word) => !/^\d/.test(word));
  return words.slice(0, Math.max(1, Math.min(2, words.length - 1))).join(".");
}

/** Weights of one kind, part and size as one group; each `lookup` weight, which reports name, is one of its own. */
export function groupWeights(weights: readonly WeightCount[]): readonly WeightGroup[] {
  const groups: { readonly weight: WeightCount; count: number; readonly part: string }[] = [];
  const known = new Map<Dim, typeof groups>();
  for (const weight of weights) {
    const part = weight.lookup ? weight.name : weight.part;
    let alike = known.get(weight.total);
    if (!alike) known.set(weight.total, (alike = []));
    const found = alike.find((g) => g.part === part && g.weight.kind === weight.kind);
    if (found) found.count++;
    else {
      const group = { weight, count: 1, part };
      groups.push(group);
      alike.push(group);
    }
  }
  return groups;
}

interface Sizes {
  readonly total: Dim;
  readonly bytes: Dim;
}

function count(
  port: WeightPort,
  size: Sizes,
  graph: Region,
  uses: Uses,
  positions: Dim,
): Omit<WeightCount, "name" | "part"> {
  const { total, bytes } = size;
  const { lookup, kind } = port.weight;
  const read = lookup ? readOf(port.value, graph, uses)?.elements : undefined;
  const active = read ? capped(read.over(positions), total) : total;
  return {
    kind,
    lookup,
    total,
    active,
    bytes,
  };
}

function capped(read: Dim, total: Dim): Dim {
  return read.atMost(total) === "yes" ? read : read.min(total);
}

interface Use {
  readonly node: Node;
  readonly operand: number;
}

/** Where the values of a region are used in it; each region is looked through once. */
class Uses {
  private readonly known = new Map<Region, Map<Value, Use[]>>();

  of(value: Value, region: Region): readonly Use[] {
    let uses = this.known.get(region);
    if (!uses) {
      this.known.set(region, (uses = new Map()));
      for (const node of region.nodes) {
        for (const [operand, used] of node.inputs.entries()) {
          const list = uses.get(used);
          if (list) list.push({ node, operand });
          else uses.set(used, [{ node, operand }]);
        }
      }
    }
    return uses.get(value) ?? [];
  }
}

const views: ReadonlySet<string> = new Set(["reshape", "transpose", "cast", "stop_gradient", "slice"]);

interface Read {
  /** Elements that gathers read. */
  readonly elements: Dim;
  /** Results of the region that the value is (or a view of it). */
  readonly results: readonly number[];
}

/** What gathers read of a weight, seen through views and calls; undefined where it is used otherwise. */
function readOf(value: Value, region: Region, uses: Uses): Read | undefined {
  const read: Dim[] = [];
  const results = region.outputs.flatMap((v, i) => (v === value ? [i] : []));
  const follow = (view: Value): boolean => {
    const through = readOf(view, region, uses);
    if (through) {
      read.push(through.elements);
      results.push(...through.results);
    }
    return through !== undefined;
  };
  for (const { node, operand } of uses.of(value, region)) {
    if (node.op === "gather" && operand === 0) read.push(elements(node.outputs[0]!));
    else if (node.op === "gather_matmul" && operand === 1)
      read.push(Dim.product([...node.inputs[2]!.shape, ...node.inputs[1]!.shape.slice(1)]));
    else if (node.op === "call") {
      const inner = readOf(node.attrs.body.inputs[operand]!, node.attrs.body, uses);
      if (!inner?.results.every((i) => follow(node.outputs[i]!))) return undefined;
      read.push(inner.elements);
    } else if (node.op === "map") {
      // Of an operand that the map goes along, each place is one of its own.
      if (operand < node.attrs.mapped) continue;
      const inner = readOf(node.attrs.body.inputs[operand]!, node.attrs.body, uses);
      if (!inner) return undefined;
      read.push(inner.elements.times(node.inputs[0]!.shape[0] ?? Dim.one));
    } else if (!views.has(node.op) || !follow(node.outputs[0]!)) return undefined;
  }
  return { elements: Dim.sum(read), results };
}
