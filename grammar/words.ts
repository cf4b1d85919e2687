import type { IToken, TokenType } from "chevrotain";
import { tokenMatcher } from "./chevrotain.js";
import * as t from "./tokens.js";

// The words that are keywords somewhere, and what may stand around them; `keywords.ts` decides which are, and where.

/** Words that are never names, except after a dot. */
export const reserved = new Map<string, TokenType>([
  ["if", t.If],
  ["then", t.Then],
  ["else", t.Else],
  ["for", t.For],
  ["and", t.And],
  ["or", t.Or],
  ["not", t.Not],
]);

/** Words that begin a line before a name: `weight gate`, `layer attention`. */
export const declaring = new Map<string, TokenType>([
  ["model", t.Model],
  ["layer", t.Layer],
  ["profile", t.Profile],
  ["fn", t.Fn],
  ["slot", t.Slot],
  ["weight", t.Weight],
  ["state", t.State],
  ["random", t.Random],
  ["maximize", t.Aim],
  ["minimize", t.Aim],
]);

/** Words that begin a line before a value, unless the line assigns to that name. */
export const acting = new Map<string, TokenType>([
  ["return", t.Return],
  ["require", t.Require],
  ["loss", t.Loss],
]);

/** Words between two values: `1..8 step 2`. Elsewhere no value follows another. */
export const joining = new Map<string, TokenType>([
  ["in", t.In],
  ["init", t.Init],
  ["step", t.Step],
  ["every", t.Every],
  ["along", t.Along],
  ["as", t.As],
]);

/** What a line may begin with before a name, and before `{` or `2 {`: a word like one of these is a slip. */
export const beforeName = [...declaring.keys(), ...acting.keys(), "import"];
export const beforeBlock = ["blocks", "budget", "expect", "checkpoint", "solve", "at", "import"];

/** How other languages begin a line, and what that is here. */
export const foreignWords = new Map<string, "drop" | "callable" | "model" | "require">([
  ["let", "drop"],
  ["const", "drop"],
  ["var", "drop"],
  ["export", "drop"],
  ["pub", "drop"],
  ["public", "drop"],
  ["def", "callable"],
  ["func", "callable"],
  ["function", "callable"],
  ["class", "model"],
  ["struct", "model"],
  ["assert", "require"],
]);

/** What other languages call `none`. */
export const nothingWords: ReadonlySet<string> = new Set(["None", "null", "nil", "none", "undefined"]);

export const operandEnds = new Set<TokenType>([
  t.Name,
  t.AxisName,
  t.NumberToken,
  t.Unit,
  t.TextToken,
  t.RParen,
  t.RBracket,
  t.Question,
]);
export const callableEnds = new Set<TokenType>([t.Name, t.AxisName, t.TextToken, t.RParen, t.RBracket]);
export const operandStarts = new Set<TokenType>([
  t.Name,
  t.AxisName,
  t.NumberToken,
  t.TextToken,
  t.LParen,
  t.LBracket,
  t.Minus,
  t.Question,
  t.Not,
]);
export const assigning = new Set<TokenType>([t.Equals, t.Colon, t.Comma, t.Dot]);

export function isName(token: IToken | undefined): boolean {
  return token !== undefined && tokenMatcher(token, t.Name);
}
