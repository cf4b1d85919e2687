import type { LintRule } from "../rule.js";

/** A model that states no budget and inherits none: its cost may grow unseen. */
export const missingBudget: LintRule = {
  name: "missing-budget",
  about: "a model without a budget",
  level: "off",
  models: true,
  check({ models }, report) {
    for (const { name, decl, constraints } of models) {
      if (constraints.some((c) => c.kind === "budget")) continue;
      report("lint/missing-budget", { model: name }, { span: decl.name.span, subject: name });
    }
  },
};
