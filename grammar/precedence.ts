import type { IToken, TokenType } from "chevrotain";
import type { Binary, BinaryOp, Expr, Span } from "./ast.js";
import { type Source, spanOf } from "./source.js";
import * as t from "./tokens.js";

/** How tightly operators bind. `^` is right-associative; comparisons do not chain. */
const precedence = new Map<BinaryOp, number>([
  ["or", 1],
  ["and", 2],
  ["<=", 4],
  ["<", 4],
  [">=", 4],
  [">", 4],
  ["==", 4],
  ["!=", 4],
  ["+", 5],
  ["-", 5],
  ["*", 6],
  ["/", 6],
  ["%", 6],
  ["^", 8],
]);
const notPrecedence = 3;
const comparison = 4;
const minusPrecedence = 7;

/** The flat parts of one expression: prefix operators, operands and the operators between them. */
export type Part =
  | { readonly kind: "prefix" | "operator"; readonly token: IToken }
  | { readonly kind: "operand"; readonly expr: Expr };

const spellings = new Map<TokenType, BinaryOp>([
  [t.Or, "or"],
  [t.And, "and"],
  [t.LessEqual, "<="],
  [t.Less, "<"],
  [t.GreaterEqual, ">="],
  [t.Greater, ">"],
  [t.EqualEqual, "=="],
  [t.NotEqual, "!="],
  [t.Plus, "+"],
  [t.Minus, "-"],
  [t.Star, "*"],
  [t.Slash, "/"],
  [t.Percent, "%"],
  [t.Caret, "^"],
]);

/** Makes one expression of its flat parts. What is missing between them is placed at `end`. */
export function combine(source: Source, parts: readonly Part[], end: number): Expr {
  return new Climb(source, parts, end).from(0);
}

class Climb {
  private next = 0;

  constructor(
    private readonly source: Source,
    private readonly parts: readonly Part[],
    private readonly end: number,
  ) {}

  /** The expression from here to the first operator that binds less tightly than `least`. */
  from(least: number): Expr {
    let left = this.prefixed();
    let compared: Binary | undefined;
    for (;;) {
      const part = this.parts[this.next];
      if (part?.kind !== "operator") return left;
      const op = spelling(part.token);
      const level = precedence.get(op) ?? 0;
      if (level < least) return left;
      this.next++;
      const right = this.from(op === "^" ? level : level + 1);
      const opSpan = spanOf(this.source, part.token);
      const made: Binary = { kind: "binary", op, opSpan, left, right, span: around(left.span, right.span) };
      if (level !== comparison) left = made;
      else if (compared === undefined) [left, compared] = [made, made];
      else {
        // `a < b < c` is read as what it means: `a < b and b < c`.
        const middle = compared.right;
        const second: Binary = { ...made, left: middle, span: around(middle.span, right.span) };
        const [a, b] = [compared.span, second.span].map((s) => this.source.text.slice(s.start, s.end));
        this.source.sink.report("syntax/chained-comparison", { first: a!, second: b! }, { span: opSpan });
        left = { ...made, op: "and", left, right: second };
        compared = second;
      }
    }
  }

  private prefixed(): Expr {
    const part = this.parts[this.next];
    if (part === undefined || part.kind === "operator") {
      return { kind: "missing", span: { file: this.source.file, start: this.end, end: this.end } };
    }
    this.next++;
    if (part.kind === "operand") return part.expr;
    const not = part.token.tokenType === t.Not;
    const operand = this.from(not ? notPrecedence : minusPrecedence);
    if (part.token.tokenType === t.Plus) return operand;
    const span = around(spanOf(this.source, part.token), operand.span);
    return { kind: "unary", op: not ? "not" : "-", operand, span };
  }
}

/** A span from the start of one to the end of the other. */
export function around(a: Span, b: Span): Span {
  return { file: a.file, start: a.start, end: Math.max(a.end, b.end) };
}

/** Our spelling of an operator; the text may hold a foreign one. */
function spelling(token: IToken): BinaryOp {
  return spellings.get(token.tokenType) ?? "*";
}
