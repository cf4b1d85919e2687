import type {
  BlockItem,
  Expr,
  File,
  ForwardDecl,
  LayerDecl,
  ModelDecl,
  ModelItem,
  Name,
  Param,
  Result,
  Shape,
  Stmt,
} from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { axisNames, collect, collectExpr } from "./declared-names.js";
import { modelChain, modelNames } from "./model-names.js";
import { ExprNames } from "./names-expr.js";
import type { Program } from "./program.js";

/**
 * Reports every name in a file that is declared nowhere, in every branch, used or not: one pass over the text, before
 * anything is evaluated. `quiet` holds names whose import has already failed.
 */
export function checkNames(
  program: Program,
  ast: File,
  file: string,
  sink: Diagnostics,
  unresolved: Set<string>,
  quiet: ReadonlySet<string>,
): void {
  const walker = new Walker(program, file, sink, unresolved, quiet);
  for (const item of ast.items) {
    if (item.kind === "layer") walker.layer(item);
    else if (item.kind === "model") walker.model(item);
    else if (item.kind === "fn") walker.fn(item.params, item.body, new Set());
  }
}

class Walker extends ExprNames {
  /** How many blocks the stack around has, as it is written. */
  private stack: string | undefined;

  private text({ span }: Expr): string | undefined {
    return this.program.source(span.file)?.slice(span.start, span.end);
  }

  layer(decl: LayerDecl): void {
    this.body(decl.params, decl.results, decl.body, new Set());
    const set = new Set(linesOf(decl.body).flatMap((s) => (s.kind === "next" ? [s.name.text] : [])));
    for (const stmt of linesOf(decl.body)) {
      if (stmt.kind !== "state" || !stmt.shape.axes.some((a) => a.kind === "rest")) continue;
      for (const { text, span } of stmt.names)
        if (!set.has(text)) this.sink.report("state/never-set", { name: text }, { span });
    }
  }

  fn(
    params: readonly { name: Name; shape: Shape | undefined }[],
    body: Expr,
    outer: ReadonlySet<string>,
  ): void {
    const known = new Set([...outer, ...params.map((p) => p.name.text)]);
    for (const p of params) if (p.shape) axisNames(p.shape).forEach((a) => void known.add(a));
    this.parameters(params);
    collectExpr(body, known);
    this.expr(body, known);
  }

  private body(
    params: readonly Param[],
    results: readonly Result[],
    body: readonly Stmt[],
    outer: ReadonlySet<string>,
  ): void {
    const known = new Set([...outer, ...params.map((p) => p.name.text)]);
    for (const p of params) if (p.shape) axisNames(p.shape).forEach((a) => void known.add(a));
    for (const r of results) axisNames(r.shape).forEach((a) => void known.add(a));
    collect(body, known);
    this.parameters(params);
    this.results(results);
    this.small = new Set(params.flatMap((p) => (p.shape ? this.smallAxes(p.shape, known) : [])));
    for (const p of params) {
      if (p.shape) this.shape(p.shape, known);
      if (p.value) this.expr(p.value, known);
      if (p.within) [p.within.from, p.within.to].forEach((e) => void (e && this.expr(e, known)));
    }
    for (const r of results) this.shape(r.shape, known);
    for (const s of body) this.stmt(s, known);
    this.small = new Set();
  }

  /** Parameters of one name: a call could only ever give the first. */
  private parameters(params: readonly { readonly name: Name }[]): void {
    const first = new Map<string, Name>();
    for (const { name } of params) {
      const known = first.get(name.text);
      if (known === undefined) first.set(name.text, name);
      else if (name.text !== "")
        this.sink.report(
          "name/parameter-twice",
          { name: name.text },
          { span: name.span, labels: [{ span: known.span, text: "first declared here" }] },
        );
    }
  }

  /** Results of one name: a run could only ever give one of them. */
  private results(results: readonly Result[]): void {
    const first = new Map<string, Name>();
    for (const { name } of results) {
      const known = name && first.get(name.text);
      if (name && known && name.text !== "")
        this.sink.report(
          "name/result-twice",
          { name: name.text },
          { span: name.span, labels: [{ span: known.span, text: "first declared here" }] },
        );
      else if (name) first.set(name.text, name);
    }
  }

  /** `x: [batch, seq, dim]`: names like no other here, where axes were meant; reported together. */
  private smallAxes(shape: Shape, known: ReadonlySet<string>): string[] {
    const found = shape.axes.flatMap((axis) =>
      axis.kind === "size" &&
      axis.size.kind === "name" &&
      !known.has(axis.size.name) &&
      nearest(axis.size.name, known) === undefined
        ? [axis.size]
        : [],
    );
    const [first] = found;
    if (first === undefined) return [];
    const write = [...new Set(found.map(({ name }) => name.charAt(0).toUpperCase() + name.slice(1)))];
    this.sink.report(
      "syntax/small-axis",
      { write },
      { span: { ...first.span, end: found.at(-1)!.span.end } },
    );
    return found.map(({ name }) => name);
  }

  model(decl: ModelDecl): void {
    const known = modelNames(this.program, decl, this.file);
    const [furthest] = modelChain(this.program, decl, this.file);
    const missing = furthest?.decl.base;
    this.isPartial = missing !== undefined && this.program.lookup(furthest!.file, missing.text) === undefined;
    if (missing && this.quiet.has(missing.text))
      this.unresolved.add(`${missing.span.file}:${missing.span.start}`);
    for (const item of decl.items) this.modelItem(item, known);
    this.isPartial = false;
  }

  private modelItem(item: ModelItem | BlockItem, known: ReadonlySet<string>): void {
    switch (item.kind) {
      case "field":
      case "slot":
        if (item.value) this.expr(item.value, known);
        return;
      case "instances":
      case "assign":
        this.expr(item.value, known);
        return;
      case "blocks":
        if (item.count) this.expr(item.count, known);
        this.stack = item.count && this.text(item.count);
        for (const inner of item.items ?? []) this.modelItem(inner, known);
        return;
      case "at":
        this.ofStack = this.stack ?? "n";
        for (const s of item.selectors) for (const e of [s.from, s.to, s.every]) if (e) this.expr(e, known);
        this.ofStack = undefined;
        for (const inner of item.items) this.modelItem(inner, known);
        return;
      case "weight":
      case "require":
        this.stmt(item, known);
        return;
      case "forward":
        this.forward(item, known);
        return;
      case "budget":
      case "expect": {
        const { profile } = item;
        if (
          this.sink.halted ||
          !profile ||
          profile.text === "" ||
          this.program.profile(this.file, profile.text)
        )
          return;
        // One that was to be imported is told there.
        if (this.quiet.has(profile.text)) return;
        const known = this.program.ast.items.flatMap((i) => (i.kind === "profile" ? [i.name.text] : []));
        this.sink.report("budget/unknown-profile", { name: profile.text, known }, { span: profile.span });
        return;
      }
      default:
        return;
    }
  }

  private forward(item: ForwardDecl, known: ReadonlySet<string>): void {
    this.body(item.params, item.results, item.body, known);
  }

  protected stmt(stmt: Stmt, known: ReadonlySet<string>): void {
    switch (stmt.kind) {
      case "weight":
        this.shape(stmt.shape, known);
        if (stmt.init) this.init(stmt.init, known);
        return;
      case "state":
        this.shape(stmt.shape, known);
        if (stmt.init) this.init(stmt.init, known);
        return;
      case "random":
        this.shape(stmt.shape, known);
        this.init(stmt.distribution, known);
        return;
      case "next":
      case "loss":
      case "expr":
      case "instances":
        this.expr(stmt.value, known);
        return;
      case "let":
        if (stmt.shape) this.shape(stmt.shape, known);
        this.expr(stmt.value, known);
        return;
      case "require":
        this.expr(stmt.condition, known);
        return;
      case "if":
        this.expr(stmt.condition, known);
        for (const s of [...stmt.then, ...(stmt.otherwise ?? [])]) this.stmt(s, known);
        return;
      case "return":
        for (const e of stmt.values) this.expr(e, known);
        return;
      case "inverse": {
        const inner = new Set([...known, ...stmt.names.map((n) => n.text)]);
        for (const s of stmt.body) this.stmt(s, inner);
        return;
      }
      case "fn":
        this.fn(stmt.params, stmt.body, known);
        return;
    }
  }

  /** `init normal(0.02)`: the way itself is looked at where the weight is made, its arguments are ordinary. */
  private init(expr: Expr, known: ReadonlySet<string>): void {
    if (expr.kind === "call") for (const a of expr.args) this.expr(a.value, known);
  }

  private shape(shape: Shape, known: ReadonlySet<string>): void {
    for (const axis of shape.axes) {
      if (axis.kind === "rest") continue;
      if (axis.size) this.expr(axis.size, known);
      if (axis.kind === "axis" && axis.bound) this.expr(axis.bound, known);
    }
  }
}

/** The lines of a body with those of its branches and loops. */
function linesOf(body: readonly Stmt[]): readonly Stmt[] {
  return body.flatMap((stmt) => {
    if (stmt.kind === "if") return [...linesOf(stmt.then), ...linesOf(stmt.otherwise ?? [])];
    const value = stmt.kind === "let" || stmt.kind === "expr" ? stmt.value : undefined;
    const loop = value?.kind === "for" || value?.kind === "for-along" ? value.body : [];
    return [stmt, ...linesOf(loop)];
  });
}
