import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

/** A use case that no budget or expectation is taken at. */
export const unusedProfile: LintRule = {
  name: "unused-profile",
  about: "a profile that no budget or expectation is taken at",
  level: "warn",
  check({ program: { ast } }, report) {
    const used = referencesIn(ast.items.filter((item) => item.kind === "model"));
    for (const item of ast.items) {
      if (item.kind !== "profile" || item.name.text === "" || used.has(item.name.text)) continue;
      report(
        "lint/unused-profile",
        { name: item.name.text },
        { span: item.name.span, subject: item.name.text },
      );
    }
  },
};
