import type { CstNode } from "chevrotain";
import type { File, Item, Stmt } from "./ast.js";
import {
  type Built,
  buildAim,
  buildAt,
  buildBlocks,
  buildCheckpoint,
  buildConstraints,
  buildForward,
  buildImport,
  buildLayer,
  buildModel,
  buildProfile,
  buildSlot,
  buildSolve,
  type Within,
} from "./build-decl.js";
import { Exprs } from "./build-expr.js";
import { buildLine } from "./build-line.js";
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
import { child, nodes, onlyNode, spanOf, tokens } from "./cst.js";
import type { Where } from "./line-parts.js";
import type { Source } from "./source.js";

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
class Items implements Within {
  readonly exprs: Exprs;

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

  statements(block: CstNode | undefined): readonly Stmt[] {
    return this.items(block, "layer") as Stmt[];
  }

  /** The items of a block that may stand there. Of a run of misplaced ones, the first is reported. */
  items(block: CstNode | undefined, where: Where): Built[] {
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
        return [buildSlot(this, node)];
      case "blocks":
        return [buildBlocks(this, node)];
      case "at":
        return [buildAt(this, node)];
      case "forward":
        return [buildForward(this, node)];
      case "constraints":
        return [buildConstraints(this, node)];
      case "solve":
        return buildSolve(this, node);
      case "aim":
        return [buildAim(this, node)];
      case "checkpoint":
        return [buildCheckpoint(this, node)];
      case "import":
        return [buildImport(this, node)];
      case "model":
        return [buildModel(this, node)];
      case "layer":
        return [buildLayer(this, node)];
      case "profile":
        return [buildProfile(this, node)];
      default:
        return [];
    }
  }
}
