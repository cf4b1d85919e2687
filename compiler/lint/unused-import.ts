import { namesIn } from "./names.js";
import type { LintRule } from "./rule.js";

/** An imported name that nothing in the file refers to. */
export const unusedImport: LintRule = {
  name: "unused-import",
  check({ ast }, report) {
    const used = namesIn(ast.items);
    for (const { names, from } of ast.imports) {
      for (const { name, alias } of names) {
        const local = alias ?? name;
        if (local.text === "" || used.has(local.text)) continue;
        report("lint/unused-import", { name: local.text, from: from.value }, { span: local.span });
      }
    }
  },
};
