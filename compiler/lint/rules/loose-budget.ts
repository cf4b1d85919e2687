import { exactText } from "../../dim/quantity.js";
import type { LintRule } from "../rule.js";

/** A budget of at least twice what the model needs, which no likely change would exceed. */
export const looseBudget: LintRule = {
  name: "loose-budget",
  about: "a budget of twice what its model needs or more",
  level: "off",
  models: true,
  check({ verdicts, program }, report) {
    for (const { kind, outcome, exact, text, span, model, actual } of verdicts) {
      if (kind !== "budget" || outcome !== "held" || exact === undefined || !/<=?/.test(text)) continue;
      const { actual: has, limit } = exact;
      if (text.startsWith("growth") || has[0] <= 0n || span.file !== program.path) continue;
      const tenths = (10n * limit[0] * has[1]) / (limit[1] * has[0]);
      if (tenths < 20n) continue;
      const data = { model, actual: actual ?? "", times: exactText([tenths, 10n]) };
      report("lint/loose-budget", data, { span, subject: `${model}/${text}` });
    }
  },
};
