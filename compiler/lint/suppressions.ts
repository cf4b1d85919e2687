import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { type Comment, lineAt, lineStarts } from "./comments.js";
import type { Report } from "./rule.js";

/** `// archc-ignore head-size, vocab-size: as released` */
interface Suppression {
  readonly comment: Comment;
  readonly rules: readonly string[];
  readonly reason: string;
}

const pattern = /^archc-ignore(?![\w-])([^:]*)(?::(.*))?$/;

function suppressionsOf(comments: readonly Comment[]): readonly Suppression[] {
  return comments.flatMap((comment) => {
    const match = pattern.exec(comment.text);
    if (match === null) return [];
    const rules = match[1]!.split(/[\s,]+/).filter((name) => name !== "");
    return [{ comment, rules, reason: (match[2] ?? "").trim() }];
  });
}

/**
 * Takes away what a comment with a reason suppresses on its line, and reports comments that have no reason, name no
 * rule, or suppress nothing. `ran` are the rules that looked.
 */
export function suppress(
  found: readonly Diagnostic[],
  text: string,
  comments: readonly Comment[],
  rules: { readonly known: readonly string[]; readonly ran: ReadonlySet<string> },
  report: Report,
): readonly Diagnostic[] {
  const starts = lineStarts(text);
  const gone = new Set<Diagnostic>();
  for (const { comment, rules: names, reason } of suppressionsOf(comments)) {
    const place = { span: comment.span };
    if (names.length === 0 || reason === "") {
      report("lint/suppression-reason", { rule: names[0] }, place);
      continue;
    }
    for (const name of names) {
      if (!rules.known.includes(name)) {
        report("lint/suppression-rule", { name, known: rules.known }, place);
        continue;
      }
      const hits = found.filter(
        (d) =>
          d.code === `lint/${name}` &&
          d.span !== undefined &&
          d.span.file === comment.span.file &&
          lineAt(starts, d.span.start) === comment.target,
      );
      for (const d of hits) gone.add(d);
      if (hits.length === 0 && rules.ran.has(name)) report("lint/suppression-unused", { name }, place);
    }
  }
  return found.filter((d) => !gone.has(d));
}
