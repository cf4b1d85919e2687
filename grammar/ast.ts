/**
 * The syntax tree of an `.arch` file. Every node has the span it was read from; a place where the
 * parser found nothing usable holds a `Missing` node, which later phases never report again.
 */

import type { Expr, Text } from "./ast-expr.js";
import type {
  FnDecl,
  InstanceDecl,
  KindRef,
  LayerDecl,
  Param,
  Range,
  RequireStmt,
  Result,
  Stmt,
  WeightStmt,
} from "./ast-layer.js";
import type { Base, Name, Span } from "./ast-node.js";

export type * from "./ast-expr.js";
export type * from "./ast-layer.js";
export type { Name, Span } from "./ast-node.js";

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
  /** `optional "final_logits_bias" = head.shift`: a file may lack the tensor, and the weight then keeps its initial value. */
  readonly optional: boolean;
}

/** `ignore "h.{i}.attn.bias"` */
export interface IgnoredLine extends Base {
  readonly kind: "ignored";
  readonly foreign: Text;
}
