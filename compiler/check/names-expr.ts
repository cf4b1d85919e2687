import type { Expr, Span, Stmt } from "../../grammar/ast.js";
import { pathOf } from "../../grammar/build-expr.js";
import { foreignModules } from "../diagnostics/codes/foreign.js";
import { isPlaceOfBlock } from "../diagnostics/codes/name.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { builtins, isBuiltin } from "./builtins/index.js";
import { directlyIn } from "./directly-in.js";
import { constants } from "./expressions.js";
import type { Program } from "./program.js";
import { calledHere, usageOf } from "./usage.js";

/** Reports the names in expressions that are declared nowhere; what declares names builds on it. */
export abstract class ExprNames {
  /** A base of the model is not there (reported elsewhere), so that any name may be one of its fields. */
  protected isPartial = false;
  /** The number of blocks of the stack whose lines a name selects. */
  protected ofStack: string | undefined;
  /** Small letters that a signature has in the place of axes, and that have been reported. */
  protected small: ReadonlySet<string> = new Set();

  constructor(
    protected readonly program: Program,
    protected readonly file: string,
    protected readonly sink: Diagnostics,
    protected readonly unresolved: Set<string>,
    protected readonly quiet: ReadonlySet<string>,
  ) {}

  /** A line of a loop's body. */
  protected abstract stmt(stmt: Stmt, known: Set<string>): void;

  protected expr(expr: Expr, known: ReadonlySet<string>): void {
    if (expr.kind === "name") {
      this.name(expr.name, expr.span, known, false);
      return;
    }
    if (expr.kind === "member" && this.module(expr, known)) return;
    for (const inner of directlyIn(expr)) {
      if (expr.kind !== "call" || inner.kind !== "name") this.expr(inner, known);
      else if (inner === expr.callee) this.name(inner.name, inner.span, known, true);
      else this.name(inner.name, inner.span, known, false, expr.callee);
    }
    if (expr.kind !== "for" && expr.kind !== "for-along") return;
    const within = new Set([...known, expr.name.text]);
    for (const s of expr.body) this.stmt(s, within);
  }

  /** Reports `torch.relu`, `nn.functional.gelu` or `self.w`; false for any other expression. */
  private module(expr: Expr, known: ReadonlySet<string>): boolean {
    const path = pathOf(expr);
    const [first, ...rest] = path ?? [];
    if (first === undefined || !foreignModules.has(first.text) || known.has(first.text)) return false;
    if (this.program.lookup(this.file, first.text)) return false;
    const { span } = first;
    this.unresolved.add(`${span.file}:${span.start}`);
    const name = (first.text === "self" ? rest[0] : rest.at(-1))?.text;
    const found = name === undefined ? undefined : calledHere(this.program, this.file, name);
    const usage = name === undefined ? undefined : usageOf(this.program, this.file, name);
    const data = { module: first.text, name, meant: found, usage };
    this.sink.report("name/foreign-module", data, { span: { ...span, end: expr.span.end } });
    return true;
  }

  /** `callee` is what it is an argument of. */
  private name(name: string, span: Span, known: ReadonlySet<string>, called: boolean, callee?: Expr): void {
    if (known.has(name) || isBuiltin(name) || (constants as readonly string[]).includes(name)) return;
    if (this.sink.halted) return;
    if (
      this.small.has(name) ||
      this.quiet.has(name) ||
      (this.isPartial && !called && !this.program.lookup(this.file, name))
    ) {
      this.unresolved.add(`${span.file}:${span.start}`);
      return;
    }
    const declared = this.program.lookup(this.file, name);
    if (declared && declared.decl.kind !== "profile") return;
    this.unresolved.add(`${span.file}:${span.start}`);
    const near = this.program.nearest(name, () => {
      const layers = this.program.names(this.file);
      return called ? [...layers, ...Object.keys(builtins), ...known] : [...known, ...layers];
    });
    const argumentOf = callee?.kind === "name" && this.hasParam(callee.name, name) ? callee.name : undefined;
    const place = {
      span,
      fixes: near && argumentOf === undefined ? [{ title: "replace", span, replacement: near }] : [],
    };
    const literal = [...constants, ...known].find((c) => c !== name && c === name.toLowerCase());
    if (/^[A-Z]/.test(name) && !called && literal === undefined) {
      const axes = [...known].filter((k) => /^[A-Z]/.test(k));
      this.sink.report("shape/unknown-axis", { axis: name, near: nearest(name, axes), known: axes }, place);
    } else if (called) this.sink.report("name/unknown-layer", { name, near, file: this.file }, place);
    else {
      const ofStack = isPlaceOfBlock(name) ? this.ofStack : undefined;
      this.sink.report("name/unknown", { name, near: literal ?? near, argumentOf, ofStack }, place);
    }
  }

  private hasParam(layer: string, name: string): boolean {
    const found = this.program.lookup(this.file, layer)?.decl;
    return found?.kind === "layer" && found.params.some((p) => p.name.text === name);
  }
}
