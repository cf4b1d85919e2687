import type { CstNode } from "chevrotain";
import type { FnDecl, IfStmt, InverseStmt, ModelItem, Shape, Stmt } from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { buildDType, buildParams, buildShape } from "./build-shape.js";
import { child, docOf, nodes, spanOf, token, tokens } from "./cst.js";

/** Statements of layer bodies; what stands in their blocks comes from `exprs.statements`. */

export function buildFn(exprs: Exprs, node: CstNode): FnDecl {
  const span = exprs.span(node, 0);
  const name = exprs.name(token(node, "Name"), span.end);
  const block = child(node, "block");
  if (block !== undefined) {
    exprs.source.sink.report(
      "syntax/fn-with-body",
      { name: name.text },
      { span: exprs.span(block, span.end) },
    );
  }
  const params = buildParams(exprs, child(node, "params"));
  for (const param of params) {
    const extra = param.type ?? param.value ?? param.within;
    if (extra !== undefined) exprs.source.sink.report("syntax/fn-parameter", {}, { span: extra.span });
  }
  return {
    kind: "fn",
    doc: docOf(token(node, "Fn")),
    name,
    params: params.map((param) => ({ name: param.name, shape: param.shape, span: param.span })),
    body: block === undefined ? exprs.expr(child(node, "expr"), span.end) : exprs.missing(span.end),
    span,
  };
}

/** The shape after `:` of a weight or state; a kind there is reported. */
function tensor(exprs: Exprs, node: CstNode): Shape {
  const annotation = child(node, "annotation");
  const shape = child(annotation, "shape");
  const { end } = exprs.span(node, 0);
  if (shape !== undefined) return buildShape(exprs, shape, end);
  const place = exprs.expr(child(annotation, "expr"), end);
  if (place.kind !== "missing") exprs.source.sink.report("syntax/shape-expected", {}, { span: place.span });
  return { axes: [], span: place.span };
}

export function buildWeight(exprs: Exprs, node: CstNode): Stmt & ModelItem {
  const span = exprs.span(node, 0);
  const typed = token(child(node, "annotation"), "dtype");
  if (typed !== undefined) {
    const at = spanOf(exprs.source, typed);
    const fixes = [{ title: `remove \`${typed.image}\``, span: at, replacement: "" }];
    exprs.source.sink.report("syntax/weight-dtype", { dtype: typed.image }, { span: at, fixes });
  }
  const init = child(node, "expr");
  const within = child(node, "range");
  return {
    kind: "weight",
    names: exprs.names(tokens(node, "Name")),
    shape: tensor(exprs, node),
    init: init === undefined ? undefined : exprs.expr(init, span.end),
    lookup: token(node, "Lookup") !== undefined,
    within: within === undefined ? undefined : exprs.closedRange(within, span.end),
    span,
  };
}

export function buildState(exprs: Exprs, node: CstNode): Stmt {
  const span = exprs.span(node, 0);
  const init = child(node, "expr");
  return {
    kind: "state",
    names: exprs.names(tokens(node, "Name")),
    shape: tensor(exprs, node),
    dtype: buildDType(exprs, token(child(node, "annotation"), "dtype")),
    init: init === undefined ? undefined : exprs.expr(init, span.end),
    span,
  };
}

export function buildLoss(exprs: Exprs, node: CstNode): Stmt {
  const span = exprs.span(node, 0);
  return { kind: "loss", value: exprs.expr(child(node, "expr"), span.end), span };
}

export function buildRandom(exprs: Exprs, node: CstNode): Stmt {
  const span = exprs.span(node, 0);
  const distribution = child(node, "expr");
  if (distribution === undefined && child(node, "shape") !== undefined) {
    exprs.source.sink.report("syntax/random-without-distribution", {}, { span });
  }
  return {
    kind: "random",
    names: exprs.names(tokens(node, "Name")),
    shape: buildShape(exprs, child(node, "shape"), span.end),
    distribution: exprs.expr(distribution, span.end),
    span,
  };
}

export function buildRequire(exprs: Exprs, node: CstNode): Stmt & ModelItem {
  const text = token(node, "Text");
  return {
    kind: "require",
    condition: exprs.condition(child(node, "condition"), exprs.span(node, 0).end),
    message: text === undefined ? undefined : exprs.text(text),
    span: exprs.span(node, 0),
  };
}

export function buildReturn(exprs: Exprs, node: CstNode): Stmt {
  const span = exprs.span(node, 0);
  const values = nodes(node, "expr").map((one) => exprs.expr(one, span.end));
  const only = values[0];
  if (only === undefined && !exprs.isBroken(node))
    exprs.source.sink.report("syntax/return-without-value", {}, { span });
  return {
    kind: "return",
    values: values.length === 1 && only?.kind === "tuple" ? only.items : values,
    span,
  };
}

export function buildInverse(exprs: Exprs, node: CstNode): InverseStmt {
  return {
    kind: "inverse",
    names: exprs.names(tokens(node, "Name")),
    body: exprs.statements(child(node, "block")),
    span: exprs.span(node, 0),
  };
}

/** `if c { … }`, or `if c then a else b` as the value of its block. */
export function buildConditional(exprs: Exprs, node: CstNode): Stmt {
  const span = exprs.span(node, 0);
  const block = child(node, "block");
  if (block === undefined) return { kind: "expr", value: exprs.conditional(node), span };
  const chained = child(node, "conditional");
  const elseBlock = child(node, "elseBlock");
  let otherwise: IfStmt["otherwise"];
  if (chained !== undefined) otherwise = [buildConditional(exprs, chained)];
  else if (elseBlock !== undefined) otherwise = exprs.statements(elseBlock);
  return {
    kind: "if",
    condition: exprs.condition(child(node, "condition"), span.end),
    // biome-ignore lint/suspicious/noThenProperty: a tree is never awaited
    then: exprs.statements(block),
    otherwise,
    span,
  };
}
