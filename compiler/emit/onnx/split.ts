import type { NodeOf } from "../../ir/graph.js";
import type { Split } from "../passes/splits.js";
import type { Emitter } from "./emitter.js";

/** The result of one slice of the set; the first that is asked for makes the node. */
export function part(e: Emitter, split: Split, node: NodeOf<"slice">, x: string): string {
  let names = e.parts.get(split);
  if (!names) {
    names = e.ops(
      "Split",
      [x, e.ints(split.sizes)],
      split.sizes.length,
      { axis: split.axis },
      split.parts.map((p) => p.outputs[0]!.name),
    );
    e.parts.set(split, names);
  }
  return names[split.parts.indexOf(node)]!;
}
