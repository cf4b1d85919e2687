import type { IToken, TokenType } from "chevrotain";
import type { Span } from "./ast.js";
import { tokenMatcher } from "./chevrotain.js";
import { endOf, makeToken, retag, type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

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

/** Reads an operator of another language behind `before` as ours, and says so. What comes back is read behind it. */
export function readForeign(source: Source, token: IToken, before: readonly IToken[]): readonly IToken[] {
  const previous = before[before.length - 1];
  const span = spanOf(source, token);
  const written = token.image;
  const known = foreignOperators.get(written);
  if (known !== undefined && written === "..." && isSubscript(before)) {
    // Its index is told as a whole.
    retag(token, known.type);
  } else if (known !== undefined) {
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
    if (makesFunction(before)) return [];
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
    return updated(previous, before[before.length - 2], token);
  }
  return [];
}

/** A word in place of a symbol, with the spaces that keep it from running into its neighbours. */
function apart(source: Source, span: Span, write: string): string {
  if (!/^\w/.test(write)) return write;
  const before = /\w/.test(source.text[span.start - 1] ?? "") ? " " : "";
  const after = /\w/.test(source.text[span.end] ?? "") ? " " : "";
  return before + write + after;
}

/** `x += 1`, read as `x = x + 1` where a name alone stands before it: what follows the `=`. */
function updated(previous: IToken | undefined, before: IToken | undefined, token: IToken): readonly IToken[] {
  const operators = new Map([
    ["+", t.Plus],
    ["-", t.Minus],
    ["*", t.Star],
    ["/", t.Slash],
    ["%", t.Percent],
    ["^", t.Caret],
  ]);
  const type = operators.get(token.image.charAt(0));
  const starts = before === undefined || before.tokenType === t.Eol || before.tokenType === t.LBrace;
  if (type === undefined || previous === undefined || !starts || !tokenMatcher(previous, t.Name)) return [];
  const again = makeToken(previous.tokenType, previous.startOffset, previous.image);
  return [again, makeToken(type, token.startOffset, token.image.charAt(0))];
}

/** Whether `=>` makes a function of what stands before it: `f = y => …`, `map((y) => …)`. */
function makesFunction(tokens: readonly IToken[]): boolean {
  let i = tokens.length - 1;
  const last = tokens[i];
  if (last === undefined) return false;
  if (last.tokenType === t.RParen) {
    let depth = 0;
    for (; i >= 0; i--) {
      if (tokens[i]!.tokenType === t.RParen) depth++;
      else if (tokens[i]!.tokenType === t.LParen && --depth === 0) break;
    }
  } else if (!tokenMatcher(last, t.Name)) return false;
  const before = tokens[i - 1]?.tokenType;
  // `require(n => 3)` compares.
  return before === t.Equals || before === t.Comma || (before === t.LParen && last.tokenType === t.RParen);
}

/** Whether a token behind `tokens` stands in `x[…]`. */
function isSubscript(tokens: readonly IToken[]): boolean {
  const nearby = tokens.slice(-50);
  const at = nearby.findLastIndex((x) => x.tokenType === t.LBracket || x.tokenType === t.RBracket);
  const [target, bracket] = [nearby[at - 1], nearby[at]];
  if (bracket?.tokenType !== t.LBracket || target === undefined || target.image === "einsum") return false;
  return tokenMatcher(target, t.Name) && endOf(target) === bracket.startOffset;
}
