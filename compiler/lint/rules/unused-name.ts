import type { Name, Stmt } from "../../../grammar/ast.js";
import { referencesIn } from "../references.js";
import type { LintRule } from "../rule.js";

type What = "weight" | "value" | "instance" | "function";

/** A weight, value, instance or function of a layer that the file never reads. Weights read elsewhere count as read. */
export const unusedName: LintRule = {
  name: "unused-name",
  about: "a weight, value, instance or function within a layer that is never read",
  level: "warn",
  check({ program: { ast } }, report) {
    const members = referencesIn(ast.items);
    for (const item of ast.items) {
      if (item.kind !== "layer") continue;
      const used = referencesIn(item);
      for (const [name, what] of declared(item.body)) {
        const read = used.has(name.text) || (what === "weight" && members.has(name.text));
        if (name.text === "" || name.text.startsWith("_") || read) continue;
        const subject = `${item.name.text}/${name.text}`;
        report(
          "lint/unused-name",
          { name: name.text, what, owner: item.name.text },
          { span: name.span, subject },
        );
      }
    }
  },
};

/** What statements declare, those within `if` too; results of one `(a, b) = …` only where none is read. */
function declared(body: readonly Stmt[]): readonly (readonly [Name, What])[] {
  return body.flatMap((stmt): readonly (readonly [Name, What])[] => {
    switch (stmt.kind) {
      case "weight":
        return stmt.names.map((n) => [n, "weight"]);
      case "let":
        return stmt.names.length === 1 ? stmt.names.map((n) => [n, "value"]) : [];
      case "instances":
        return stmt.names.map((n) => [n, "instance"]);
      case "fn":
        return [[stmt.name, "function"]];
      case "if":
        return [...declared(stmt.then), ...declared(stmt.otherwise ?? [])];
      default:
        return [];
    }
  });
}
