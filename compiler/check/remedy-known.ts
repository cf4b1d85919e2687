import type { ModelDecl, Span } from "../../grammar/ast.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { Program } from "./program.js";
import { within } from "./trial.js";

// Models of one text have the same errors, and what mends one mends all.

/** What a search adds to an error. */
export type More = Pick<Diagnostic, "labels" | "helps" | "fixes">;

/** What was found for the errors of one model, for others that say the same under another name. */
export interface Remedied {
  readonly decl: ModelDecl;
  readonly errors: readonly Diagnostic[];
  readonly found: readonly (More | undefined)[];
}

/** All that a model says but its name. */
export function bodyOf(program: Program, decl: ModelDecl): string {
  const { file, end } = decl.span;
  return `${file}|${(program.source(file) ?? "").slice(decl.name.span.end, end)}`;
}

/** The remedies of a model with the same text and the same errors, at the places of this one. */
export function knownRemedies(
  program: Program,
  decl: ModelDecl,
  errors: readonly Diagnostic[],
): readonly (More | undefined)[] | undefined {
  const known = program.remedied.get(bodyOf(program, decl));
  if (!known) return undefined;
  const by = decl.name.span.end - known.decl.name.span.end;
  const moved = (span: Span): Span =>
    within(span, known.decl.span) ? { ...span, start: span.start + by, end: span.end + by } : span;
  const alike = (a: Diagnostic, b: Diagnostic | undefined): boolean => {
    const place = a.span && moved(a.span);
    const same =
      place?.file === b?.span?.file && place?.start === b?.span?.start && place?.end === b?.span?.end;
    return same && a.code === b?.code && a.message === b.message;
  };
  const { errors: before, found } = known;
  if (before.length !== errors.length || !before.every((d, i) => alike(d, errors[i]))) return undefined;
  return found.map(
    (more) =>
      more && {
        helps: more.helps,
        labels: more.labels.map((l) => ({ ...l, span: moved(l.span) })),
        fixes: more.fixes.map((f) => ({ ...f, span: moved(f.span) })),
      },
  );
}
