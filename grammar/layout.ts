import type { IToken, TokenType } from "chevrotain";
import { tokenMatcher } from "./chevrotain.js";
import { Keywords } from "./keywords.js";
import { endOf, info, makeToken, retag, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** Brackets, `if` and `for` inside each other. */
const maxNesting = 150;
/** Operators and brackets on the way to one value. */
const maxChain = 500;
/** Models, layers, functions, profiles and imports of a file. */
const maxDeclarations = 4096;

/**
 * Turns balanced tokens into what the parser reads: line ends that end a statement become `Newline`,
 * all others go; names become keywords where they stand as such; what touches an operand calls or
 * indexes it. The result ends with a `Newline`.
 */
export function layOut(source: Source, balanced: readonly IToken[]): IToken[] {
  const lines = limitNesting(source, limitDeclarations(source, endStatements(source, balanced)));
  return new Keywords(source, lines).run();
}

const declaring = new Set(["model", "layer", "fn", "profile", "import"]);
const before = new Set<TokenType | undefined>([undefined, t.Newline, t.RBrace, t.Comma]);

/**
 * Refuses a file of more declarations than are read. Nothing of it is kept: what names a declaration beyond the limit
 * would seem to name nothing.
 */
function limitDeclarations(source: Source, tokens: readonly IToken[]): readonly IToken[] {
  let count = 0;
  for (const [i, token] of tokens.entries()) {
    const begins = token.tokenType === t.Name && declaring.has(token.image) && info(token).depth === 0;
    // `layer: …` among a head's parameters declares nothing.
    if (!begins || !before.has(tokens[i - 1]?.tokenType) || tokens[i + 1]?.tokenType === t.Colon) continue;
    if (++count <= maxDeclarations) continue;
    const name = tokens[i + 1];
    const named = name !== undefined && tokenMatcher(name, t.Name);
    const data = { kind: token.image, name: named ? name.image : undefined, limit: maxDeclarations };
    source.sink.report("syntax/too-many-declarations", data, { span: spanOf(source, named ? name : token) });
    return [makeToken(t.Newline, endOf(token))];
  }
  return tokens;
}

const opening = new Set<TokenType>([t.LParen, t.LBracket, t.LBrace]);
const closing = new Set<TokenType>([t.RParen, t.RBracket, t.RBrace]);

/** Cuts the text where it nests deeper than any phase should follow, and closes what is open there. */
function limitNesting(source: Source, tokens: readonly IToken[]): readonly IToken[] {
  const frames = [{ chain: 0, nested: 0, closer: t.RBrace }];
  let chain = 0;
  let nested = 0;
  for (const [i, token] of tokens.entries()) {
    const frame = frames[frames.length - 1]!;
    const { tokenType: type, image } = token;
    const branches = type === t.Name && (image === "if" || image === "for" || image === "else");
    const within = frame.closer === t.RBrace ? type === t.Newline : type === t.Comma;
    if (within) {
      chain -= frame.chain;
      nested -= frame.nested;
      frame.chain = 0;
      frame.nested = 0;
    } else if (opening.has(type)) {
      const closer = type === t.LParen ? t.RParen : type === t.LBracket ? t.RBracket : t.RBrace;
      frames.push({ chain: 1, nested: 1, closer });
      chain++;
      nested++;
    } else if (closing.has(type)) {
      chain -= frame.chain;
      nested -= frame.nested;
      frames.pop();
      const outer = frames[frames.length - 1]!;
      outer.chain++;
      chain++;
    } else if (branches || type === t.Dot || type === t.Not || tokenMatcher(token, t.BinaryOperator)) {
      frame.chain++;
      chain++;
      if (branches) {
        frame.nested++;
        nested++;
      }
    } else if (type === t.Name && (image === "and" || image === "or" || image === "not")) {
      frame.chain++;
      chain++;
    }
    if (nested <= maxNesting && chain <= maxChain) continue;
    const reason = nested > maxNesting ? "nesting" : "length";
    const limit = nested > maxNesting ? maxNesting : maxChain;
    source.sink.report("syntax/too-deep", { reason, limit }, { span: spanOf(source, token) });
    const kept = tokens.slice(0, opening.has(type) ? i + 1 : i);
    let depth = frames.filter((f) => f.closer === t.RBrace).length - 1;
    const closers = frames.slice(1).map((f) => makeToken(f.closer, endOf(token)));
    for (const closer of closers.reverse()) {
      if (closer.tokenType === t.RBrace) depth--;
      info(closer).depth = depth;
    }
    return [...kept, ...closers, makeToken(t.Newline, endOf(token))];
  }
  return tokens;
}

const continuing = new Set<TokenType>([t.Comma, t.Equals, t.Arrow, t.DotDotLess, t.Not]);
const continuingWords = new Set(["and", "or", "not", "then", "else"]);

function isWord(token: IToken, words: ReadonlySet<string>): boolean {
  return token.tokenType === t.Name && words.has(token.image);
}

/** Whether a line that ends with `token` goes on in the next. */
function continues(token: IToken, before: IToken | undefined): boolean {
  if (isWord(token, continuingWords)) return before?.tokenType !== t.Dot;
  return continuing.has(token.tokenType) || tokenMatcher(token, t.BinaryOperator);
}

const beginning = new Set(["return", "require"]);
const valueWords = new Set(["if", "for", "not", "next"]);
const infixWords = new Set(["and", "or", "then", "else", "in", "step", "every", "init", "lookup"]);

/** Whether a line that begins with `token` looks like a statement of its own: `name =`, `a.b =`, `name:`. */
function beginsStatement(tokens: readonly IToken[], at: number): boolean {
  let i = at;
  const first = tokens[i];
  if (first === undefined || first.tokenType === t.RBrace || isWord(first, beginning)) return true;
  // Two names side by side are no value, unless the first is a word of expressions.
  const second = tokens[i + 1];
  const names = second !== undefined && tokenMatcher(first, t.Name) && tokenMatcher(second, t.Name);
  if (names && !isWord(first, valueWords) && !isWord(second, infixWords)) return true;
  while (tokens[i] !== undefined && tokenMatcher(tokens[i]!, t.Name)) {
    const next = tokens[i + 1]?.tokenType;
    if (next === t.Equals || next === t.Colon) return true;
    if (next !== t.Dot) return false;
    i += 2;
  }
  return false;
}

const listing = new Set(["weight", "state", "random"]);

/** `name:`, the last of the names that a statement declares. */
function isName(tokens: readonly IToken[], at: number): boolean {
  return tokenMatcher(tokens[at]!, t.Name) && tokens[at + 1]?.tokenType === t.Colon;
}

/** Whether the statement so far is names alone, with a comma behind each: `weight query, key,`. */
function listsNames(out: readonly IToken[]): boolean {
  let i = out.length - 1;
  while (out[i]?.tokenType === t.Comma && out[i - 1]?.tokenType === t.Name) i -= 2;
  if (i === out.length - 1) return false;
  const before = out[i];
  if (before === undefined || before.tokenType === t.Newline || before.tokenType === t.LBrace) return true;
  const start = out[i - 1]?.tokenType;
  const begins = start === undefined || start === t.Newline || start === t.LBrace;
  return begins && isWord(before, listing);
}

const leading = new Set<TokenType>([t.Comma, t.Dot, t.Arrow, t.Equals]);
const leadingWords = new Set(["and", "or"]);

/** Whether a line begins with an operator that belongs to the line above. `-x` begins a value. */
function leads(tokens: readonly IToken[], at: number): boolean {
  const token = tokens[at]!;
  const next = tokens[at + 1];
  if (isWord(token, leadingWords)) return next?.tokenType !== t.Equals && next?.tokenType !== t.Colon;
  if (token.tokenType === t.Minus) return next !== undefined && next.startOffset > endOf(token);
  return leading.has(token.tokenType) || tokenMatcher(token, t.BinaryOperator);
}

/** Replaces line ends by `Newline` where a statement ends, and removes them elsewhere. */
function endStatements(source: Source, tokens: readonly IToken[]): IToken[] {
  const out: IToken[] = [];
  const open: IToken[] = [];
  let depth = 0;
  for (const [i, token] of tokens.entries()) {
    if (token.tokenType !== t.Eol) {
      if (opening.has(token.tokenType)) open.push(token);
      if (closing.has(token.tokenType)) open.pop();
      if (token.tokenType === t.RBrace) depth--;
      info(token).depth = depth;
      if (token.tokenType === t.LBrace) depth++;
      out.push(token);
      continue;
    }
    // What holds of one line end holds of the blank lines behind it.
    if (tokens[i - 1]?.tokenType === t.Eol) continue;
    const within = open[open.length - 1]?.tokenType;
    const last = out[out.length - 1];
    if (within === t.LParen || within === t.LBracket) continue;
    if (last === undefined || last.tokenType === t.Newline || last.tokenType === t.LBrace) continue;
    let at = i + 1;
    while (tokens[at]?.tokenType === t.Eol) at++;
    const next = tokens[at];
    if (next === undefined) continue;
    if (next.tokenType === t.Name && (next.image === "else" || next.image === "then")) continue;
    const goesOn = !beginsStatement(tokens, at) || (isName(tokens, at) && listsNames(out));
    if (continues(last, out[out.length - 2]) && goesOn) continue;
    if (!continues(last, out[out.length - 2]) && leads(tokens, at)) {
      reportLeading(source, last, next);
      continue;
    }
    const newline = makeToken(t.Newline, token.startOffset, token.image);
    info(newline).depth = depth;
    out.push(newline);
  }
  const end = makeToken(t.Newline, source.text.length);
  out.push(end);
  return out;
}

function reportLeading(source: Source, last: IToken, next: IToken): void {
  const start = endOf(last);
  const gap = source.text.slice(start, next.startOffset);
  const end = endOf(next) + (source.text[endOf(next)] === " " ? 1 : 0);
  const glue = next.tokenType === t.Comma || next.tokenType === t.Dot ? "" : " ";
  const replacement = next.tokenType === t.Dot ? "." : `${glue}${next.image}${gap}`;
  source.sink.report(
    "syntax/leading-operator",
    { operator: next.image, alone: false },
    {
      span: spanOf(source, next),
      fixes: [
        {
          title: "end the line above with it",
          span: { file: source.file, start, end },
          replacement,
        },
      ],
    },
  );
  // The tag keeps `and` and `or` from being read as names.
  if (next.image === "and") retag(next, t.And);
  if (next.image === "or") retag(next, t.Or);
}
