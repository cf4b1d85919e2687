import type { IToken, TokenType } from "chevrotain";
import { tokenMatcher } from "./chevrotain.js";
import { endOf, makeToken, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";
import { nothingWords, operandEnds } from "./words.js";

/** How a form of another language is read on: with the first `kept` of the tokens so far, `put` behind them. */
export interface ForeignForm {
  readonly kept: number;
  readonly put: readonly IToken[];
  /** The token to go on with. */
  readonly next: number;
  /** Tokens further on that are left out: from the first to before the second. */
  readonly without?: readonly [number, number];
}

const opening = new Set<TokenType>([t.LParen, t.CallParen, t.LBracket, t.IndexBracket, t.LBrace]);
const closing = new Set<TokenType>([t.RParen, t.RBracket, t.RBrace]);
/** What stands before an expression, where no bracket does. */
const leading = new Set<TokenType | undefined>([
  ...[undefined, t.Newline, t.Comma, t.Equals, t.Colon, t.Arrow, t.DotDot, t.DotDotLess],
  ...[t.Return, t.Require, t.Loss, t.If, t.Then, t.Else, t.Init, t.In],
]);

/** How far the second half of a form is looked for, so that a long line of first halves takes no time. */
const mostTokens = 200;

const isWord = (token: IToken | undefined, word: string): boolean =>
  token !== undefined && tokenMatcher(token, t.Name) && token.image === word;

/** Where the expression ends that the token before `at` belongs to. */
function endOfExpression(tokens: readonly IToken[], at: number): number {
  let depth = 0;
  for (let i = at; i < tokens.length; i++) {
    const { tokenType: type } = tokens[i]!;
    if (depth === 0 && (type === t.Newline || type === t.Comma || type === t.Equals)) return i;
    if (opening.has(type)) depth++;
    if (closing.has(type) && --depth < 0) return i;
  }
  return tokens.length;
}

/** Where the expression begins that ends with the last of `out`. */
function startOfExpression(out: readonly IToken[]): number {
  let depth = 0;
  for (let i = out.length - 1; i >= Math.max(0, out.length - mostTokens); i--) {
    const { tokenType: type } = out[i]!;
    if (closing.has(type)) depth++;
    else if (depth === 0 && (opening.has(type) || leading.has(type))) return i + 1;
    else if (opening.has(type)) depth--;
  }
  return Math.max(0, out.length - mostTokens);
}

/** The first token of a kind from `at` on, at the same depth and in the same expression. */
function find(tokens: readonly IToken[], at: number, what: (token: IToken) => boolean): number | undefined {
  let depth = 0;
  for (let i = at; i < Math.min(tokens.length, at + mostTokens); i++) {
    const token = tokens[i]!;
    const { tokenType: type } = token;
    if (depth === 0 && what(token)) return i;
    if (depth === 0 && (type === t.Newline || type === t.Comma || type === t.Equals)) return undefined;
    if (opening.has(type)) depth++;
    else if (closing.has(type) && --depth < 0) return undefined;
  }
  return undefined;
}

/**
 * Expressions of Python and JavaScript that are none here: `a if c else b`, `c ? a : b`, `lambda y: …`, `y => …` and
 * `x is None`. Each is reported once and read as near to what was meant as can be; undefined where none begins here.
 */
export function readForeignForm(
  source: Source,
  tokens: readonly IToken[],
  at: number,
  out: readonly IToken[],
): ForeignForm | undefined {
  const token = tokens[at]!;
  const before = out[out.length - 1];
  if (before?.tokenType === t.Dot) return undefined;
  const follows = before !== undefined && operandEnds.has(before.tokenType);
  const reader = () => new Reader(source, tokens, at, out);
  if (isWord(token, "lambda")) return reader().lambda();
  if (token.tokenType === t.Foreign && token.image === "=>") return reader().arrow();
  if (!follows) return undefined;
  if (isWord(token, "if")) return reader().trailingIf();
  if (token.tokenType === t.Question) return reader().questionMark();
  return isWord(token, "is") ? reader().identity() : undefined;
}

class Reader {
  constructor(
    private readonly source: Source,
    private readonly tokens: readonly IToken[],
    private readonly at: number,
    private readonly out: readonly IToken[],
  ) {}

  /** The text from one token to before another. */
  private text(from: IToken, to: IToken | undefined): string {
    return this.source.text.slice(from.startOffset, to === undefined ? undefined : endOf(to)).trim();
  }

  private choice(
    condition: string,
    first: string,
    other: string,
    start: IToken,
    end: IToken,
    sign: IToken,
  ): void {
    const write = `if ${condition} then ${first} else ${other}`;
    const span = { file: this.source.file, start: start.startOffset, end: endOf(end) };
    const fixes = [{ title: `write \`${write}\``, span, replacement: write }];
    const at = spanOf(this.source, sign);
    this.source.sink.report("syntax/choice-form", { write }, { span: at, fixes });
  }

  /** `a if c else b`: read as `a`. */
  trailingIf(): ForeignForm | undefined {
    const { tokens, at, out } = this;
    const other = find(
      tokens,
      at + 1,
      (x) => isWord(x, "else") || isWord(x, "then") || x.tokenType === t.LBrace,
    );
    if (other === undefined || !isWord(tokens[other], "else") || other === at + 1) return undefined;
    const next = endOfExpression(tokens, other + 1);
    const start = out[startOfExpression(out)];
    if (start === undefined || next === other + 1) return undefined;
    const first = this.text(start, out[out.length - 1]);
    const condition = this.text(tokens[at + 1]!, tokens[other - 1]);
    const last = tokens[next - 1]!;
    this.choice(condition, first, this.text(tokens[other + 1]!, last), start, last, tokens[at]!);
    return { kept: out.length, put: [], next };
  }

  /** `c ? a : b`: read as `a`. */
  questionMark(): ForeignForm | undefined {
    const { tokens, at, out } = this;
    const colon = find(tokens, at + 1, (x) => x.tokenType === t.Colon);
    if (colon === undefined || colon === at + 1) return undefined;
    const next = endOfExpression(tokens, colon + 1);
    const from = startOfExpression(out);
    const start = out[from];
    if (start === undefined || next === colon + 1) return undefined;
    const condition = this.text(start, out[out.length - 1]);
    const first = this.text(tokens[at + 1]!, tokens[colon - 1]);
    const last = tokens[next - 1]!;
    this.choice(condition, first, this.text(tokens[colon + 1]!, last), start, last, tokens[at]!);
    return { kept: from, put: [], next: at + 1, without: [colon, next] };
  }

  /** `lambda y: 2 * y`: read as a value that is not there. */
  lambda(): ForeignForm | undefined {
    const { tokens, at, out } = this;
    let colon = at + 1;
    while (colon < tokens.length && [t.Name, t.AxisName, t.Comma].includes(tokens[colon]!.tokenType)) colon++;
    if (tokens[colon]?.tokenType !== t.Colon) return undefined;
    const params = colon > at + 1 ? this.text(tokens[at + 1]!, tokens[colon - 1]) : "";
    return this.nameless(out.length, colon, tokens[at]!, params);
  }

  /** `y => 2 * y`, `(y) => 2 * y`; elsewhere `=>` is meant as `>=` or as `->`, which the lexer has said. */
  arrow(): ForeignForm {
    const { out } = this;
    const kept = startOfExpression(out);
    const params = out[kept] && this.text(out[kept], out[out.length - 1]).replace(/^\(|\)$/g, "");
    return this.nameless(kept, this.at, this.tokens[this.at]!, params ?? "");
  }

  private nameless(kept: number, sign: number, place: IToken, params: string): ForeignForm {
    const { tokens, source } = this;
    const next = endOfExpression(tokens, sign + 1);
    const [body, last] = [tokens[sign + 1], tokens[next - 1]];
    const text = body === undefined || last === undefined || next === sign + 1 ? "…" : this.text(body, last);
    source.sink.report("syntax/nameless-function", { params, body: text }, { span: spanOf(source, place) });
    const { startOffset } = place;
    const put = [makeToken(t.LParen, startOffset, "("), makeToken(t.RParen, startOffset, ")")];
    return { kept, put, next };
  }

  /** `x is None`, `x is not y`: comparisons. */
  identity(): ForeignForm | undefined {
    const { tokens, at, out, source } = this;
    const negated = isWord(tokens[at + 1], "not");
    const behind = at + (negated ? 2 : 1);
    const operand = tokens[behind];
    if (operand === undefined || !tokenMatcher(operand, t.Name)) return undefined;
    const nothing = nothingWords.has(operand.image);
    const last = nothing ? operand : tokens[behind - 1]!;
    const span = { file: source.file, start: tokens[at]!.startOffset, end: endOf(last) };
    const operator = negated ? "!=" : "==";
    const write = nothing ? `${operator} none` : operator;
    const written = source.text.slice(span.start, span.end);
    const fixes = [{ title: `write \`${write}\``, span, replacement: write }];
    source.sink.report("syntax/foreign-operator", { written, write }, { span, fixes });
    const sign = makeToken(negated ? t.NotEqual : t.EqualEqual, span.start, operator);
    const put = nothing ? [sign, makeToken(t.Name, operand.startOffset, "none")] : [sign];
    return { kept: out.length, put, next: nothing ? behind + 1 : behind };
  }
}

/** What `model` and `profile` are where the name that they declare is missing: `model : decoder {`. */
export function headerWithoutName(tokens: readonly IToken[], at: number): TokenType | undefined {
  const token = tokens[at]!;
  const next = tokens[at + 1]?.tokenType;
  if (token.image === "model" && next === t.Colon && tokens[at + 3]?.tokenType === t.LBrace) return t.Model;
  if ((token.image === "model" || token.image === "profile") && next === t.LBrace)
    return token.image === "model" ? t.Model : t.Profile;
  return undefined;
}
