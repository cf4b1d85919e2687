import type { Range, Shape, Stmt } from "./ast-layer.js";
import type { Base, Name, Span } from "./ast-node.js";

export type Expr =
  | Missing
  | NumberLit
  | QuantityLit
  | Text
  | NameExpr
  | NextExpr
  | ListExpr
  | TupleExpr
  | Unary
  | Binary
  | IfExpr
  | Call
  | Einsum
  | Index
  | Member
  | ForExpr
  | ForAlongExpr
  | PatternExpr
  | Hole;

/** A place where an expression was expected; the parser has reported it. */
export interface Missing extends Base {
  readonly kind: "missing";
}

/** `50_257`, `1.3B` (multiplied out), `1e-5`. `exact` is the digits as a decimal string. */
export interface NumberLit extends Base {
  readonly kind: "number";
  readonly value: number;
  /** The value as an exact rational `numerator / denominator`. */
  readonly exact: readonly [bigint, bigint];
  /** Written without point, exponent or with a suffix that makes it whole. */
  readonly whole: boolean;
}

/** `16 GiB`, `2 GFLOP`, `3 ms`: `exact` is in the base unit (bytes, FLOP, seconds). */
export interface QuantityLit extends Base {
  readonly kind: "quantity";
  readonly exact: readonly [bigint, bigint];
  readonly unit: "bytes" | "flop" | "seconds";
  readonly written: string;
}

export interface Text extends Base {
  readonly kind: "text";
  readonly value: string;
}

/** Any name, an axis included; also `true`, `false`, `none`, `lowest`. */
export interface NameExpr extends Base {
  readonly kind: "name";
  readonly name: string;
}

/** `next keys` in an expression */
export interface NextExpr extends Base {
  readonly kind: "next-value";
  readonly name: Name;
}

export interface ListExpr extends Base {
  readonly kind: "list";
  readonly items: readonly Expr[];
}

export interface TupleExpr extends Base {
  readonly kind: "tuple";
  readonly items: readonly Expr[];
}

export interface Unary extends Base {
  readonly kind: "unary";
  readonly op: "-" | "not";
  readonly operand: Expr;
}

export type BinaryOp =
  | "or"
  | "and"
  | "<="
  | "<"
  | ">="
  | ">"
  | "=="
  | "!="
  | "+"
  | "-"
  | "*"
  | "/"
  | "%"
  | "^";

export interface Binary extends Base {
  readonly kind: "binary";
  readonly op: BinaryOp;
  readonly opSpan: Span;
  readonly left: Expr;
  readonly right: Expr;
}

/** `if c then a else b` */
export interface IfExpr extends Base {
  readonly kind: "if-else";
  readonly condition: Expr;
  readonly then: Expr;
  readonly otherwise: Expr;
}

export interface Call extends Base {
  readonly kind: "call";
  readonly callee: Expr;
  readonly args: readonly Arg[];
}

/** `causal = true` (named), `4 * dim` (positional). Patterns are `PatternExpr` values. */
export interface Arg extends Base {
  readonly name: Name | undefined;
  readonly value: Expr;
}

/** `einsum[.. D, D F -> .. F](x, gate)` */
export interface Einsum extends Base {
  readonly kind: "einsum";
  readonly inputs: readonly Shape[];
  readonly output: Shape;
  readonly args: readonly Expr[];
}

/** `x[T = i]`, `x[T = 2 ..< 5 -> N]`, and `list[i]` (one subscript without an axis). */
export interface Index extends Base {
  readonly kind: "index";
  readonly target: Expr;
  readonly subscripts: readonly Subscript[];
}

export type Subscript =
  | { readonly kind: "at"; readonly axis: Name | undefined; readonly index: Expr; readonly span: Span }
  | {
      readonly kind: "slice";
      readonly axis: Name;
      readonly from: Expr;
      readonly to: Expr | undefined;
      readonly inclusive: boolean;
      readonly as: Name | undefined;
      readonly span: Span;
    };

/** `embed.table`, `params.active` */
export interface Member extends Base {
  readonly kind: "member";
  readonly target: Expr;
  readonly name: Name;
}

/** `for i in 0 ..< n { … }`: a list with one element a round. */
export interface ForExpr extends Base {
  readonly kind: "for";
  readonly name: Name;
  readonly range: Range;
  readonly body: readonly Stmt[];
}

/** `for c along C { … }`: one place of axis `C` after another, stacked along it. */
export interface ForAlongExpr extends Base {
  readonly kind: "for-along";
  readonly name: Name;
  readonly axis: Name;
  readonly body: readonly Stmt[];
}

/** `A B -> P`, `.. -> Z`, `P T -> S`, or `..` alone, as an argument. */
export interface PatternExpr extends Base {
  readonly kind: "pattern";
  readonly from: readonly PatternAxis[];
  /** Empty where there is no `->`. */
  readonly to: readonly PatternAxis[];
  readonly hasArrow: boolean;
}

export type PatternAxis =
  | { readonly kind: "rest"; readonly span: Span }
  | { readonly kind: "axis"; readonly name: Name; readonly span: Span };

/** `?`, `? in 1024..2048 step 128`, `? in [8, 16]` */
export interface Hole extends Base {
  readonly kind: "hole";
  readonly within: Range | readonly Expr[] | undefined;
}
