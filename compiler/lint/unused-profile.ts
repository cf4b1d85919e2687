import { namesIn } from "./names.js";
import type { LintRule } from "./rule.js";

/** A use case that no budget or expectation is taken at. */
export const unusedProfile: LintRule = {
  name: "unused-profile",
  check({ ast }, report) {
    const used = namesIn(ast.items.filter((item) => item.kind === "model"));
    for (const item of ast.items) {
      if (item.kind !== "profile" || item.name.text === "" || used.has(item.name.text)) continue;
      report("lint/unused-profile", { name: item.name.text }, { span: item.name.span });
    }
  },
};
