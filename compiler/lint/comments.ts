import type { Span } from "../../grammar/ast.js";
import { lex } from "../../grammar/lex.js";
import { Reports } from "../../grammar/reports.js";

export interface Comment {
  /** Without its slashes. */
  readonly text: string;
  readonly span: Span;
  /** From 0. */
  readonly line: number;
  /** The line that it speaks of: its own where something stands before it, else the next one with code. */
  readonly target: number;
}

/** Every `//` and `///` comment of a file, in order. */
export function commentsOf(text: string, file: string): readonly Comment[] {
  const { tokens, comments } = lex({ text, file, sink: new Reports(text), broken: new Set() });
  const starts = lineStarts(text);
  const code = new Set<number>();
  for (const token of tokens) {
    if (token.image.trim() !== "") code.add(lineAt(starts, token.startOffset));
  }
  const lines = [...code].sort((a, b) => a - b);
  return comments.map(({ image, startOffset }) => {
    const line = lineAt(starts, startOffset);
    const target = lines.find((l) => l >= line) ?? line;
    const span = { file, start: startOffset, end: startOffset + image.length };
    return { text: image.replace(/^\/+/, "").trim(), span, line, target };
  });
}

export function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n|\n|\r/g), (m) => m.index + m[0].length)];
}

/** The number, from 0, of the line that an offset lies in. */
export function lineAt(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
