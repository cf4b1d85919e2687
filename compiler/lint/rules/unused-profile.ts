import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

/** A use case that no budget or expectation is taken at. */
export const unusedProfile: LintRule = {
  name: "unused-profile",
  about: "a profile without `data` that no budget or expectation uses",
  level: "warn",
  check({ program: { ast } }, report) {
    const used = referencesIn(ast.items.filter((item) => item.kind === "model"));
    for (const item of ast.items) {
      if (item.kind !== "profile" || item.name.text === "" || used.has(item.name.text)) continue;
      // The rule `table-size` reads the data of every profile.
      if (item.fields.some(({ path }) => path[0]?.text === "data")) continue;
      report(
        "lint/unused-profile",
        { name: item.name.text },
        { span: item.name.span, subject: item.name.text },
      );
    }
  },
};
