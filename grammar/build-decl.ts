import type { CstNode, IToken } from "chevrotain";
import type {
  AtBlock,
  BlockItem,
  BlocksDecl,
  CheckpointBlock,
  CheckpointLine,
  Constraint,
  ConstraintBlock,
  Expr,
  ForwardDecl,
  Import,
  Item,
  LayerDecl,
  ModelDecl,
  ModelItem,
  Name,
  ProfileDecl,
  Selector,
  SlotDecl,
  SolveBlock,
  Stmt,
} from "./ast.js";
import type { Exprs } from "./build-expr.js";
import { buildAnnotation, buildLayerParams, buildParams, buildResults, requireKind } from "./build-shape.js";
import { child, docOf, nodes, spanOf, token, tokens } from "./cst.js";
import type { Line, Where } from "./line-parts.js";

/** `maximize params.total`, on its way into a `solve` block. */
export interface Aim {
  readonly kind: "aim";
  readonly aim: "maximize" | "minimize";
  readonly metric: Expr;
  readonly span: SolveBlock["span"];
}

/** Whatever an item of a block may be. */
export type Built = Item | Import | ModelItem | BlockItem | Stmt | Constraint | Aim | Line;

/** What builds the values and the blocks within a declaration. */
export interface Within {
  readonly exprs: Exprs;
  /** The items of a block that may stand there. */
  items(block: CstNode | undefined, where: Where): Built[];
  /** The lines of a layer. */
  statements(block: CstNode | undefined): readonly Stmt[];
}

function nameOf({ exprs }: Within, found: IToken | undefined, node: CstNode): Name {
  return exprs.name(found, exprs.span(node, 0).end);
}

/** A model whose name is missing (reported) is checked all the same, under one. */
function modelName(within: Within, node: CstNode): Name {
  const name = nameOf(within, token(node, "Name"), node);
  const word = token(node, "Model");
  if (name.text !== "" || word === undefined) return name;
  return { text: "Nameless", span: spanOf(within.exprs.source, word) };
}

/** `import { decoder } from "std"` */
export function buildImport(within: Within, node: CstNode): Import {
  const span = within.exprs.span(node, 0);
  const names = nodes(node, "imported").map((one) => {
    const [name, alias] = tokens(one, "Name");
    return {
      name: nameOf(within, name, one),
      alias: alias === undefined ? undefined : nameOf(within, alias, one),
    };
  });
  const text = token(node, "Text");
  const from =
    text === undefined
      ? { kind: "text" as const, value: "", span: within.exprs.missing(span.end).span }
      : within.exprs.text(text);
  return { kind: "import", names, from, span };
}

/** `model Small : decoder { … }`; other ways of naming a base are reported. */
export function buildModel(within: Within, node: CstNode): ModelDecl {
  const base = token(node, "base");
  const extended = token(node, "extends") ?? token(node, "CallParen");
  const name = modelName(within, node);
  if (extended !== undefined && base !== undefined) {
    const closer = token(node, "RParen");
    const span = { ...name.span, start: name.span.end, end: spanOf(within.exprs.source, closer ?? base).end };
    within.exprs.source.sink.report(
      "syntax/base-form",
      { name: name.text, base: base.image },
      {
        span,
        fixes: [{ title: "write `:`", span, replacement: ` : ${base.image}` }],
      },
    );
  }
  return {
    kind: "model",
    doc: docOf(token(node, "Model")),
    name,
    base: base === undefined ? undefined : nameOf(within, base, node),
    items: within.items(child(node, "block"), "model") as ModelItem[],
    span: within.exprs.span(node, 0),
  };
}

/** `profile serve { … }` */
export function buildProfile(within: Within, node: CstNode): ProfileDecl {
  return {
    kind: "profile",
    doc: docOf(token(node, "Profile")),
    name: nameOf(within, token(node, "Name"), node),
    fields: within.items(child(node, "block"), "profile") as ProfileDecl["fields"][number][],
    span: within.exprs.span(node, 0),
  };
}

/** `layer scale(x: [.. D]) -> [.. D] { … }` */
export function buildLayer(within: Within, node: CstNode): LayerDecl {
  const declared = child(node, "results");
  const params = buildLayerParams(within.exprs, child(node, "params"));
  // A parameter whose shape could not be read has its own place for one.
  const unread =
    params.some((param) => param.shape?.span === param.span) ||
    (within.exprs.isBroken(node) &&
      (child(node, "block") === undefined ||
        nodes(declared, "result").every((one) => child(one, "shape") === undefined)));
  return {
    kind: "layer",
    doc: docOf(token(node, "Layer")),
    name: nameOf(within, token(node, "Name"), node),
    params,
    results: buildResults(within.exprs, declared),
    body: within.statements(child(node, "block")),
    ...(unread ? { unread } : {}),
    span: within.exprs.span(node, 0),
  };
}

/** `slot ffn: layer = mlp()` */
export function buildSlot(within: Within, node: CstNode): SlotDecl {
  const span = within.exprs.span(node, 0);
  const name = nameOf(within, token(node, "Name"), node);
  const annotation = child(node, "annotation");
  const read = annotation === undefined ? undefined : buildAnnotation(within.exprs, annotation, span.end);
  if (read?.shape !== undefined) {
    within.exprs.source.sink.report("syntax/shape-in-model", { name: name.text }, { span: read.shape.span });
  }
  const type = read?.expr === undefined ? undefined : requireKind(within.exprs, read.expr);
  const value =
    token(node, "Equals") === undefined ? undefined : within.exprs.expr(child(node, "expr"), span.end);
  return {
    kind: "slot",
    name,
    type: type ?? { name: "layer", of: undefined, span: name.span },
    value,
    span,
  };
}

/** `blocks 12 { … }` */
export function buildBlocks(within: Within, node: CstNode): BlocksDecl {
  const span = within.exprs.span(node, 0);
  const name = token(node, "Name");
  const count = child(node, "expr");
  const block = child(node, "block");
  return {
    kind: "blocks",
    name: name === undefined ? undefined : nameOf(within, name, node),
    count: count === undefined ? undefined : within.exprs.expr(count, span.end),
    items: block === undefined ? undefined : (within.items(block, "blocks") as BlockItem[]),
    span,
  };
}

/** `at 0..3 { … }` */
export function buildAt(within: Within, node: CstNode): AtBlock {
  return {
    kind: "at",
    selectors: nodes(node, "selector").map((one) => buildSelector(within, one)),
    items: within.items(child(node, "block"), "blocks") as BlockItem[],
    span: within.exprs.span(node, 0),
  };
}

function buildSelector(within: Within, node: CstNode): Selector {
  const span = within.exprs.span(node, 0);
  const every = child(node, "expr");
  const step = every === undefined ? undefined : within.exprs.expr(every, span.end);
  const range = child(node, "range");
  if (range === undefined) return { from: undefined, to: undefined, open: false, every: step, span };
  const exclusive = token(range, "DotDotLess");
  if (exclusive !== undefined) {
    const place = spanOf(within.exprs.source, exclusive);
    within.exprs.source.sink.report("syntax/exclusive-selector", {}, { span: place });
  }
  const read = within.exprs.range(range, span.end);
  const spans = exclusive !== undefined || token(range, "DotDot") !== undefined;
  if (read.step !== undefined) {
    within.exprs.source.sink.report("syntax/step-in-selector", {}, { span: read.step.span });
  }
  return {
    from: read.from,
    to: read.to,
    open: spans && read.to === undefined,
    every: step ?? read.step,
    span,
  };
}

/** `forward(…) -> (…) { … }` */
export function buildForward(within: Within, node: CstNode): ForwardDecl {
  const results = child(node, "results");
  const params = buildParams(within.exprs, child(node, "params"));
  if (results === undefined && !within.exprs.isBroken(node)) {
    within.exprs.source.sink.report(
      "syntax/forward-without-result",
      {},
      { span: within.exprs.span(child(node, "params"), 0) },
    );
  }
  return {
    kind: "forward",
    params,
    results: buildResults(within.exprs, results),
    body: within.statements(child(node, "block")),
    span: within.exprs.span(node, 0),
  };
}

/** `budget { … }` or `expect { … }` */
export function buildConstraints(within: Within, node: CstNode): ConstraintBlock {
  const name = token(node, "Name");
  return {
    kind: token(node, "Expect") === undefined ? "budget" : "expect",
    profile: name === undefined ? undefined : nameOf(within, name, node),
    constraints: within.items(child(node, "block"), "constraints") as Constraint[],
    span: within.exprs.span(node, 0),
  };
}

/** `solve { … }`: one aim, others are reported. */
export function buildSolve(within: Within, node: CstNode): SolveBlock[] {
  const span = within.exprs.span(node, 0);
  const aims = within.items(child(node, "block"), "solve") as Aim[];
  const [first, second] = aims;
  if (first === undefined && !within.exprs.isBroken(node))
    within.exprs.source.sink.report("syntax/solve-without-aim", {}, { span });
  if (second !== undefined) within.exprs.source.sink.report("syntax/second-aim", {}, { span: second.span });
  return first === undefined ? [] : [{ kind: "solve", aim: first.aim, metric: first.metric, span }];
}

/** `checkpoint huggingface { … }` */
export function buildCheckpoint(within: Within, node: CstNode): CheckpointBlock {
  const name = token(node, "Name");
  return {
    kind: "checkpoint",
    name: name === undefined ? undefined : nameOf(within, name, node),
    lines: within.items(child(node, "block"), "checkpoint") as CheckpointLine[],
    span: within.exprs.span(node, 0),
  };
}

/** `maximize params.total` */
export function buildAim(within: Within, node: CstNode): Aim {
  const aim = token(node, "Aim")?.image === "minimize" ? "minimize" : "maximize";
  return {
    kind: "aim",
    aim,
    metric: within.exprs.expr(child(node, "expr"), within.exprs.span(node, 0).end),
    span: within.exprs.span(node, 0),
  };
}
