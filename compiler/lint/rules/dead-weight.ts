import { modelCost } from "../../cost/model.js";
import type { Region, Value } from "../../ir/graph.js";
import { gather } from "../in-models.js";
import type { LintRule } from "../rule.js";

/** A weight that no output or state depends on: it counts, is stored and never trained. */
export const deadWeight: LintRule = {
  name: "dead-weight",
  about: "a weight that nothing the model computes depends on",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ name: string; params: string }>(context, (model, add) => {
      const cost = modelCost(model);
      const graphs = [cost.costOf(cost.prefill), cost.costOf(cost.step)];
      const needed = graphs.map(({ flat }) => neededBy(flat));
      for (const { name, kind } of cost.weights) {
        if (kind !== "weight") continue;
        const dead = graphs.every(({ graph }, i) => {
          const port = graph.inputPorts.find((p) => p.role === "weight" && p.name === name);
          return port === undefined || !needed[i]!.has(port.value);
        });
        const total = cost.weights.find((w) => w.name === name)!.total;
        if (dead) add(name, { name: name.split(".").at(-1)!, params: `${total}` });
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
