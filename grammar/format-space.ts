import type { TokenType } from "chevrotain";
import { firstWord, lastWord, type Node } from "./format-tree.js";
import * as t from "./tokens.js";
import { operandEnds } from "./words.js";

const declared = new Set<TokenType | undefined>([t.Layer, t.Fn]);
const tightBefore = new Set<TokenType>([t.Comma, t.Dot, t.CallParen, t.IndexBracket]);
const single = new Set<TokenType>([t.NumberToken, t.Name, t.AxisName]);
const afterRange = new Set<TokenType>([t.Comma, t.Step, t.Every]);

/** The space between `nodes[at - 1]` and `nodes[at]` of a statement whose first word is `owner`. */
export function space(nodes: readonly Node[], at: number, owner: TokenType | undefined): string {
  const before = lastWord(nodes[at - 1]!).token;
  const next = firstWord(nodes[at]!).token;
  const [a, b] = [before.tokenType, next.tokenType];
  if (tightBefore.has(b) || a === t.Dot || a === t.Einsum) return "";
  if (b === t.Colon) return owner === t.Model ? " " : "";
  if (b === t.Init || b === t.Lookup) return "  ";
  if (b === t.LParen) {
    const kind = typeAt(nodes, at - 2);
    if (a === t.Forward || kind === t.Einsum || (at === 2 && declared.has(kind))) return "";
  }
  if (isPrefix(nodes, at - 1) && a !== t.Not) return "";
  if (isTightRange(nodes, at, owner)) return "";
  return isTightRange(nodes, at - 1, owner) && isSingle(nodes[at]) ? "" : " ";
}

/** The type of a word; undefined where a bracket stands, or nothing. */
export function typeAt(nodes: readonly Node[], at: number): TokenType | undefined {
  const node = nodes[at];
  return node?.kind === "word" ? node.token.tokenType : undefined;
}

function isSingle(node: Node | undefined): boolean {
  return node?.kind === "word" && single.has(node.token.tokenType);
}

/** `0..3` of `at` and of a hole, whose ends are single words; other ranges are spaced. */
function isTightRange(nodes: readonly Node[], at: number, owner: TokenType | undefined): boolean {
  if (typeAt(nodes, at) !== t.DotDot || !isSingle(nodes[at - 1])) return false;
  const before = typeAt(nodes, at - 2);
  const hole = before === t.In && typeAt(nodes, at - 3) === t.Question;
  const selector = owner === t.At && (before === t.At || before === t.Comma);
  if (!hole && !selector) return false;
  const ends = (node: Node | undefined): boolean =>
    node === undefined || node.kind === "block" || afterRange.has(firstWord(node).token.tokenType);
  return ends(nodes[at + 1]) || (isSingle(nodes[at + 1]) && ends(nodes[at + 2]));
}

/** What a value may end with, a block too: a sign behind it is an operator. */
export const valueEnds = new Set<TokenType>([...operandEnds, t.RBrace]);
const signs = new Set<TokenType | undefined>([t.Minus, t.Plus, t.Not]);

/** A sign or `not`, which belongs to what follows it. */
export function isPrefix(nodes: readonly Node[], at: number): boolean {
  const type = typeAt(nodes, at);
  if (type === t.Not) return true;
  if (!signs.has(type)) return false;
  const before = nodes[at - 1];
  return before === undefined || !valueEnds.has(lastWord(before).token.tokenType);
}
