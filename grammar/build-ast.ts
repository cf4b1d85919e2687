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
  File,
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
import { Exprs } from "./build-expr.js";
import { buildLine, type Line, type Where } from "./build-line.js";
import { buildAnnotation, buildParams, buildResults, requireKind } from "./build-shape.js";
import {
  buildConditional,
  buildFn,
  buildInverse,
  buildLoss,
  buildRandom,
  buildRequire,
  buildReturn,
  buildState,
  buildWeight,
} from "./build-stmt.js";
import { child, docOf, nodes, onlyNode, spanOf, token, tokens } from "./cst.js";
import type { Source } from "./lex.js";

/** `maximize params.total`, on its way into a `solve` block. */
interface Aim {
  readonly kind: "aim";
  readonly aim: "maximize" | "minimize";
  readonly metric: Expr;
  readonly span: SolveBlock["span"];
}

type Built = Item | Import | ModelItem | BlockItem | Stmt | Constraint | Aim | Line;
type Kind = Built["kind"];

/** What may stand where. */
const allowed: Record<Where, ReadonlySet<Kind>> = {
  file: new Set<Kind>(["import", "model", "layer", "profile", "fn"]),
  model: new Set<Kind>([
    "field",
    "slot",
    "instances",
    "assign",
    "blocks",
    "weight",
    "forward",
    "budget",
    "expect",
    "solve",
    "checkpoint",
    "require",
  ]),
  blocks: new Set<Kind>(["slot", "field", "instances", "assign", "at"]),
  layer: new Set<Kind>([
    "weight",
    "state",
    "next",
    "random",
    "loss",
    "require",
    "if",
    "return",
    "inverse",
    "instances",
    "let",
    "fn",
    "expr",
  ]),
  constraints: new Set<Kind>(["constraint"]),
  solve: new Set<Kind>(["aim"]),
  checkpoint: new Set<Kind>(["stored", "ignored"]),
  profile: new Set<Kind>(["assign"]),
};

/** The syntax tree of a concrete tree that may have holes. Never throws; reports what other languages would write. */
export function buildAst(source: Source, tree: CstNode): File {
  return new Items(source).file(tree);
}

/** Rules that end in a block. */
const headers = new Set([
  "model",
  "layer",
  "profile",
  "blocks",
  "at",
  "forward",
  "constraints",
  "solve",
  "checkpoint",
]);

/** Builds declarations, model items and statements; what stands where it may not is reported and left out. */
class Items {
  private readonly exprs: Exprs;

  constructor(private readonly source: Source) {
    this.exprs = new Exprs(source, (block) => this.statements(block));
  }

  file(node: CstNode): File {
    const items = this.items(node, "file");
    return {
      kind: "file",
      imports: items.filter((item) => item.kind === "import"),
      items: items.filter((item): item is Item => item.kind !== "import" && allowed.file.has(item.kind)),
      span: { file: this.source.file, start: 0, end: this.source.text.length },
    };
  }

  private statements(block: CstNode | undefined): readonly Stmt[] {
    return this.items(block, "layer") as Stmt[];
  }

  /** The items of a block that may stand there. Of a run of misplaced ones, the first is reported. */
  private items(block: CstNode | undefined, where: Where): Built[] {
    this.checkCommas(block, where);
    const found: Built[] = [];
    let misplaced = false;
    for (const node of nodes(block, "item")) {
      const rule = onlyNode(node);
      if (rule === undefined) continue;
      const built = this.item(rule, where);
      const stray = built.find((one) => !allowed[where].has(one.kind));
      if (stray !== undefined && !misplaced) this.reportMisplaced(stray, where);
      found.push(...built.filter((one) => allowed[where].has(one.kind)));
      // After a header that has lost its block, the lines that belong there stand in the wrong place.
      const headless = headers.has(rule.name) && child(rule, "block") === undefined;
      misplaced = stray !== undefined || (headless && this.exprs.isBroken(rule));
    }
    return found;
  }

  /** Lines do not share a line, except in blocks of constraints and profiles. */
  private checkCommas(block: CstNode | undefined, where: Where): void {
    if (where === "constraints" || where === "profile" || where === "solve") return;
    const { text, sink } = this.source;
    for (const comma of tokens(block, "Comma")) {
      const span = spanOf(this.source, comma);
      const before = /\d[\d_]*$/.exec(text.slice(Math.max(0, span.start - 20), span.start))?.[0];
      const after = /^\d{3}(?!\w)/.exec(text.slice(span.end, span.end + 4))?.[0];
      if (before !== undefined && after !== undefined) {
        const write = `${before}_${after}`;
        const whole = { ...span, start: span.start - before.length, end: span.end + 3 };
        const fixes = [{ title: `write \`${write}\``, span: whole, replacement: write }];
        sink.report("syntax/comma-in-number", { write }, { span: whole, fixes });
        this.source.broken.add(span.end);
      } else {
        const space = /^[ \t]*/.exec(text.slice(span.end, span.end + 100))?.[0].length ?? 0;
        const trailing = /^(?:$|[\r\n}]|\/\/)/.test(text.slice(span.end + space, span.end + space + 2));
        const fixes = trailing
          ? [{ title: "remove `,`", span, replacement: "" }]
          : [{ title: "start a new line", span: { ...span, end: span.end + space }, replacement: "\n" }];
        sink.report("syntax/comma-between", { trailing }, { span, fixes });
      }
    }
  }

  private reportMisplaced(built: Built, where: Where): void {
    const { start } = built.span;
    const line = this.source.text.slice(start).search(/[\r\n]/);
    const end = Math.min(built.span.end, line < 0 ? built.span.end : start + line);
    const span = { ...built.span, end: Math.max(end, start) };
    this.source.sink.report("syntax/misplaced", { kind: built.kind, where }, { span });
  }

  private item(node: CstNode, where: Where): Built[] {
    switch (node.name) {
      case "simple":
        return buildLine(this.exprs, node, where);
      case "conditional":
        return [buildConditional(this.exprs, node)];
      case "weight":
        return [buildWeight(this.exprs, node)];
      case "state":
        return [buildState(this.exprs, node)];
      case "random":
        return [buildRandom(this.exprs, node)];
      case "loss":
        return [buildLoss(this.exprs, node)];
      case "require":
        return [buildRequire(this.exprs, node)];
      case "return":
        return [buildReturn(this.exprs, node)];
      case "inverse":
        return [buildInverse(this.exprs, node)];
      case "fn":
        return [buildFn(this.exprs, node)];
      case "slot":
        return [this.slot(node)];
      case "blocks":
        return [this.blocks(node)];
      case "at":
        return [this.at(node)];
      case "forward":
        return [this.forward(node)];
      case "constraints":
        return [this.constraints(node)];
      case "solve":
        return this.solve(node);
      case "aim":
        return [this.aim(node)];
      case "checkpoint":
        return [this.checkpoint(node)];
      case "import":
        return [this.import(node)];
      case "model":
        return [this.model(node)];
      case "layer":
        return [this.layer(node)];
      case "profile":
        return [this.profile(node)];
      default:
        return [];
    }
  }

  private span(node: CstNode | undefined): SolveBlock["span"] {
    return this.exprs.span(node, 0);
  }

  private end(node: CstNode | undefined): number {
    return this.span(node).end;
  }

  private name(found: IToken | undefined, node: CstNode): Name {
    return this.exprs.name(found, this.end(node));
  }

  // ------------------------------------------------------------------------------- declarations

  private import(node: CstNode): Import {
    const span = this.span(node);
    const names = nodes(node, "imported").map((one) => {
      const [name, alias] = tokens(one, "Name");
      return {
        name: this.name(name, one),
        alias: alias === undefined ? undefined : this.name(alias, one),
      };
    });
    const text = token(node, "Text");
    const from =
      text === undefined
        ? { kind: "text" as const, value: "", span: this.exprs.missing(span.end).span }
        : this.exprs.text(text);
    return { kind: "import", names, from, span };
  }

  private model(node: CstNode): ModelDecl {
    const base = token(node, "base");
    const extended = token(node, "extends") ?? token(node, "CallParen");
    const name = this.name(token(node, "Name"), node);
    if (extended !== undefined && base !== undefined) {
      const closer = token(node, "RParen");
      const span = { ...name.span, start: name.span.end, end: spanOf(this.source, closer ?? base).end };
      this.source.sink.report(
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
      base: base === undefined ? undefined : this.name(base, node),
      items: this.items(child(node, "block"), "model") as ModelItem[],
      span: this.span(node),
    };
  }

  private profile(node: CstNode): ProfileDecl {
    return {
      kind: "profile",
      doc: docOf(token(node, "Profile")),
      name: this.name(token(node, "Name"), node),
      fields: this.items(child(node, "block"), "profile") as ProfileDecl["fields"][number][],
      span: this.span(node),
    };
  }

  private layer(node: CstNode): LayerDecl {
    return {
      kind: "layer",
      doc: docOf(token(node, "Layer")),
      name: this.name(token(node, "Name"), node),
      params: buildParams(this.exprs, child(node, "params")),
      results: buildResults(this.exprs, child(node, "results")),
      body: this.statements(child(node, "block")),
      span: this.span(node),
    };
  }

  // -------------------------------------------------------------------------------- model items

  private slot(node: CstNode): SlotDecl {
    const span = this.span(node);
    const name = this.name(token(node, "Name"), node);
    const annotation = child(node, "annotation");
    const read = annotation === undefined ? undefined : buildAnnotation(this.exprs, annotation, span.end);
    if (read?.shape !== undefined) {
      this.source.sink.report("syntax/shape-in-model", { name: name.text }, { span: read.shape.span });
    }
    const type = read?.expr === undefined ? undefined : requireKind(this.exprs, read.expr);
    const value =
      token(node, "Equals") === undefined ? undefined : this.exprs.expr(child(node, "expr"), span.end);
    return {
      kind: "slot",
      name,
      type: type ?? { name: "layer", of: undefined, span: name.span },
      value,
      span,
    };
  }

  private blocks(node: CstNode): BlocksDecl {
    const span = this.span(node);
    const name = token(node, "Name");
    const count = child(node, "expr");
    const block = child(node, "block");
    return {
      kind: "blocks",
      name: name === undefined ? undefined : this.name(name, node),
      count: count === undefined ? undefined : this.exprs.expr(count, span.end),
      items: block === undefined ? undefined : (this.items(block, "blocks") as BlockItem[]),
      span,
    };
  }

  private at(node: CstNode): AtBlock {
    return {
      kind: "at",
      selectors: nodes(node, "selector").map((one) => this.selector(one)),
      items: this.items(child(node, "block"), "blocks") as BlockItem[],
      span: this.span(node),
    };
  }

  private selector(node: CstNode): Selector {
    const span = this.span(node);
    const every = child(node, "expr");
    const step = every === undefined ? undefined : this.exprs.expr(every, span.end);
    const range = child(node, "range");
    if (range === undefined) return { from: undefined, to: undefined, open: false, every: step, span };
    const exclusive = token(range, "DotDotLess");
    if (exclusive !== undefined) {
      const place = spanOf(this.source, exclusive);
      this.source.sink.report("syntax/exclusive-selector", {}, { span: place });
    }
    const read = this.exprs.range(range, span.end);
    const spans = exclusive !== undefined || token(range, "DotDot") !== undefined;
    if (read.step !== undefined) {
      this.source.sink.report("syntax/step-in-selector", {}, { span: read.step.span });
    }
    return {
      from: read.from,
      to: read.to,
      open: spans && read.to === undefined,
      every: step ?? read.step,
      span,
    };
  }

  private forward(node: CstNode): ForwardDecl {
    const results = child(node, "results");
    const params = buildParams(this.exprs, child(node, "params"));
    if (results === undefined && !this.exprs.isBroken(node)) {
      this.source.sink.report(
        "syntax/forward-without-result",
        {},
        { span: this.exprs.span(child(node, "params"), 0) },
      );
    }
    return {
      kind: "forward",
      params,
      results: buildResults(this.exprs, results),
      body: this.statements(child(node, "block")),
      span: this.span(node),
    };
  }

  private constraints(node: CstNode): ConstraintBlock {
    const name = token(node, "Name");
    return {
      kind: token(node, "Expect") === undefined ? "budget" : "expect",
      profile: name === undefined ? undefined : this.name(name, node),
      constraints: this.items(child(node, "block"), "constraints") as Constraint[],
      span: this.span(node),
    };
  }

  private solve(node: CstNode): SolveBlock[] {
    const span = this.span(node);
    const aims = this.items(child(node, "block"), "solve") as Aim[];
    const [first, second] = aims;
    if (first === undefined && !this.exprs.isBroken(node))
      this.source.sink.report("syntax/solve-without-aim", {}, { span });
    if (second !== undefined) this.source.sink.report("syntax/second-aim", {}, { span: second.span });
    return first === undefined ? [] : [{ kind: "solve", aim: first.aim, metric: first.metric, span }];
  }

  private checkpoint(node: CstNode): CheckpointBlock {
    const name = token(node, "Name");
    return {
      kind: "checkpoint",
      name: name === undefined ? undefined : this.name(name, node),
      lines: this.items(child(node, "block"), "checkpoint") as CheckpointLine[],
      span: this.span(node),
    };
  }

  private aim(node: CstNode): Aim {
    const aim = token(node, "Aim")?.image === "minimize" ? "minimize" : "maximize";
    return {
      kind: "aim",
      aim,
      metric: this.exprs.expr(child(node, "expr"), this.end(node)),
      span: this.span(node),
    };
  }
}
