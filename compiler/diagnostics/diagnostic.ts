import type { Span } from "../../grammar/ast.js";

export type Severity = "error" | "warning";

/** A place with its own text. */
export interface Label {
  readonly span: Span;
  readonly text: string;
}

/** An edit that fixes the problem. */
export interface Fix {
  readonly title: string;
  readonly span: Span;
  readonly replacement: string;
}

/**
 * One problem: what (`message`), where (`span`, `labels`, `trace`), why (`notes`), what to do (`helps`, `fixes`).
 * `code` is a row of the table in `codes.ts`, the only place with words.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  /** The user's own text first; undefined only for problems of the whole file or command. */
  readonly span: Span | undefined;
  /** The text under the primary span; "" for carets alone. */
  readonly label: string;
  readonly labels: readonly Label[];
  /** From the user's call inwards to the place in a library layer. */
  readonly trace: readonly Label[];
  readonly notes: readonly string[];
  readonly helps: readonly string[];
  readonly fixes: readonly Fix[];
  /** The part of a model that it is about, `Gpt2Small/blocks.0.attn`; it does not change when lines move. */
  readonly subject?: string;
}
