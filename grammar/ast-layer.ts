import type { Expr, Text } from "./ast-expr.js";
import type { Base, Name, Span } from "./ast-node.js";

export interface LayerDecl extends Base {
  readonly kind: "layer";
  readonly doc: string | undefined;
  readonly name: Name;
  readonly params: readonly Param[];
  readonly results: readonly Result[];
  readonly body: readonly Stmt[];
  /** Set where a fault of the text leaves open what the layer returns. */
  readonly unread?: true;
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
