import type { CstNode } from "chevrotain";
import type {
  Assign,
  BlocksDecl,
  CheckpointLine,
  Constraint,
  Expr,
  ExprStmt,
  FieldDecl,
  InstanceDecl,
  Let,
  Missing,
  Name,
  NextStmt,
  Range,
  Span,
  Text,
} from "./ast.js";
import { type Exprs, nameOf } from "./build-expr.js";
import { type Annotation, buildAnnotation } from "./build-shape.js";
import { child, nodes, spanOf, token } from "./cst.js";

/** The kinds of block that a line may stand in. */
export type Where =
  | "file"
  | "model"
  | "blocks"
  | "layer"
  | "constraints"
  | "solve"
  | "profile"
  | "checkpoint";

/** Whatever such a line may be. */
export type Line =
  | CheckpointLine
  | Assign
  | FieldDecl
  | InstanceDecl
  | Let
  | NextStmt
  | ExprStmt
  | Constraint
  | BlocksDecl;

/** A line that begins with an expression, as the parser has read it. */
export interface Parts {
  readonly left: readonly Expr[];
  readonly annotation: Annotation | undefined;
  readonly colon: Span | undefined;
  readonly equals: Span | undefined;
  readonly value: Expr | undefined;
  readonly within: Range | undefined;
  readonly message: Text | undefined;
  /** It begins with `optional`, as a line of a checkpoint may. */
  readonly optional: boolean;
  readonly span: Span;
  /** The parser has reported a fault in it, so that what is missing is no news. */
  readonly broken: boolean;
}

/** Takes a line apart, whatever it is to mean. */
export function readParts(exprs: Exprs, node: CstNode): Parts {
  const span = exprs.span(node, 0);
  const left = nodes(node, "expr").map((one) => exprs.expr(one, span.end));
  const colon = token(node, "Colon");
  const equals = token(node, "Equals");
  const annotation = child(node, "annotation");
  const within = child(node, "range");
  const text = token(node, "Text");
  if (exprs.source.text[span.start] === "+" && !exprs.isBroken(node)) reportPlus(exprs, span);
  return {
    left,
    annotation: colon === undefined ? undefined : buildAnnotation(exprs, annotation, span.end),
    colon: colon === undefined ? undefined : spanOf(exprs.source, colon),
    equals: equals === undefined ? undefined : spanOf(exprs.source, equals),
    value: equals === undefined ? undefined : exprs.expr(child(node, "value"), span.end),
    within: within === undefined ? undefined : exprs.closedRange(within, span.end),
    message: text === undefined ? undefined : exprs.text(text),
    optional: token(node, "optional") !== undefined,
    span,
    broken: exprs.isBroken(node),
  };
}

/** `+x`, which would go on with the line above if one stood there. */
function reportPlus(exprs: Exprs, line: Span): void {
  const span = { ...line, end: line.start + 1 };
  const fixes = [{ title: "leave it out", span, replacement: "" }];
  exprs.source.sink.report("syntax/leading-operator", { operator: "+", alone: true }, { span, fixes });
}

/** Plain names, or undefined where one is something else. */
export function namesOf(exprs: readonly Expr[]): Name[] | undefined {
  const names = exprs.map((expr) => (expr.kind === "name" ? nameOf(expr) : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}

/** `dim: 1024` where `dim = 1024` is meant. */
export function reportColon(exprs: Exprs, span: Span, name: string): void {
  const replacement = exprs.source.text[span.start - 1] === " " ? "=" : " =";
  const fixes = [{ title: "write `=`", span, replacement }];
  exprs.source.sink.report("syntax/colon", { name }, { span, fixes });
}

/** Reports what stands where a name should. */
export function notAssignable(exprs: Exprs, target: Expr | Missing): [] {
  if (target.kind === "missing") return [];
  const call = target.kind === "index";
  exprs.source.sink.report("syntax/not-assignable", { indexed: call }, { span: target.span });
  return [];
}
