import type { ForwardDecl, ModelDecl, RequireStmt, WeightStmt } from "../../grammar/ast.js";
import { changeArgument } from "./arguments.js";
import { evaluate } from "./expressions.js";
import type { BlockInfo } from "./instance.js";
import { checkKind, kindNamed } from "./kinds.js";
import { type Field, merge, type Source } from "./model-merge.js";
import { fieldNames, MAX_BASES, modelChain } from "./model-names.js";
import { Scope } from "./scope.js";
import { resolveShape } from "./shapes.js";
import type { Stack } from "./stack.js";
import { runBody } from "./statements.js";
import { limits, type Tracer } from "./tracer.js";
import { inPlaceOf, unknown, unknownLayer, type Val } from "./values.js";

/** A model with its bases merged: fields are late-bound, so each is evaluated once, when first asked for. */
export class ModelEnv {
  readonly tracer: Tracer;
  /** The base is there; without it nothing can be said of fields and slots. */
  readonly usable: boolean;
  readonly chain: readonly { decl: ModelDecl; file: string }[];
  readonly fields = new Map<string, Field>();
  readonly stacks = new Map<string, Stack>();
  /** Slots of blocks that are set outside of them (reported). */
  readonly misplaced = new Set<string>();
  readonly weights: { stmt: WeightStmt; file: string }[] = [];
  readonly requires: { stmt: RequireStmt; file: string }[] = [];
  forward: { decl: ForwardDecl; file: string } | undefined;
  /** The inputs of `forward`, once its tracing has begun. */
  readonly inputs = new Map<string, Val>();
  /** What stands in each block, for reports. */
  readonly blocks: BlockInfo[] = [];
  /** Every name that the model or a base declares, wherever it stands. */
  readonly declared: ReadonlySet<string>;
  private readonly values = new Map<string, Val>();
  private readonly busy: string[] = [];
  /** Fields were found to nest too deep; those on the way there would say the same. */
  private tooDeep = false;
  private readonly scopes = new Map<string, Scope>();
  private readonly members = new Map<string, Val>();

  constructor(tracer: Tracer, decl: ModelDecl, file: string) {
    this.tracer = tracer;
    this.chain = modelChain(tracer.program, decl, file);
    this.declared = fieldNames(this.chain.map((c) => c.decl));
    this.usable = this.hasBase();
    if (!this.usable) return;
    for (const [depth, link] of this.chain.entries()) merge(this, link.decl, link.file, depth);
  }

  /** The model itself, without its bases. */
  get decl(): ModelDecl {
    return this.chain.at(-1)!.decl;
  }

  /** Fields and slots without a value. */
  get unset(): Field[] {
    return [...this.fields.values()].filter((f) => !f.source);
  }

  /** False (reported) where the model builds on something that is not there. */
  private hasBase(): boolean {
    const first = this.chain[0]!;
    const { base, name } = first.decl;
    if (!base) return true;
    const { program } = this.tracer;
    const found = program.lookup(first.file, base.text);
    if (found?.decl.kind === "model" && !this.chain.some((c) => c.decl === found.decl)) {
      this.tracer.report("limit/bases", { name: this.decl.name.text, limit: MAX_BASES }, this.decl.name.span);
      return false;
    }
    if (found?.decl.kind === "model") {
      this.tracer.report("model/cycle-of-bases", { name: name.text }, base.span);
      return false;
    }
    const isLayer = found?.decl.kind === "layer";
    if (program.unresolved.has(`${base.span.file}:${base.span.start}`)) return false;
    const inStd = program.lookup("std/", base.text)?.decl.kind === "model";
    const near = program.nearest(base.text, () => [
      ...program.models.map((m) => m.name).filter((m) => m !== name.text),
      "decoder",
    ]);
    this.tracer.report(
      "name/unknown-model",
      { name: base.text, near, isLayer, inStd, model: this.decl.name.text },
      base.span,
    );
    return false;
  }

  /** The scope in which expressions of a file are evaluated for this model. */
  scope(file: string): Scope {
    let scope = this.scopes.get(file);
    if (!scope) {
      scope = this.newScope(file);
      this.scopes.set(file, scope);
    }
    return scope;
  }

  private newScope(file: string): Scope {
    return new Scope({
      tracer: this.tracer,
      builder: this.tracer.top,
      file,
      members: this.members,
      outer: (name) => this.lookUp(name, file),
    });
  }

  /** For what a model requires: a scope of its own, which a condition that fails may end. */
  requireScope(file: string): Scope {
    return this.newScope(file);
  }

  /** A field, slot, stack, weight or input by name; undefined for anything else. */
  lookUp(name: string, file: string): Val | undefined {
    if (this.inputs.has(name)) return this.inputs.get(name);
    // In its own value a field's name means the layer of that name: `slot mlp: layer = mlp()`.
    const own = this.busy.at(-1) === name && this.tracer.program.lookup(file, name)?.decl.kind === "layer";
    if (this.fields.has(name)) return own ? undefined : this.field(name);
    const stack = this.stacks.get(name);
    if (stack) return { kind: "stack", name, run: (args, scope, span) => stack.run(args, scope, span) };
    const weight = this.weights.find((w) => w.stmt.names.some((n) => n.text === name));
    if (weight) {
      if (!this.members.has(name)) runBody([weight.stmt], this.scope(weight.file));
      return this.members.get(name) ?? unknown;
    }
    return undefined;
  }

  /** A field's value after late binding; `unknown` where it has none or is wrong (reported once). */
  field(name: string): Val {
    const known = this.values.get(name);
    if (known) return known;
    const field = this.fields.get(name)!;
    if (!field.source) return unknown;
    if (this.busy.includes(name)) {
      this.tracer.report(
        "model/field-cycle",
        { chain: [...this.busy.slice(this.busy.indexOf(name)), name] },
        field.source.span,
      );
      return unknown;
    }
    if (this.busy.length >= limits.fields) {
      if (!this.tooDeep)
        this.tracer.report("limit/fields", { name, limit: limits.fields }, field.source.expr.span);
      this.tooDeep = true;
      return unknown;
    }
    this.busy.push(name);
    let result = this.valueOf(name, field, field.source, field.changes);
    if (result.kind === "unknown" && field.type?.name === "layer") {
      // The layer that would stand there if nothing were written shows what is wrong beside it.
      const usual = field.usual === field.source ? undefined : field.usual;
      const instead = usual && this.valueOf(name, field, usual, []);
      result = instead?.kind === "instance" ? inPlaceOf(instead) : unknownLayer;
    }
    this.busy.pop();
    this.values.set(name, result);
    if (result.kind === "instance") this.members.set(name, result);
    return result;
  }

  /** The shapes of weights that no layer reads, and that are so no part of the graph. */
  checkUnreadWeights(): void {
    for (const { stmt, file } of this.weights) {
      if (stmt.names.some((n) => this.members.has(n.text))) continue;
      const what = `weight \`${stmt.names[0]?.text}\``;
      this.tracer.guard(stmt.span, () => resolveShape(this.requireScope(file), stmt.shape, what));
    }
  }

  private valueOf(name: string, field: Field, source: Source, changes: Field["changes"]): Val {
    const { tracer } = this;
    const scope = this.scope(source.file);
    scope.line = name;
    const { expr } = source;
    tracer.trial?.hold(name, expr);
    let val = tracer.guard(expr.span, () => evaluate(expr, scope)) ?? unknown;
    for (const change of changes) {
      tracer.trial?.hold(`${name}.${change.path.map((p) => p.text).join(".")}`, change.source.expr);
      val = changeArgument(tracer, val, change.path, change.source.expr, this.scope(change.source.file));
    }
    const type = field.type ?? (val.kind === "recipe" ? kindNamed("layer", field.name.span) : undefined);
    const place = { span: expr.span, what: `\`${name}\``, path: name, within: field.within };
    const checked = checkKind(scope, val, type, place);
    return checked ?? (val.kind === "hole" ? val : unknown);
  }

  /** Gives an unsolved field the first value of its range, so that the rest of the model can be checked. */
  fillHole(name: string): void {
    const expr = this.fields.get(name)?.source?.expr;
    const within = expr?.kind === "hole" ? expr.within : undefined;
    const first = within && ("from" in within ? within.from : within[0]);
    this.values.set(name, first ? evaluate(first, this.scope(this.fields.get(name)!.source!.file)) : unknown);
  }
}
