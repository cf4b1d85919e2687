import { eliminateDeadCode, usedInputs } from "../../ir/passes/dce.js";
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
      const read = new Set<string>();
      for (const graph of new Set([model.start, model.step])) {
        const used = usedInputs(eliminateDeadCode(graph));
        for (const port of graph.inputPorts) if (used.has(port.value)) read.add(port.name);
      }
      for (const port of model.start.inputPorts) {
        if (port.role !== "weight" || port.weight.kind !== "weight" || read.has(port.name)) continue;
        add(port.name, { name: port.name.split(".").at(-1)!, params: `${elements(port.value)}` });
      }
    });
    for (const { span, data, subject, where } of found)
      report("lint/dead-weight", { ...data, where }, { span, subject });
  },
};
