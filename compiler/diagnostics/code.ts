import type { Severity } from "./diagnostic.js";

/** The words of one problem: lower case, no final period, code in backticks. */
export interface Words {
  readonly message: string;
  /** Under the primary span. */
  readonly label?: string;
  /** Why: the values at hand. */
  readonly notes?: readonly string[];
  /** What to do. */
  readonly helps?: readonly string[];
}

export interface Code<D> {
  readonly severity: Severity;
  words(data: D): Words;
}

/** A row of the table: `code<{ name: string }>("error", ({ name }) => ({ message: … }))`. */
export function code<D>(severity: Severity, words: (data: D) => Words): Code<D> {
  return { severity, words };
}
