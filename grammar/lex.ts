import type { IToken, TokenType } from "chevrotain";
import { readComments } from "./comments.js";
import { readForeign } from "./foreign-operators.js";
import { endOf, makeToken, retag, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** The file's tokens with line ends, words of other languages read as ours; and its comments. */
export function lex(source: Source): { tokens: IToken[]; comments: IToken[] } {
  const result = t.lexer.tokenize(source.text);
  const comments = result.groups.comments ?? [];
  const words: IToken[] = [];
  for (const error of result.errors) {
    const last = words[words.length - 1];
    if (last !== undefined && error.offset < endOf(last)) continue;
    const word = foreignWord(source.text, error.offset);
    const span = word
      ? spanOf(source, word)
      : { file: source.file, start: error.offset, end: error.offset + Math.max(error.length, 1) };
    if (word) words.push(word);
    source.sink.report("syntax/character", { characters: source.text.slice(span.start, span.end) }, { span });
  }
  const read = words.length === 0 ? result.tokens : withWords(result.tokens, words);
  const tokens: IToken[] = [];
  for (const [i, token] of read.entries()) {
    // The lexer tracks starts alone; the tree's locations need ends as well.
    token.endOffset = endOf(token) - 1;
    if (joinsPoint(token, read[i - 1], read[i + 1])) {
      readBarePoint(source, read[i + 1]!);
      continue;
    }
    if (isPercent(token, read[i - 1], read[i + 1])) {
      readPercent(source, read[i - 1]!, token);
      continue;
    }
    let more: readonly IToken[] = [];
    if (token.tokenType === t.Semicolon) readSemicolon(source, token, read[i + 1]);
    else if (token.tokenType === t.Foreign) more = readForeign(source, token, tokens);
    else if (token.tokenType === t.SingleText) readSingleQuotes(source, token);
    else if (token.tokenType === t.OpenText) readOpenText(source, token);
    else if (token.image === "__proto__")
      source.sink.report("syntax/reserved-name", { name: token.image }, { span: spanOf(source, token) });
    tokens.push(token, ...more);
  }
  readComments(source, comments, tokens);
  return { tokens, comments };
}

/** The name around a letter that names do not have, such as `größe`; undefined where no letter stands. */
function foreignWord(text: string, at: number): IToken | undefined {
  const letter = /[\p{L}\p{M}]/u;
  const part = /[\w\p{L}\p{M}]/u;
  if (!letter.test(String.fromCodePoint(text.codePointAt(at)!))) return undefined;
  let start = at;
  while (start > 0 && part.test(text[start - 1]!)) start--;
  let end = at;
  while (end < text.length && part.test(String.fromCodePoint(text.codePointAt(end)!)))
    end += text.codePointAt(end)! > 0xffff ? 2 : 1;
  const image = text.slice(start, end);
  return makeToken(/^\p{Lu}/u.test(image) ? t.AxisName : t.Name, start, image);
}

/** The tokens with whole words in the place of their pieces. */
function withWords(tokens: readonly IToken[], words: readonly IToken[]): IToken[] {
  const out: IToken[] = [];
  let next = 0;
  for (const token of tokens) {
    while (next < words.length && words[next]!.startOffset <= token.startOffset) out.push(words[next++]!);
    const last = words[next - 1];
    if (last === undefined || token.startOffset >= endOf(last)) out.push(token);
  }
  return [...out, ...words.slice(next)];
}

/** A `;` ends a statement as a line end does; at the end of a line it is only superfluous. */
function readSemicolon(source: Source, token: IToken, next: IToken | undefined): void {
  const span = spanOf(source, token);
  const trailing = next === undefined || next.tokenType === t.Eol || next.tokenType === t.RBrace;
  const fix = trailing
    ? { title: "remove `;`", span, replacement: "" }
    : { title: "start a new line", span, replacement: "\n" };
  source.sink.report("syntax/semicolon", { trailing }, { span, fixes: [fix] });
  retag(token, t.Eol);
}

/** Whether a point begins a number such as `.5`, and reads no name from what stands before it. */
function joinsPoint(point: IToken, before: IToken | undefined, next: IToken | undefined): boolean {
  if (point.tokenType !== t.Dot || next?.tokenType !== t.NumberToken) return false;
  if (next.startOffset !== point.startOffset + 1 || !/^\d+([eE]|[A-Z]|$)/.test(next.image)) return false;
  return before === undefined || endOf(before) < point.startOffset || !/[\w)\]]$/.test(before.image);
}

function readBarePoint(source: Source, number: IToken): void {
  number.startOffset--;
  number.image = `.${number.image}`;
  const span = spanOf(source, number);
  const write = `0${number.image}`;
  source.sink.report(
    "syntax/bare-point",
    { write },
    {
      span,
      fixes: [{ title: `write \`${write}\``, span, replacement: write }],
    },
  );
}

const valueEnds = new Set<TokenType | undefined>([
  ...[undefined, t.Eol, t.Semicolon, t.Comma],
  ...[t.RParen, t.RBracket, t.RBrace],
]);

/** `80%`, with nothing behind that it could be divided by. */
function isPercent(sign: IToken, before: IToken | undefined, next: IToken | undefined): boolean {
  const touches = before?.tokenType === t.NumberToken && endOf(before) === sign.startOffset;
  const plain = touches && /^\d+(\.\d+)?$/.test(before.image);
  return sign.tokenType === t.Percent && plain && valueEnds.has(next?.tokenType);
}

function readPercent(source: Source, number: IToken, sign: IToken): void {
  const span = { ...spanOf(source, number), end: endOf(sign) };
  const written = `${number.image}%`;
  const write = String(Number((Number(number.image) / 100).toPrecision(15)));
  const fixes = [{ title: `write \`${write}\``, span, replacement: write }];
  source.sink.report("syntax/foreign-operator", { written, write }, { span, fixes });
  // The number is read with its sign, so that its place is that of all that was written.
  number.image = written;
}

function readSingleQuotes(source: Source, token: IToken): void {
  const span = spanOf(source, token);
  const replacement = JSON.stringify(token.image.slice(1, -1));
  source.sink.report(
    "syntax/single-quotes",
    {},
    {
      span,
      fixes: [{ title: "write double quotes", span, replacement }],
    },
  );
  retag(token, t.TextToken);
}

function readOpenText(source: Source, token: IToken): void {
  const span = spanOf(source, token);
  source.sink.report(
    "syntax/open-text",
    {},
    {
      span,
      fixes: [{ title: 'add `"`', span: { ...span, start: span.end }, replacement: '"' }],
    },
  );
  retag(token, t.TextToken);
}
