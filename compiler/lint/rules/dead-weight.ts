import type { Region, Value } from "../../ir/graph.js";
import { inline } from "../../ir/passes/inline.js";
import { elements } from "../../ir/traverse.js";
import { gather } from "../in-models.js";
import type { LintRule } from "../rule.js";

/** A weight that no output or state depends on: it counts, is stored and never trained. */
export const deadWeight: LintRule = {
  name: "dead-weight",
  about: "a weight that does not affect the model's output",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ name: string; params: string }>(context, (model, add) => {
      const graphs = [...new Set([model.start, model.step])].map((graph) => inline(graph).graph);
      const needed = graphs.map(neededBy);
      for (const port of model.start.inputPorts) {
        if (port.role !== "weight" || port.weight.kind !== "weight") continue;
        const dead = graphs.every(({ inputPorts }, i) => {
          const here = inputPorts.find((p) => p.role === "weight" && p.name === port.name);
          return here === undefined || !needed[i]!.has(here.value);
        });
        const params = `${elements(port.value)}`;
        if (dead) add(port.name, { name: port.name.split(".").at(-1)!, params });
      }
    });
    for (const { span, data, subject, where } of found)
      report("lint/dead-weight", { ...data, where }, { span, subject });
  },
};

/** Every value that a region's outputs depend on. A body is taken to need all that it is given. */
function neededBy(region: Region): ReadonlySet<Value> {
  const needed = new Set<Value>(region.outputs);
  for (const node of region.nodes.toReversed()) {
    if (node.outputs.some((v) => needed.has(v))) for (const v of node.inputs) needed.add(v);
  }
  return needed;
}
