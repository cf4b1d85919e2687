import { eachNode } from "../../cost/analyse.js";
import { modelCost } from "../../cost/model.js";
import { gather } from "../in-models.js";
import type { LintRule } from "../rule.js";

/** A top-k that keeps all there is: it sorts and selects nothing. */
export const idleTopk: LintRule = {
  name: "idle-topk",
  about: "a top-k that keeps everything, so that it only sorts",
  level: "warn",
  models: true,
  check(context, report) {
    const found = gather<{ k: string }>(context, (model, add) => {
      const cost = modelCost(model);
      eachNode(cost.costOf(cost.forward), ({ node }, path) => {
        const of = node.op === "topk" ? node.inputs[0]?.shape.at(-1) : undefined;
        if (node.op !== "topk" || of === undefined || of.isOne || !of.equals(node.attrs.k)) return;
        add(path, { k: `${of}` });
      });
    });
    for (const { span, data, subject, where } of found)
      report("lint/idle-topk", { ...data, where }, { span, subject });
  },
};
