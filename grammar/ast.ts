/**
 * The syntax tree of an `.arch` file. Every node has the span it was read from; a place where the
 * parser found nothing usable holds a `Missing` node, which later phases never report again.
 */

/** A half-open range of UTF-16 offsets in one source file. */
export interface Span {
  readonly file: string;
  readonly start: number;
  readonly end: number;
}

export interface Name {
  readonly text: string;
  readonly span: Span;
}

interface Base {
  readonly span: Span;
}

export interface File extends Base {
  readonly kind: "file";
  readonly imports: readonly Import[];
  readonly items: readonly Item[];
}

/** `import { decoder, pkm as memory } from "std"` */
export interface Import extends Base {
  readonly kind: "import";
  readonly names: readonly { readonly name: Name; readonly alias: Name | undefined }[];
  readonly from: Text;
}

export type Item = ModelDecl | LayerDecl | FnDecl | ProfileDecl;

/** `profile serve { batch = 8, seq = 512 }`: a named use case. */
export interface ProfileDecl extends Base {
  readonly kind: "profile";
  readonly doc: string | undefined;
  readonly name: Name;
  readonly fields: readonly Assign[];
}

// ---------------------------------------------------------------------------------------- models

export interface ModelDecl extends Base {
  readonly kind: "model";
  readonly doc: string | undefined;
  readonly name: Name;
  readonly base: Name | undefined;
  readonly items: readonly ModelItem[];
}

export type ModelItem =
  | FieldDecl
  | SlotDecl
  | InstanceDecl
  | Assign
  | BlocksDecl
  | WeightStmt
  | ForwardDecl
  | ConstraintBlock
  | SolveBlock
  | CheckpointBlock
  | RequireStmt;

/** `vocab, seq: count` or `rate: number = 0.1 in 0 .. 1`: fields that a variant fills. */
export interface FieldDecl extends Base {
  readonly kind: "field";
  readonly names: readonly Name[];
  readonly type: KindRef;
  readonly value: Expr | undefined;
  readonly within: Range | undefined;
}

/** `slot ffn: layer = mlp(4 * dim)` */
export interface SlotDecl extends Base {
  readonly kind: "slot";
  readonly name: Name;
  readonly type: KindRef;
  readonly value: Expr | undefined;
}

/** `dim = 1024`, `ffn.k = 64`: `path` has one name, or a name and the arguments reached through it. */
export interface Assign extends Base {
  readonly kind: "assign";
  readonly path: readonly Name[];
  readonly value: Expr;
}

/** `blocks 12 { … }`, `blocks encode 6 { … }`, `blocks 24`. `items` is undefined without braces. */
export interface BlocksDecl extends Base {
  readonly kind: "blocks";
  readonly name: Name | undefined;
  readonly count: Expr | undefined;
  readonly items: readonly BlockItem[] | undefined;
}

export type BlockItem = SlotDecl | FieldDecl | InstanceDecl | Assign | AtBlock;

/** `at 5 { … }`, `at 0..3`, `at 2.. every 4`, `at every 2`, `at 1, 5, 7`. */
export interface AtBlock extends Base {
  readonly kind: "at";
  readonly selectors: readonly Selector[];
  readonly items: readonly BlockItem[];
}

/** `open` marks `2..` (to the last block); without `from`, all blocks. `to` is included. */
export interface Selector extends Base {
  readonly from: Expr | undefined;
  readonly to: Expr | undefined;
  readonly open: boolean;
  readonly every: Expr | undefined;
}

export interface ForwardDecl extends Base {
  readonly kind: "forward";
  readonly params: readonly Param[];
  readonly results: readonly Result[];
  readonly body: readonly Stmt[];
}

/** `budget { … }`, `budget serve { … }` (at a profile's point), `expect { … }`. */
export interface ConstraintBlock extends Base {
  readonly kind: "budget" | "expect";
  readonly profile: Name | undefined;
  readonly constraints: readonly Constraint[];
}

/** `params.active <= 400M "because …"`: `message` is shown when it fails. */
export interface Constraint extends Base {
  readonly kind: "constraint";
  readonly left: Expr;
  readonly op: "<=" | "<" | ">=" | ">" | "==";
  readonly opSpan: Span;
  readonly right: Expr;
  readonly message: Text | undefined;
}

/** `solve { maximize params.total }` */
export interface SolveBlock extends Base {
  readonly kind: "solve";
  readonly aim: "maximize" | "minimize";
  readonly metric: Expr;
}

/** `checkpoint huggingface { … }`: what the tensors of foreign weight files are, said of the model's own weights. */
export interface CheckpointBlock extends Base {
  readonly kind: "checkpoint";
  readonly name: Name | undefined;
  readonly lines: readonly CheckpointLine[];
}

export type CheckpointLine = StoredLine | IgnoredLine;

/** `"[transformer.]h.{i}.attn.c_proj.weight" = blocks[i].attn.out[H G V, D]` */
export interface StoredLine extends Base {
  readonly kind: "stored";
  readonly foreign: Text;
  readonly value: Expr;
}

/** `ignore "h.{i}.attn.bias"` */
export interface IgnoredLine extends Base {
  readonly kind: "ignored";
  readonly foreign: Text;
}

// ---------------------------------------------------------------------------------------- layers

export interface LayerDecl extends Base {
  readonly kind: "layer";
  readonly doc: string | undefined;
  readonly name: Name;
  readonly params: readonly Param[];
  readonly results: readonly Result[];
  readonly body: readonly Stmt[];
}

/** `fn f(y) = expr`, `fn unskew(x: [.. M S]) = expr`; at the top of a file or in a body. */
export interface FnDecl extends Base {
  readonly kind: "fn";
  readonly doc: string | undefined;
  readonly name: Name;
  readonly params: readonly { readonly name: Name; readonly shape: Shape | undefined; readonly span: Span }[];
  readonly body: Expr;
}

/** A parameter is a tensor (`shape`) or has a kind (`type`). `within` is the range after `in`. */
export interface Param extends Base {
  readonly name: Name;
  readonly shape: Shape | undefined;
  readonly dtype: DTypeRef | undefined;
  readonly type: KindRef | undefined;
  readonly value: Expr | undefined;
  readonly within: Range | undefined;
}

/** `-> [.. D]`, `-> (logits: [B T V], ids: [B T] int)` */
export interface Result extends Base {
  readonly name: Name | undefined;
  readonly shape: Shape;
  readonly dtype: DTypeRef | undefined;
}

/** `count`, `number`, `flag`, `layer`, `list(count)`; `unknown` where the parser has reported another word. */
export interface KindRef extends Base {
  readonly name: string;
  readonly of: KindRef | undefined;
}

export interface DTypeRef extends Base {
  readonly name: "float" | "int" | "flag";
}

/** `[.. T, H = heads, P <= window, 3]` */
export interface Shape extends Base {
  readonly axes: readonly Axis[];
}

export type Axis =
  | { readonly kind: "rest"; readonly span: Span }
  /** `T`, `H = heads`, `P <= n` */
  | {
      readonly kind: "axis";
      readonly name: Name;
      readonly size: Expr | undefined;
      readonly bound: Expr | undefined;
      readonly span: Span;
    }
  /** an axis without a name: `3`, `keys * 2` */
  | { readonly kind: "size"; readonly size: Expr; readonly span: Span };

/** `a .. b` (end included) or `a ..< b` (end left out); `b` may be absent in an index. */
export interface Range extends Base {
  readonly from: Expr;
  readonly to: Expr | undefined;
  readonly inclusive: boolean;
  readonly step: Expr | undefined;
}

export type Stmt =
  | WeightStmt
  | StateStmt
  | NextStmt
  | RandomStmt
  | LossStmt
  | RequireStmt
  | IfStmt
  | ReturnStmt
  | InverseStmt
  | InstanceDecl
  | Let
  | FnDecl
  | ExprStmt;

/** `weight gate, up: [D, H = heads] init normal(0.02) in 0 .. 1 lookup` */
export interface WeightStmt extends Base {
  readonly kind: "weight";
  readonly names: readonly Name[];
  readonly shape: Shape;
  readonly init: Expr | undefined;
  readonly lookup: boolean;
  readonly within: Range | undefined;
}

/** `state keys, values: [.., P, H = heads] int init zeros` */
export interface StateStmt extends Base {
  readonly kind: "state";
  readonly names: readonly Name[];
  readonly shape: Shape;
  readonly dtype: DTypeRef | undefined;
  readonly init: Expr | undefined;
}

/** `next keys = expr` */
export interface NextStmt extends Base {
  readonly kind: "next";
  readonly name: Name;
  readonly value: Expr;
}

/** `random turn: [H = heads, K = dim] normal` */
export interface RandomStmt extends Base {
  readonly kind: "random";
  readonly names: readonly Name[];
  readonly shape: Shape;
  readonly distribution: Expr;
}

/** `loss 1e-6 * mean(reach, H)` */
export interface LossStmt extends Base {
  readonly kind: "loss";
  readonly value: Expr;
}

/** `require T % chunk == 0, "why"` */
export interface RequireStmt extends Base {
  readonly kind: "require";
  readonly condition: Expr;
  readonly message: Text | undefined;
}

/** `otherwise` holds one `if` statement for `else if`. */
export interface IfStmt extends Base {
  readonly kind: "if";
  readonly condition: Expr;
  readonly then: readonly Stmt[];
  readonly otherwise: readonly Stmt[] | undefined;
}

/** A tuple is returned as several values. */
export interface ReturnStmt extends Base {
  readonly kind: "return";
  readonly values: readonly Expr[];
}

/** `inverse (u, w) { … return (a, b) }` */
export interface InverseStmt extends Base {
  readonly kind: "inverse";
  readonly names: readonly Name[];
  readonly body: readonly Stmt[];
}

/** `norm_a, norm_b: layer = layer_norm()`: one instance for each name. */
export interface InstanceDecl extends Base {
  readonly kind: "instances";
  readonly names: readonly Name[];
  readonly value: Expr;
}

/** `y = expr`, `seen: [T S] = expr`, `(v, i) = topk(…)`; `shape` and `dtype` only with one name. */
export interface Let extends Base {
  readonly kind: "let";
  readonly names: readonly Name[];
  readonly shape: Shape | undefined;
  readonly dtype: DTypeRef | undefined;
  readonly value: Expr;
}

/** The last one in a `for` or `if` block is the block's value. */
export interface ExprStmt extends Base {
  readonly kind: "expr";
  readonly value: Expr;
}

// ----------------------------------------------------------------------------------- expressions

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
