import { chain } from "../places.js";
import type { LintRule } from "../rule.js";

/** What tells where a figure comes from: a link, a paper, a year, or how it was had. */
const source =
  /https?:|\b[\w-]+\.(?:com|org|net|io|ai|dev|edu)\b|\barxiv\b|\bdoi\b|\bet\s+al\b|\b(?:19|20)\d\d\b|\bsource\b|\bby\s+hand\b|\bclosed\s+form\b|\bmeasured\b/i;

/** An expected figure that nothing beside it, nor its model's doc, says the source of. */
export const expectSource: LintRule = {
  name: "expect-source",
  about: "an `expect` whose numbers have no source in a comment or the model's `///` comment",
  level: "warn",
  check({ program, comments }, report) {
    for (const item of program.ast.items) {
      if (item.kind !== "model") continue;
      const docs = chain(program, item).map((decl) => decl.doc ?? "");
      const inside = comments.filter(
        ({ span }) => span.start >= item.span.start && span.end <= item.span.end,
      );
      const said = [...docs, ...inside.map((c) => c.text)].filter((t) => !t.startsWith("archc-ignore"));
      if (said.some((text) => source.test(text))) continue;
      for (const block of item.items) {
        if (block.kind !== "expect" || block.constraints.length === 0) continue;
        const span = { ...block.span, end: block.span.start + "expect".length };
        report("lint/expect-source", { model: item.name.text }, { span, subject: item.name.text });
      }
    }
  },
};
