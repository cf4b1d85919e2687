import type { IToken } from "chevrotain";
import { closerOf, closers, findFaults, headers, type Line, splitLines } from "./brackets.js";
import { endOf, makeToken, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** First words of lines that other languages end in `:`. */
const foreignHeaders = new Set(["def", "func", "function", "class", "struct"]);
/**
 * Reads `model Small : decoder:` with its lines further to the right as a block in braces, and reports each such
 * header; the tokens as they are where there is none.
 */
export function braceIndented(source: Source, tokens: readonly IToken[]): readonly IToken[] {
  const colons = colonsAtEnds(tokens);
  if (colons.size === 0) return tokens;
  const lines = splitLines(tokens);
  const below = columnsBelow(lines);
  const out: IToken[] = [];
  const open: number[] = [];
  const closeTo = (column: number, joins: boolean): void => {
    if (open.length === 0 || open[open.length - 1]! < column) return;
    const eols: IToken[] = [];
    while (out[out.length - 1]?.tokenType === t.Eol) eols.unshift(out.pop()!);
    while (open.length > 0 && open[open.length - 1]! >= column) {
      open.pop();
      out.push(makeToken(t.RBrace, endOf(out[out.length - 1]!)));
    }
    if (!joins) out.push(...eols);
  };
  for (const [i, line] of lines.entries()) {
    const words = wordsOf(line);
    const first = words[0];
    if (first !== undefined) closeTo(line.column, first.image === "else");
    const colon = words[words.length - 1];
    const opens = colon !== undefined && colons.has(colon) && opensBlock(words);
    if (first === undefined || !opens || !(below[i]! > line.column)) {
      out.push(...line.tokens);
      continue;
    }
    source.sink.report(
      "syntax/missing-open",
      { opener: "{", header: first.image },
      {
        span: spanOf(source, colon),
        helps: ["write `{` for this `:`, and `}` on a line below the block"],
      },
    );
    for (const token of line.tokens)
      out.push(token === colon ? makeToken(t.LBrace, colon.startOffset) : token);
    open.push(line.column);
  }
  closeTo(0, false);
  return out;
}

/** The `:` at ends of lines, without those of `f(at:` and its like, where a bracket is open and closed later. */
function colonsAtEnds(tokens: readonly IToken[]): ReadonlySet<IToken> {
  const { unclosed } = findFaults(tokens);
  const open: IToken[] = [];
  const found = new Set<IToken>();
  for (const [i, token] of tokens.entries()) {
    const { tokenType: type } = token;
    const outer = open[open.length - 1]?.tokenType;
    if (closerOf.has(type) && !unclosed.has(token)) open.push(token);
    if (closers.has(type) && outer !== undefined && closerOf.get(outer) === type) open.pop();
    const ends = type === t.Colon && tokens[i + 1]?.tokenType === t.Eol;
    if (ends && (outer === undefined || outer === t.LBrace)) found.add(token);
  }
  return found;
}

function wordsOf(line: Line): readonly IToken[] {
  return line.tokens.filter((token) => token.tokenType !== t.Eol);
}

/** For each line, where the next one that says something begins; -1 where there is none. */
function columnsBelow(lines: readonly Line[]): readonly number[] {
  const below: number[] = [];
  let column = -1;
  for (let i = lines.length - 1; i >= 0; i--) {
    below[i] = column;
    if (wordsOf(lines[i]!).length > 0) column = lines[i]!.column;
  }
  return below;
}

function opensBlock(words: readonly IToken[]): boolean {
  const first = words[0]!;
  if (words.some((token) => token.tokenType === t.LBrace)) return false;
  return headers.has(first.image) || foreignHeaders.has(first.image);
}
