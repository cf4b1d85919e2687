import type { Node, Region, Value } from "../ir/graph.js";
import { pathAt } from "../ir/path.js";

/** What stands beside the main flow: an encoder whose result another stack reads. */
export interface Branch {
  /** Labels of its stages. */
  readonly labels: ReadonlySet<string>;
  /** Label of the first stage of the main flow that reads it. */
  readonly into: string;
  /** The slot that does, or the stage itself. */
  readonly slot: string;
}

type Call = Extract<Node, { op: "call" }>;

const pathOf = (node: Node): string => (node.op === "call" ? (node.attrs.path ?? "") : "");

/**
 * Finds the stacks of blocks that are not on the way from an input to the outputs, where each step back goes through
 * the first operand. `labelOf` gives the stage of a path, `isStack` says which stages are blocks.
 */
export function branchOf(
  graph: Region,
  labelOf: (path: string) => string,
  isStack: (label: string) => boolean,
  isResult: (value: Value) => boolean,
): Branch | undefined {
  const maker = new Map<Value, Node>();
  for (const node of graph.nodes) for (const value of node.outputs) maker.set(value, node);
  const main = new Set<Node>();
  for (const output of graph.outputs.filter(isResult)) {
    for (let at = maker.get(output); at !== undefined && !main.has(at); at = maker.get(at.inputs[0]!))
      main.add(at);
  }
  const onMain = new Set([...main].map((node) => labelOf(pathOf(node))));
  const labels = new Set<string>();
  // What leads to a stack beside the flow, or comes from one, belongs to it; all in the order of the graph.
  const beside = new Set<Node>();
  for (const node of graph.nodes) {
    const label = pathOf(node) === "" ? "" : labelOf(pathOf(node));
    if (main.has(node) || onMain.has(label)) continue;
    const follows = node.inputs.some((value) => beside.has(maker.get(value)!));
    if ((label !== "" && isStack(label)) || follows) {
      beside.add(node);
      if (label !== "") labels.add(label);
    }
  }
  for (const node of graph.nodes) {
    if (!main.has(node) || node.op !== "call") continue;
    const at = node.inputs.findIndex((value) => beside.has(maker.get(value)!));
    if (at < 0) continue;
    const into = labelOf(pathOf(node));
    return { labels, into, slot: readerOf(node, at, into) };
  }
  return undefined;
}

/** The slot of a block whose layer takes an operand of the call that wires it. */
function readerOf(wiring: Call, at: number, block: string): string {
  const { body, path } = wiring.attrs;
  const slot = (whole: string) => whole.slice(block.length + 1).split(".")[0] ?? "";
  const reader = body.nodes.find((n) => n.op === "call" && n.inputs.some((v) => v === body.inputs[at]));
  return (reader && slot(pathAt(path, pathOf(reader)))) || slot(path);
}
