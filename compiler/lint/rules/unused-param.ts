import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

/** A parameter of a layer or function that is never read: its callers set it in vain. */
export const unusedParam: LintRule = {
  name: "unused-param",
  about: "a parameter that its layer or function never reads",
  level: "warn",
  check({ program: { ast } }, report) {
    for (const item of ast.items) {
      if (item.kind !== "layer" && item.kind !== "fn") continue;
      const used = referencesIn(item);
      for (const { name } of item.params) {
        if (name.text === "" || name.text.startsWith("_") || used.has(name.text)) continue;
        const subject = `${item.name.text}/${name.text}`;
        report("lint/unused-param", { name: name.text, owner: item.name.text }, { span: name.span, subject });
      }
    }
  },
};
