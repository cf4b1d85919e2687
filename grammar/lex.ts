import type { IToken, TokenType } from "chevrotain";
import type { Span } from "./ast.js";
import type { Reports } from "./reports.js";
import * as t from "./tokens.js";

/** What the layout knows of a token beyond its text. */
export interface TokenInfo {
  /** How many `{` are open around it. */
  depth: number;
  /** The `///` lines above it. */
  doc: string | undefined;
}

/** One file on its way through the grammar. */
export interface Source {
  readonly text: string;
  readonly file: string;
  readonly sink: Reports;
  /** Where items begin in which the parser has found a fault. */
  readonly broken: Set<number>;
}

export function info(token: IToken): TokenInfo {
  return (token.payload ??= { depth: 0, doc: undefined }) as TokenInfo;
}

/** The offset after a token's last character. */
export function endOf(token: IToken): number {
  return token.startOffset + token.image.length;
}

export function spanOf(source: Source, token: IToken): Span {
  return { file: source.file, start: token.startOffset, end: endOf(token) };
}

/** Turns `token` into one of another type, in place. */
export function retag(token: IToken, type: TokenType): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx ?? 0;
}

/** A token that the text does not have, at `offset`. */
export function makeToken(type: TokenType, offset: number, image = ""): IToken {
  return {
    image,
    startOffset: offset,
    endOffset: offset + image.length - 1,
    tokenTypeIdx: type.tokenTypeIdx ?? 0,
    tokenType: type,
  };
}

/** How operators of other languages are written here, and what they are read as. */
const foreignOperators = new Map<string, { write: string; type: TokenType }>([
  ["**", { write: "^", type: t.Caret }],
  ["&&", { write: "and", type: t.And }],
  ["||", { write: "or", type: t.Or }],
  ["!", { write: "not", type: t.Not }],
  ["===", { write: "==", type: t.EqualEqual }],
  ["!==", { write: "!=", type: t.NotEqual }],
  ["<>", { write: "!=", type: t.NotEqual }],
  ["≠", { write: "!=", type: t.NotEqual }],
  [":=", { write: "=", type: t.Equals }],
  ["...", { write: "..", type: t.DotDot }],
  ["…", { write: "..", type: t.DotDot }],
  ["..=", { write: "..", type: t.DotDot }],
  ["≤", { write: "<=", type: t.LessEqual }],
  ["≥", { write: ">=", type: t.GreaterEqual }],
  ["×", { write: "*", type: t.Star }],
  ["→", { write: "->", type: t.Arrow }],
  ["−", { write: "-", type: t.Minus }],
  ["–", { write: "-", type: t.Minus }],
  ["—", { write: "-", type: t.Minus }],
  ["（", { write: "(", type: t.LParen }],
  ["）", { write: ")", type: t.RParen }],
  ["，", { write: ",", type: t.Comma }],
  ["：", { write: ":", type: t.Colon }],
  ["＝", { write: "=", type: t.Equals }],
]);

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
    if (token.tokenType === t.Semicolon) readSemicolon(source, token, read[i + 1]);
    else if (token.tokenType === t.Foreign) readForeign(source, token, tokens[tokens.length - 1]);
    else if (token.tokenType === t.SingleText) readSingleQuotes(source, token);
    else if (token.tokenType === t.OpenText) readOpenText(source, token);
    else if (token.image === "__proto__")
      source.sink.report("syntax/reserved-name", { name: token.image }, { span: spanOf(source, token) });
    tokens.push(token);
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

function readForeign(source: Source, token: IToken, previous: IToken | undefined): void {
  const span = spanOf(source, token);
  const written = token.image;
  const known = foreignOperators.get(written);
  if (known !== undefined) {
    source.sink.report(
      "syntax/foreign-operator",
      { written, write: known.write },
      {
        span,
        fixes: [{ title: `write \`${known.write}\``, span, replacement: apart(source, span, known.write) }],
      },
    );
    retag(token, known.type);
  } else if (written === "=>") {
    const arrow = previous?.tokenType === t.RParen;
    const write = arrow ? "->" : ">=";
    source.sink.report(
      "syntax/foreign-operator",
      { written, write },
      {
        span,
        fixes: [{ title: `write \`${write}\``, span, replacement: write }],
      },
    );
    retag(token, arrow ? t.Arrow : t.GreaterEqual);
  } else {
    const operand = previous === undefined ? "x" : previous.image;
    source.sink.report("syntax/update", { written, operand, operator: written.charAt(0) }, { span });
    retag(token, t.Equals);
  }
}

/** A word in place of a symbol, with the spaces that keep it from running into its neighbours. */
function apart(source: Source, span: Span, write: string): string {
  if (!/^\w/.test(write)) return write;
  const before = /\w/.test(source.text[span.start - 1] ?? "") ? " " : "";
  const after = /\w/.test(source.text[span.end] ?? "") ? " " : "";
  return before + write + after;
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

/** Reports comments of other languages and hands each run of `///` lines to the token below it. */
function readComments(source: Source, comments: readonly IToken[], tokens: readonly IToken[]): void {
  let at = 0;
  let behind = 0;
  let doc: string[] = [];
  for (const [i, comment] of comments.entries()) {
    const { image } = comment;
    while (behind < tokens.length && tokens[behind]!.startOffset < comment.startOffset) behind++;
    const before = tokens[behind - 1];
    if (!image.startsWith("//")) reportComment(source, comment);
    else if (/^\/\/ *\d+ *$/.test(image)) reportDivision(source, comment, before);
    if (!image.startsWith("///")) {
      doc = [];
      continue;
    }
    doc.push(image.slice(image.startsWith("/// ") ? 4 : 3).trimEnd());
    while (
      at < tokens.length &&
      (tokens[at]!.tokenType === t.Eol || tokens[at]!.startOffset < comment.startOffset)
    )
      at++;
    const token = tokens[at];
    const above = comments[i + 1];
    if (token !== undefined && !(above !== undefined && above.startOffset < token.startOffset)) {
      info(token).doc = doc.join("\n");
    }
    if (above === undefined || token === undefined || above.startOffset > token.startOffset) doc = [];
  }
}

/** `n // 2` behind a value with a name: where that divides, the half that was meant is lost without a word. */
function reportDivision(source: Source, comment: IToken, before: IToken | undefined): void {
  if (before?.tokenType !== t.Name && before?.tokenType !== t.AxisName && before?.tokenType !== t.RParen)
    return;
  const by = comment.image.slice(2).trim();
  source.sink.report(
    "syntax/comment-divides",
    { value: before.image, by },
    { span: spanOf(source, comment) },
  );
}

function reportComment(source: Source, comment: IToken): void {
  const span = spanOf(source, comment);
  const opener = comment.image.startsWith("#") ? "#" : "/*";
  const body = comment.image.replace(/^#+|^\/\*+|\*+\/$/g, "").trim();
  const replacement = body
    .split(/\r\n|\n|\r/)
    .map((line) => `// ${line.replace(/^\s*\*\s?/, "").trim()}`.trimEnd())
    .join("\n");
  source.sink.report(
    "syntax/comment",
    { opener },
    {
      span,
      // Before code on its line, `//` would hide that code.
      fixes: /^[ \t]*($|[\r\n])/.test(source.text.slice(span.end, span.end + 200))
        ? [{ title: "write `//`", span, replacement }]
        : [],
    },
  );
}
