/** A half-open range of UTF-16 offsets in one source file. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Name {
  readonly text: string;
  readonly span: Span;
}

/** What every node has. */
export interface Base {
  readonly span: Span;
}
