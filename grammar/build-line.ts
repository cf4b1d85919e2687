import type { CstNode } from "chevrotain";
import type {
  Assign,
  BinaryOp,
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
import { type Exprs, nameOf, pathOf } from "./build-expr.js";
import { type Annotation, buildAnnotation, isKind, kindOf, requireKind, sizesOf } from "./build-shape.js";
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
interface Parts {
  readonly left: readonly Expr[];
  readonly annotation: Annotation | undefined;
  readonly colon: Span | undefined;
  readonly equals: Span | undefined;
  readonly value: Expr | undefined;
  readonly within: Range | undefined;
  readonly message: Text | undefined;
  readonly span: Span;
  /** The parser has reported a fault in it, so that what is missing is no news. */
  readonly broken: boolean;
}

const comparisons = new Set<BinaryOp>(["<=", "<", ">=", ">", "=="]);

/** What a line that begins with an expression means where it stands. */
export function buildLine(exprs: Exprs, node: CstNode, where: Where): Line[] {
  const parts = readParts(exprs, node);
  if (parts.left.length === 0) return [];
  if (where === "constraints") return constraints(exprs, parts);
  if (where === "checkpoint") return checkpointLine(exprs, parts);
  const message = parts.message;
  if (message !== undefined) exprs.source.sink.report("syntax/stray-text", {}, { span: message.span });
  return where === "layer" ? statement(exprs, parts) : field(exprs, parts, where);
}

function readParts(exprs: Exprs, node: CstNode): Parts {
  const span = exprs.span(node, 0);
  const left = nodes(node, "expr").map((one) => exprs.expr(one, span.end));
  const colon = token(node, "Colon");
  const equals = token(node, "Equals");
  const annotation = child(node, "annotation");
  const within = child(node, "range");
  const text = token(node, "Text");
  return {
    left,
    annotation: colon === undefined ? undefined : buildAnnotation(exprs, annotation, span.end),
    colon: colon === undefined ? undefined : spanOf(exprs.source, colon),
    equals: equals === undefined ? undefined : spanOf(exprs.source, equals),
    value: equals === undefined ? undefined : exprs.expr(child(node, "value"), span.end),
    within: within === undefined ? undefined : exprs.closedRange(within, span.end),
    message: text === undefined ? undefined : exprs.text(text),
    span,
    broken: exprs.isBroken(node),
  };
}

// ------------------------------------------------------------------------------------ constraints

function constraints(exprs: Exprs, parts: Parts): Constraint[] {
  const { sink } = exprs.source;
  if (parts.colon !== undefined || parts.equals !== undefined) {
    const opSpan = (parts.colon ?? parts.equals)!;
    const right = parts.value ?? parts.annotation?.expr ?? exprs.missing(opSpan.end);
    const left = parts.left[0]!;
    const metric = exprs.source.text.slice(left.span.start, left.span.end);
    sink.report(
      "syntax/constraint-form",
      { metric, written: parts.colon === undefined ? "=" : ":" },
      {
        span: opSpan,
        fixes: [
          { title: "write `<=`", span: opSpan, replacement: parts.colon === undefined ? "<=" : " <=" },
          { title: "write `==`", span: opSpan, replacement: parts.colon === undefined ? "==" : " ==" },
        ],
      },
    );
    return [{ kind: "constraint", left, op: "==", opSpan, right, message: parts.message, span: parts.span }];
  }
  const found: Constraint[] = [];
  for (const [i, expr] of parts.left.entries()) {
    if (expr.kind === "text") continue;
    if (expr.kind !== "binary" || !comparisons.has(expr.op)) {
      if (expr.kind === "missing" || parts.broken) continue;
      const metric = exprs.source.text.slice(expr.span.start, expr.span.end);
      sink.report("syntax/constraint-form", { metric, written: undefined }, { span: expr.span });
      continue;
    }
    const next = parts.left[i + 1];
    const { left, opSpan, right } = expr;
    const message = next?.kind === "text" ? next : i === parts.left.length - 1 ? parts.message : undefined;
    found.push({
      kind: "constraint",
      left,
      op: expr.op as Constraint["op"],
      opSpan,
      right,
      message,
      span: expr.span,
    });
  }
  return found;
}

// ------------------------------------------------------------------------------------ checkpoints

/** `"name in the file" = weight`, `ignore "name in the file"` */
function checkpointLine(exprs: Exprs, parts: Parts): CheckpointLine[] {
  const { span, value, message } = parts;
  const [first, second] = parts.left;
  if (
    first === undefined ||
    second !== undefined ||
    parts.annotation !== undefined ||
    parts.within !== undefined
  )
    return notStored(exprs, parts);
  if (value === undefined) {
    const ignores = first.kind === "name" && first.name === "ignore";
    return ignores && message !== undefined
      ? [{ kind: "ignored", foreign: message, span }]
      : notStored(exprs, parts);
  }
  if (first.kind !== "text" || message !== undefined) return notStored(exprs, parts);
  return [{ kind: "stored", foreign: first, value, span }];
}

function notStored(exprs: Exprs, parts: Parts): [] {
  const { value, span } = parts;
  const first = parts.left[0]!;
  if (parts.broken || first.kind === "missing") return [];
  const written = (expr: Expr): string => exprs.source.text.slice(expr.span.start, expr.span.end);
  const turned = value?.kind === "text" && parts.left.length === 1 && parts.annotation === undefined;
  const replacement = turned ? `${written(value)} = ${written(first)}` : "";
  const fixes = turned ? [{ title: "turn it round", span, replacement }] : [];
  exprs.source.sink.report("syntax/checkpoint-form", { turned }, { span, fixes });
  return [];
}

// ----------------------------------------------------------------------------------------- fields

function field(exprs: Exprs, parts: Parts, where: Where): Line[] {
  const { sink } = exprs.source;
  const { annotation, span } = parts;
  const first = parts.left[0]!;
  const names = namesOf(parts.left);
  if (annotation !== undefined && parts.value === undefined) {
    const value = annotation.expr ?? listOf(annotation);
    const kind =
      annotation.expr === undefined || where === "profile" ? undefined : kindOf(exprs, annotation.expr);
    if (kind === undefined && value !== undefined) return assignForeign(exprs, parts, first, value);
    if (kind !== undefined && names !== undefined) {
      return [{ kind: "field", names, type: kind, value: undefined, within: parts.within, span }];
    }
  }
  if (annotation !== undefined) {
    if (annotation.shape !== undefined) {
      const { span: at } = annotation.shape;
      sink.report("syntax/shape-in-model", { name: names?.[0]?.text ?? "x" }, { span: at });
      return [];
    }
    if (names === undefined || annotation.expr === undefined) return notAssignable(exprs, first);
    const type = requireKind(exprs, annotation.expr);
    const { value, within } = parts;
    if (type.name === "layer" && value !== undefined) return [{ kind: "instances", names, value, span }];
    return [{ kind: "field", names, type, value, within, span }];
  }
  if (parts.value === undefined) return bareField(exprs, parts, first, where);
  if (parts.left.length > 1)
    sink.report("syntax/several-fields", {}, { span: { ...span, end: parts.equals!.start } });
  return assign(exprs, first, parts.value, span);
}

/** `dim: 1024` for `dim = 1024` */
function assignForeign(exprs: Exprs, parts: Parts, target: Expr, value: Expr): Line[] {
  const span = parts.colon!;
  if (pathOf(target) === undefined) return notAssignable(exprs, target);
  if (target.kind !== "name" || blocksFor(target.name) === undefined) {
    const name = exprs.source.text.slice(target.span.start, target.span.end);
    reportColon(exprs, span, name);
  }
  return assign(exprs, target, value, parts.span);
}

function reportColon(exprs: Exprs, span: Span, name: string): void {
  const replacement = exprs.source.text[span.start - 1] === " " ? "=" : " =";
  const fixes = [{ title: "write `=`", span, replacement }];
  exprs.source.sink.report("syntax/colon", { name }, { span, fixes });
}

/** Words that other formats use for the number of blocks. */
function blocksFor(name: string): string | undefined {
  const words = ["blocks", "layers", "n_layers", "n_layer", "num_layers", "num_hidden_layers"];
  return words.includes(name) ? name : undefined;
}

function assign(exprs: Exprs, target: Expr, value: Expr, span: Span): Line[] {
  if (target.kind === "missing") return [];
  const path = pathOf(target);
  if (path === undefined) return notAssignable(exprs, target);
  const [first] = path;
  const word = path.length === 1 && first !== undefined ? blocksFor(first.text) : undefined;
  const written = exprs.source.text.slice(target.span.end, value.span.start).trim();
  if (word !== undefined && (word === "blocks" || written === ":")) {
    const count = exprs.source.text.slice(value.span.start, value.span.end);
    exprs.source.sink.report(
      "syntax/blocks-form",
      { word, count },
      {
        span,
        fixes: [{ title: `write \`blocks ${count}\``, span, replacement: `blocks ${count}` }],
      },
    );
    return [{ kind: "blocks", name: undefined, count: value, items: undefined, span }];
  }
  return [{ kind: "assign", path, value, span }];
}

function listOf(annotation: Annotation): Expr | undefined {
  const { shape } = annotation;
  const items = shape === undefined || annotation.dtype !== undefined ? undefined : sizesOf(shape);
  return shape === undefined || items === undefined ? undefined : { kind: "list", items, span: shape.span };
}

function bareField(exprs: Exprs, parts: Parts, first: Expr, where: Where): Line[] {
  if (first.kind === "missing") return [];
  const names = namesOf(parts.left);
  if (parts.broken) return [];
  if (names === undefined) return notAssignable(exprs, first);
  const text = names.map((name) => name.text).join(", ");
  if (where === "file") exprs.source.sink.report("syntax/not-a-declaration", { text }, { span: parts.span });
  else exprs.source.sink.report("syntax/field-without-value", { name: text }, { span: parts.span });
  return [];
}

// ------------------------------------------------------------------------------------- statements

function statement(exprs: Exprs, parts: Parts): Line[] {
  const { annotation, value, span } = parts;
  const first = parts.left[0]!;
  if (parts.within !== undefined)
    exprs.source.sink.report("syntax/stray-range", {}, { span: parts.within.span });
  if (annotation !== undefined) return annotated(exprs, parts, annotation);
  if (value === undefined) {
    if (parts.left.length === 1) return [{ kind: "expr", value: first, span }];
    exprs.source.sink.report(
      "syntax/tuple-without-parens",
      { list: listText(exprs, parts.left) },
      {
        span,
        fixes: parens(exprs, parts.left),
      },
    );
    return [{ kind: "expr", value: { kind: "tuple", items: parts.left, span }, span }];
  }
  if (first.kind === "next-value" && parts.left.length === 1) {
    return [{ kind: "next", name: first.name, value, span }];
  }
  if (first.kind === "tuple" && parts.left.length === 1) {
    const names = namesOf(first.items);
    return names === undefined ? notAssignable(exprs, first) : [let_(names, undefined, value, span)];
  }
  const names = namesOf(parts.left);
  if (names === undefined) return notAssignable(exprs, first);
  if (names.length > 1) {
    exprs.source.sink.report(
      "syntax/tuple-without-parens",
      { list: listText(exprs, parts.left) },
      {
        span: { ...span, end: parts.left[parts.left.length - 1]!.span.end },
        fixes: parens(exprs, parts.left),
      },
    );
  }
  return [let_(names, undefined, value, span)];
}

/** `y: [T S] = x`, `a, b: layer = f()` */
function annotated(exprs: Exprs, parts: Parts, annotation: Annotation): Line[] {
  const { sink } = exprs.source;
  const { span, value } = parts;
  const first = parts.left[0]!;
  const names = namesOf(parts.left);
  if (names === undefined) return notAssignable(exprs, first);
  if (annotation.shape !== undefined) {
    if (value === undefined && !parts.broken) {
      sink.report("syntax/line-without-value", { name: names[0]?.text ?? "x" }, { span });
    }
    return [let_(names, annotation, value ?? exprs.missing(span.end), span)];
  }
  const expr = annotation.expr ?? exprs.missing(span.end);
  const word = expr.kind === "name" ? expr.name : "";
  if (value !== undefined) {
    if (word === "layer") return [{ kind: "instances", names, value, span }];
    const at = { ...expr.span, start: parts.colon!.start };
    if (expr.kind !== "missing") {
      sink.report(
        "syntax/kind-in-layer",
        { name: names[0]?.text ?? "x" },
        {
          span: expr.span,
          fixes: [{ title: "remove the kind", span: at, replacement: "" }],
        },
      );
    }
    return [let_(names, undefined, value, span)];
  }
  if (isKind(word)) {
    sink.report("syntax/line-without-value", { name: names[0]?.text ?? "x" }, { span });
    return [let_(names, undefined, exprs.missing(span.end), span)];
  }
  reportColon(exprs, parts.colon!, names[0]?.text ?? "x");
  return [let_(names, undefined, expr, span)];
}

function let_(names: readonly Name[], annotation: Annotation | undefined, value: Expr, span: Span): Let {
  return { kind: "let", names, shape: annotation?.shape, dtype: annotation?.dtype, value, span };
}

function namesOf(exprs: readonly Expr[]): Name[] | undefined {
  const names = exprs.map((expr) => (expr.kind === "name" ? nameOf(expr) : undefined));
  return names.every((name) => name !== undefined) ? names : undefined;
}

function listText(exprs: Exprs, list: readonly Expr[]): string {
  return list.map((expr) => exprs.source.text.slice(expr.span.start, expr.span.end)).join(", ");
}

function parens(exprs: Exprs, list: readonly Expr[]): { title: string; span: Span; replacement: string }[] {
  const span = { ...list[0]!.span, end: list[list.length - 1]!.span.end };
  return [{ title: "add parentheses", span, replacement: `(${listText(exprs, list)})` }];
}

function notAssignable(exprs: Exprs, target: Expr | Missing): [] {
  if (target.kind === "missing") return [];
  const call = target.kind === "index";
  exprs.source.sink.report("syntax/not-assignable", { indexed: call }, { span: target.span });
  return [];
}
