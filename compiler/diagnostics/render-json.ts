import type { Span } from "../../grammar/ast.js";
import type { Diagnostic, Label } from "./diagnostic.js";
import type { RenderOptions } from "./render.js";
import { LineIndex } from "./render-text.js";

/** Increases when a field changes its meaning or is removed, but not for new fields. */
export const JSON_VERSION = 1;

/** A place for machines: lines and columns from 1 (columns in UTF-16 units), offsets from 0. */
export interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly start: number;
  readonly end: number;
}

export interface JsonLabel extends JsonPlace {
  readonly text: string;
}

export interface JsonDiagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly place: JsonLabel | null;
  readonly labels: readonly JsonLabel[];
  readonly trace: readonly JsonLabel[];
  readonly notes: readonly string[];
  readonly helps: readonly string[];
  readonly fixes: readonly {
    readonly title: string;
    readonly place: JsonPlace;
    readonly replacement: string;
  }[];
}

export type JsonOptions = Pick<RenderOptions, "source" | "display">;

/** Diagnostics as plain data, in the order given. */
export function toJson(diagnostics: readonly Diagnostic[], options: JsonOptions): readonly JsonDiagnostic[] {
  const indices = new Map<string, LineIndex>();
  const place = (span: Span): JsonPlace => {
    let index = indices.get(span.file);
    if (index === undefined) {
      index = new LineIndex(options.source(span.file) ?? "");
      indices.set(span.file, index);
    }
    const start = index.at(span.start);
    const end = index.at(span.end);
    return {
      file: options.display?.(span.file) ?? span.file,
      line: start.line,
      column: start.column,
      endLine: end.line,
      endColumn: end.column,
      start: span.start,
      end: span.end,
    };
  };
  const label = (l: Label): JsonLabel => ({ ...place(l.span), text: l.text });
  return diagnostics.map((d) => ({
    code: d.code,
    severity: d.severity,
    message: d.message,
    place: d.span === undefined ? null : { ...place(d.span), text: d.label },
    labels: d.labels.map(label),
    trace: d.trace.map(label),
    notes: d.notes,
    helps: d.helps,
    fixes: d.fixes.map((f) => ({ title: f.title, place: place(f.span), replacement: f.replacement })),
  }));
}
