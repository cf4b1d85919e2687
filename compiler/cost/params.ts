import { Dim } from "../dim/dim.js";
import type { InputPort, Node, Region, Value } from "../ir/graph.js";
import { bodyOf, byteSize, elements } from "../ir/traverse.js";
import type { GraphCost } from "./analyse.js";

type WeightPort = Extract<InputPort, { role: "weight" }>;

/** What one weight or buffer counts. */
export interface WeightCount {
  readonly name: string;
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
  const uses = usesOf(report.flat);
  return report.graph.inputPorts.flatMap((port) =>
    port.role === "weight" ? [count(port, uses, positions)] : [],
  );
}

function count(port: WeightPort, uses: ReadonlyMap<Value, readonly Use[]>, positions: Dim): WeightCount {
  const total = elements(port.value);
  const { lookup, kind } = port.weight;
  const read = lookup ? rowsRead(port.value, uses) : undefined;
  const active = read ? capped(read.over(positions), total) : total;
  return {
    name: port.name,
    kind,
    lookup,
    total,
    active,
    bytes: byteSize(port.value),
  };
}

function capped(read: Dim, total: Dim): Dim {
  return read.atMost(total) === "yes" ? read : read.min(total);
}

interface Use {
  readonly node: Node;
  readonly operand: number;
  readonly times: Dim;
}

/** Where each value is used, followed into bodies of maps. */
function usesOf(flat: Region): ReadonlyMap<Value, readonly Use[]> {
  const uses = new Map<Value, Use[]>();
  const walk = (region: Region, times: Dim, outside: (value: Value) => Value) => {
    for (const node of region.nodes) {
      node.inputs.forEach((value, operand) => {
        const of = outside(value);
        const list = uses.get(of);
        if (list) list.push({ node, operand, times });
        else uses.set(of, [{ node, operand, times }]);
      });
      const body = bodyOf(node);
      if (!body) continue;
      const mapped = node.op === "map" ? node.attrs.mapped : 0;
      const whole = new Map(
        body.inputs.map((inner, i) => [inner, i < mapped ? inner : outside(node.inputs[i]!)]),
      );
      const trips = node.op === "map" ? (node.inputs[0]!.shape[0] ?? Dim.one) : Dim.one;
      walk(body, times.times(trips), (value) => whole.get(value) ?? value);
    }
  };
  walk(flat, Dim.one, (value) => value);
  return uses;
}

const views: ReadonlySet<string> = new Set(["reshape", "transpose", "cast", "stop_gradient", "slice"]);

/** Elements that gathers read of a weight, seen through views; undefined where it is used otherwise. */
function rowsRead(value: Value, uses: ReadonlyMap<Value, readonly Use[]>): Dim | undefined {
  const read: Dim[] = [];
  for (const { node, operand, times } of uses.get(value) ?? []) {
    if (node.op === "gather" && operand === 0) read.push(elements(node.outputs[0]!).times(times));
    else if (node.op === "map")
      continue; // Its body's uses are counted by themselves.
    else if (views.has(node.op)) {
      const through = rowsRead(node.outputs[0]!, uses);
      if (!through) return undefined;
      read.push(through);
    } else return undefined;
  }
  return Dim.sum(read);
}
