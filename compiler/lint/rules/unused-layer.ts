import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

/** A layer or function that nothing refers to, in a file with models (one without is a library for others). */
export const unusedLayer: LintRule = {
  name: "unused-layer",
  about: "a layer or function that a file with models does not use",
  level: "warn",
  check({ program: { ast, models } }, report) {
    if (models.length === 0) return;
    const used = referencesIn(ast.items);
    for (const item of ast.items) {
      if ((item.kind !== "layer" && item.kind !== "fn") || item.name.text === "") continue;
      const { text } = item.name;
      // What only it says itself is no use of it.
      if ((used.get(text) ?? 0) > (used.has(text) ? (referencesIn(item).get(text) ?? 0) : 0)) continue;
      const what = item.kind === "fn" ? "function" : "layer";
      report(
        "lint/unused-layer",
        { name: item.name.text, what },
        { span: item.name.span, subject: item.name.text },
      );
    }
  },
};
