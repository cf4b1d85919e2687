import type {
  Assign,
  AtBlock,
  BlockItem,
  BlocksDecl,
  Expr,
  ForwardDecl,
  KindRef,
  ModelDecl,
  Name,
  SlotDecl,
  Span,
  WeightStmt,
} from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import { callLayer, join } from "./calls.js";
import { evaluate } from "./expressions.js";
import { checkKind } from "./kinds.js";
import { modelChain } from "./model-names.js";
import { Scope } from "./scope.js";
import { runBody } from "./statements.js";
import { limits, type Tracer } from "./tracer.js";
import { type Bound, unknown, type Val } from "./values.js";

interface Source {
  readonly expr: Expr;
  readonly file: string;
  readonly span: Span;
  readonly model: ModelDecl;
}

interface Field {
  readonly name: Name;
  readonly type: KindRef | undefined;
  readonly slot: boolean;
  source: Source | undefined;
  /** `ffn.k = 64`: arguments changed afterwards, in order. */
  readonly changes: { readonly path: readonly Name[]; readonly source: Source }[];
}

/** What one block's slot could be: the most specific wins, then the furthest derived model, then the last written. */
interface Candidate {
  readonly assign: Assign | SlotDecl;
  readonly value: Expr;
  readonly rank: readonly [specificity: number, depth: number, order: number];
  readonly file: string;
  readonly selectors: AtBlock | undefined;
}

interface Stack {
  readonly name: string;
  count: { expr: Expr; file: string } | undefined;
  readonly slots: Map<string, SlotDecl>;
  readonly candidates: Candidate[];
  readonly span: Span;
}

/** A model with its bases merged: fields are late-bound, so each is evaluated once, when first asked for. */
export class ModelEnv {
  readonly tracer: Tracer;
  readonly chain: readonly { decl: ModelDecl; file: string }[];
  readonly fields = new Map<string, Field>();
  readonly stacks = new Map<string, Stack>();
  readonly weights: { stmt: WeightStmt; file: string }[] = [];
  forward: { decl: ForwardDecl; file: string } | undefined;
  /** The inputs of `forward`, once its tracing has begun. */
  readonly inputs = new Map<string, Val>();
  /** What stands in each block, for reports. */
  readonly blocks: { path: string; slots: Record<string, string> }[] = [];
  private readonly values = new Map<string, Val>();
  private readonly busy: string[] = [];
  private readonly scopes = new Map<string, Scope>();
  private readonly members = new Map<string, Val>();

  constructor(tracer: Tracer, decl: ModelDecl, file: string) {
    this.tracer = tracer;
    this.chain = modelChain(tracer.program, decl, file);
    this.checkBase();
    for (const [depth, link] of this.chain.entries()) this.merge(link.decl, link.file, depth);
  }

  /** Fields and slots without a value. */
  get unset(): Field[] {
    return [...this.fields.values()].filter((f) => !f.source);
  }

  private checkBase(): void {
    const first = this.chain[0]!;
    const base = first.decl.base;
    if (!base) return;
    const found = this.tracer.program.lookup(first.file, base.text);
    if (found?.decl.kind === "model")
      this.tracer.report("model/cycle-of-bases", { name: first.decl.name.text }, base.span);
    else {
      const models = this.tracer.program.models.map((m) => m.name);
      this.tracer.report(
        "name/unknown-model",
        {
          name: base.text,
          near: nearest(base.text, [...models, "decoder"]),
          isLayer: found?.decl.kind === "layer",
        },
        base.span,
      );
    }
  }

  private merge(decl: ModelDecl, file: string, depth: number): void {
    const derived = depth > 0 || decl.base !== undefined;
    for (const item of decl.items) {
      switch (item.kind) {
        case "field":
        case "slot": {
          const names = item.kind === "field" ? item.names : [item.name];
          for (const name of names) {
            const known = this.fields.get(name.text);
            if (known && !item.value) {
              this.tracer.report("name/declared-twice", { name: name.text }, name.span, {
                labels: [{ span: known.name.span, text: "first declared here" }],
              });
              continue;
            }
            const source = item.value && { expr: item.value, file, span: item.span, model: decl };
            this.fields.set(name.text, {
              name,
              type: item.type,
              slot: item.kind === "slot" || item.type.name === "layer",
              source,
              changes: [],
            });
          }
          break;
        }
        case "instances":
          for (const name of item.names) {
            const source = { expr: item.value, file, span: item.span, model: decl };
            this.fields.set(name.text, { name, type: undefined, slot: true, source, changes: [] });
          }
          break;
        case "assign":
          this.assign(item, decl, file, derived);
          break;
        case "blocks":
          this.mergeBlocks(item, file, depth);
          break;
        case "weight":
          this.weights.push({ stmt: item, file });
          break;
        case "forward":
          this.forward = { decl: item, file };
          break;
      }
    }
  }

  private assign(item: Assign, decl: ModelDecl, file: string, derived: boolean): void {
    const [first, ...rest] = item.path;
    const source = { expr: item.value, file, span: item.span, model: decl };
    const known = this.fields.get(first!.text);
    if (!known) {
      if (!derived && rest.length === 0) {
        this.fields.set(first!.text, { name: first!, type: undefined, slot: false, source, changes: [] });
        return;
      }
      const stackSlot = [...this.stacks.values()].find((s) => s.slots.has(first!.text));
      const names = [...this.fields.keys()];
      const near = nearest(first!.text, names);
      this.tracer.report(
        "model/unknown-field",
        { name: first!.text, near, known: names, inBlocks: stackSlot !== undefined, model: decl.name.text },
        first!.span,
        {
          fixes: near ? [{ title: "replace", span: first!.span, replacement: near }] : [],
        },
      );
      // Most likely a slip of the pen: with the value in its place the rest can be checked.
      const meant = near === undefined ? undefined : this.fields.get(near);
      if (meant && !meant.source && rest.length === 0) meant.source = source;
      return;
    }
    if (rest.length > 0) known.changes.push({ path: rest, source });
    else {
      known.source = source;
      known.changes.length = 0;
    }
  }

  private mergeBlocks(item: BlocksDecl, file: string, depth: number): void {
    const name = item.name?.text ?? "blocks";
    let stack = this.stacks.get(name);
    if (!stack) {
      if (depth > 0 && this.stacks.size > 0) {
        const known = [...this.stacks.keys()];
        this.tracer.report(
          "model/unknown-stack",
          { name, near: nearest(name, known), known },
          item.name?.span ?? item.span,
        );
        return;
      }
      stack = { name, count: undefined, slots: new Map(), candidates: [], span: item.span };
      this.stacks.set(name, stack);
    }
    if (item.count) stack.count = { expr: item.count, file };
    for (const inner of item.items ?? []) this.mergeBlockItem(stack, inner, file, depth, undefined);
  }

  private mergeBlockItem(
    stack: Stack,
    item: BlockItem,
    file: string,
    depth: number,
    at: AtBlock | undefined,
  ): void {
    const rank = [specificity(at), depth, stack.candidates.length] as const;
    switch (item.kind) {
      case "slot":
        stack.slots.set(item.name.text, item);
        if (item.value) stack.candidates.push({ assign: item, value: item.value, rank, file, selectors: at });
        return;
      case "field":
        this.tracer.report("model/field-in-blocks", { name: item.names[0]?.text ?? "" }, item.span);
        return;
      case "assign": {
        const slot = item.path[0]!;
        if (!stack.slots.has(slot.text)) {
          const known = [...stack.slots.keys()];
          const near = nearest(slot.text, known);
          this.tracer.report(
            "model/unknown-slot",
            { name: slot.text, near, known, isField: this.fields.has(slot.text) },
            slot.span,
            {
              fixes: near ? [{ title: "replace", span: slot.span, replacement: near }] : [],
            },
          );
        }
        stack.candidates.push({ assign: item, value: item.value, rank, file, selectors: at });
        return;
      }
      case "at":
        if (at) this.tracer.report("model/at-in-at", {}, item.span);
        else for (const inner of item.items) this.mergeBlockItem(stack, inner, file, depth, item);
    }
  }

  /** The scope in which expressions of a file are evaluated for this model. */
  scope(file: string): Scope {
    let scope = this.scopes.get(file);
    if (!scope) {
      scope = new Scope({
        tracer: this.tracer,
        builder: this.tracer.top,
        file,
        members: this.members,
        outer: (name) => this.lookUp(name),
      });
      this.scopes.set(file, scope);
    }
    return scope;
  }

  private lookUp(name: string): Val | undefined {
    if (this.inputs.has(name)) return this.inputs.get(name);
    if (this.fields.has(name)) return this.field(name);
    if (this.stacks.has(name))
      return {
        kind: "stack",
        name,
        run: (args, scope, span) => this.runStack(this.stacks.get(name)!, args, scope, span),
      };
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
    this.busy.push(name);
    const scope = this.scope(field.source.file);
    scope.line = name;
    let val = evaluate(field.source.expr, scope);
    for (const change of field.changes)
      val = this.change(val, change.path, change.source.expr, this.scope(change.source.file));
    const type = field.type ?? (val.kind === "recipe" ? kind("layer", field.name.span) : undefined);
    const checked = checkKind(scope, val, type, field.source.expr.span, `\`${name}\``, undefined, name);
    this.busy.pop();
    const result = checked ?? (val.kind === "hole" ? val : unknown);
    this.values.set(name, result);
    if (result.kind === "instance") this.members.set(name, result);
    return result;
  }

  /** Gives an unsolved field the first value of its range, so that the rest of the model can be checked. */
  fillHole(name: string): void {
    const expr = this.fields.get(name)?.source?.expr;
    const within = expr?.kind === "hole" ? expr.within : undefined;
    const first = within && ("from" in within ? within.from : within[0]);
    this.values.set(name, first ? evaluate(first, this.scope(this.fields.get(name)!.source!.file)) : unknown);
  }

  /** `ffn.k = 64`: the same recipe with one argument changed; a longer path goes into an argument that is a layer. */
  private change(val: Val, path: readonly Name[], value: Expr, scope: Scope): Val {
    const [name, ...rest] = path;
    if (val.kind === "unknown") return unknown;
    if (val.kind !== "recipe" || !name) {
      if (name) this.tracer.report("model/no-arguments", { name: name.text }, name.span);
      return unknown;
    }
    const { decl } = val.recipe;
    const param = decl.params.find((p) => p.name.text === name.text);
    if (!param) {
      const known = decl.params.filter((p) => !p.shape).map((p) => p.name.text);
      this.tracer.report(
        "call/unknown-argument",
        {
          layer: decl.name.text,
          name: name.text,
          near: nearest(name.text, known),
          signature: known.join(", "),
        },
        name.span,
      );
      return unknown;
    }
    const current =
      val.recipe.args.get(name.text)?.val ??
      (param.value &&
        evaluate(
          param.value,
          new Scope({ tracer: this.tracer, builder: this.tracer.top, file: val.recipe.file }),
        ));
    const changed =
      rest.length === 0 ? evaluate(value, scope) : this.change(current ?? unknown, rest, value, scope);
    return {
      kind: "recipe",
      recipe: {
        ...val.recipe,
        args: new Map(val.recipe.args).set(name.text, { val: changed, span: value.span }),
      },
    };
  }

  /** What can be said of the blocks without running them: their numbers, and the arguments of their layers. */
  checkStacks(): void {
    for (const stack of this.stacks.values()) {
      const n = this.stackCount(stack);
      if (n === undefined) continue;
      this.checkSelectors(stack, n);
      for (const slot of stack.slots.keys()) {
        const inUse = new Set<Candidate>(
          Array.from({ length: n }, (_, i) => this.candidatesAt(stack, slot, i)).flat(),
        );
        for (const c of inUse) {
          const scope = new Scope({
            tracer: this.tracer,
            builder: this.tracer.top,
            file: c.file,
            members: new Map(),
            outer: (name) => (stack.slots.has(name) ? unknown : this.lookUp(name)),
          });
          if (c.assign.kind === "slot" || c.assign.path.length === 1) evaluate(c.value, scope);
        }
      }
    }
  }

  private runStack(stack: Stack, args: readonly Bound[], caller: Scope, span: Span): Val {
    const n = this.stackCount(stack);
    if (n === undefined) return unknown;
    let current = args.map((a) => a.val);
    for (let i = 0; i < n; i++) {
      const path = `${stack.name}.${i}`;
      const block = this.block(stack, i, path);
      const wiring = block("wiring");
      if (wiring?.kind !== "instance") {
        if (!wiring)
          this.tracer.report(
            "model/no-wiring",
            { stack: stack.name, slots: [...stack.slots.keys()] },
            stack.span,
          );
        return unknown;
      }
      const result = callLayer(
        caller,
        wiring,
        current.map((val) => ({ name: undefined, bound: { val, span } })),
        this.slotSpan(stack, "wiring", i) ?? span,
      );
      const slots = Object.fromEntries([...stack.slots.keys()].map((s) => [s, describe(block(s))]));
      this.blocks.push({ path, slots });
      if (result.kind === "unknown") return unknown;
      current = result.kind === "tuple" ? [...result.items] : [result];
    }
    return current.length === 1 ? current[0]! : { kind: "tuple", items: current };
  }

  private stackCount(stack: Stack): number | undefined {
    if (!stack.count) {
      this.tracer.report("model/no-block-count", { stack: stack.name }, this.chain.at(-1)!.decl.name.span);
      return undefined;
    }
    const { expr, file } = stack.count;
    const checked = checkKind(
      this.scope(file),
      evaluate(expr, this.scope(file)),
      kind("count", expr.span),
      expr.span,
      `the number of ${stack.name}`,
      undefined,
      "",
    );
    const n = checked?.kind === "count" ? checked.dim.int : undefined;
    if (n === undefined) return undefined;
    if (n > limits.blocks) {
      this.tracer.report("limit/blocks", { blocks: String(n), limit: limits.blocks }, expr.span);
      return undefined;
    }
    return Number(n);
  }

  /** The slots of one block, bound when first asked for; a slot may refer to the others. */
  private block(stack: Stack, i: number, path: string): (slot: string) => Val | undefined {
    const bound = new Map<string, Val>();
    const busy = new Set<string>();
    const get = (slot: string): Val | undefined => {
      const decl = stack.slots.get(slot);
      if (!decl) return undefined;
      const known = bound.get(slot);
      if (known) return known;
      if (busy.has(slot)) {
        this.tracer.report("model/field-cycle", { chain: [slot, slot] }, decl.span);
        return unknown;
      }
      busy.add(slot);
      const result = this.bindSlot(stack, slot, decl, i, path, get);
      busy.delete(slot);
      bound.set(slot, result);
      return result;
    };
    return get;
  }

  private bindSlot(
    stack: Stack,
    slot: string,
    decl: SlotDecl,
    i: number,
    path: string,
    get: (slot: string) => Val | undefined,
  ): Val {
    const candidates = this.candidatesAt(stack, slot, i);
    const whole = candidates.filter((c) => c.assign.kind === "slot" || c.assign.path.length === 1);
    const chosen = whole.at(-1);
    if (!chosen) {
      this.tracer.report("model/slot-empty", { slot, stack: stack.name }, this.chain.at(-1)!.decl.name.span, {
        labels: [{ span: decl.span, text: "declared here" }],
      });
      return unknown;
    }
    const scopeOf = (file: string) =>
      new Scope({
        tracer: this.tracer,
        builder: this.tracer.top,
        file,
        path,
        members: new Map(),
        outer: (name) => get(name) ?? this.lookUp(name),
      });
    const scope = scopeOf(chosen.file);
    scope.line = slot;
    let val = evaluate(chosen.value, scope);
    for (const c of candidates.slice(candidates.indexOf(chosen) + 1)) {
      if (c.assign.kind === "assign")
        val = this.change(val, c.assign.path.slice(1), c.value, scopeOf(c.file));
    }
    if (val.kind === "none") return val;
    return (
      checkKind(scope, val, decl.type, chosen.value.span, `slot \`${slot}\``, undefined, join(path, slot)) ??
      unknown
    );
  }

  /** What is written for a slot of block i, the weakest first. */
  private candidatesAt(stack: Stack, slot: string, i: number): readonly Candidate[] {
    const n = this.stackCount(stack) ?? 0;
    return stack.candidates
      .filter((c) => (c.assign.kind === "slot" ? c.assign.name.text : c.assign.path[0]!.text) === slot)
      .filter((c) => !c.selectors || this.selected(c.selectors, c.file, i, n))
      .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]);
  }

  private slotSpan(stack: Stack, slot: string, i: number): Span | undefined {
    const inUse = [...stack.slots.keys()]
      .filter((s) => s !== slot)
      .flatMap((s) => this.candidatesAt(stack, s, i).at(-1)?.value.span ?? []);
    const own = this.candidatesAt(stack, slot, i).at(-1)?.value.span;
    const isUser = (s: Span) => !s.file.startsWith("std/");
    return own && isUser(own) ? own : (inUse.find(isUser) ?? own);
  }

  private selected(at: AtBlock, file: string, i: number, n: number): boolean {
    return at.selectors.some((s) => {
      const value = (e: Expr | undefined) => (e ? this.index(e, file) : undefined);
      const from = value(s.from) ?? 0;
      const every = value(s.every) ?? 1;
      const to = s.to ? value(s.to) : s.open || !s.from ? n - 1 : from;
      return to !== undefined && i >= from && i <= to && every > 0 && (i - from) % every === 0;
    });
  }

  private index(expr: Expr, file: string): number | undefined {
    const val = evaluate(expr, this.scope(file));
    const n = val.kind === "count" ? val.dim.int : undefined;
    if (n === undefined && val.kind !== "unknown" && val.kind !== "hole")
      this.tracer.report("model/at-kind", {}, expr.span);
    return n === undefined ? undefined : Number(n);
  }

  /** `at 12` of 12 blocks, `at 3..1`, `every 0`: once for each place of the text. */
  private checkSelectors(stack: Stack, n: number): void {
    const seen = new Set<AtBlock>();
    for (const c of stack.candidates) {
      if (!c.selectors || seen.has(c.selectors)) continue;
      seen.add(c.selectors);
      for (const s of c.selectors.selectors) {
        for (const e of [s.from, s.to]) {
          const i = e && this.index(e, c.file);
          if (i !== undefined && e && (i >= n || i < 0)) {
            this.tracer.report("blocks/index-out-of-range", { index: i, blocks: n }, e.span, {
              labels:
                stack.count && !stack.count.file.startsWith("std/")
                  ? [{ span: stack.count.expr.span, text: `${n} blocks, numbered 0 to ${n - 1}` }]
                  : [],
            });
          }
        }
        const every = s.every && this.index(s.every, c.file);
        if (every !== undefined && s.every && every < 1)
          this.tracer.report("blocks/every", { every }, s.every.span);
        const [from, to] = [s.from && this.index(s.from, c.file), s.to && this.index(s.to, c.file)];
        if (from !== undefined && to !== undefined && to < from)
          this.tracer.report("blocks/empty-range", { from, to }, s.span);
      }
    }
  }
}

const kind = (name: string, span: Span): KindRef => ({ name, of: undefined, span });

/** One block named beats a range, a range beats `every`, and all beat the default. */
function specificity(at: AtBlock | undefined): number {
  if (!at) return 0;
  const rank = at.selectors.map((s) => (s.every || s.open ? 1 : s.to ? 2 : 3));
  return Math.min(...rank);
}

function describe(val: Val | undefined): string {
  if (!val) return "";
  if (val.kind === "instance") return val.instance.recipe.decl.name.text;
  return val.kind === "none" ? "none" : "?";
}
