import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

/** An imported name that nothing in the file refers to. */
export const unusedImport: LintRule = {
  name: "unused-import",
  about: "an imported name that the file does not use",
  level: "warn",
  check({ program: { ast } }, report) {
    const used = referencesIn(ast.items);
    for (const { names, from } of ast.imports) {
      for (const { name, alias } of names) {
        const local = alias ?? name;
        if (local.text === "" || used.has(local.text)) continue;
        report(
          "lint/unused-import",
          { name: local.text, from: from.value },
          { span: local.span, subject: local.text },
        );
      }
    }
  },
};
