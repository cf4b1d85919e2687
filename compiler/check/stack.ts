import type { BlocksDecl, SlotDecl, Span } from "../../grammar/ast.js";
import { join } from "../ir/path.js";
import { changeArgument } from "./arguments.js";
import { callLayer } from "./calls.js";
import { evaluate } from "./expressions.js";
import type { BlockInfo } from "./instance.js";
import { checkKind, kindNamed } from "./kinds.js";
import type { ModelEnv } from "./model.js";
import { decidesAlike, replicate, type Template, templateOf } from "./replica.js";
import { Scope } from "./scope.js";
import { type Candidate, StackLines } from "./stack-lines.js";
import { limits } from "./tracer.js";
import { type Bound, inPlaceOf, unknown, unknownLayer, type Val } from "./values.js";

/** What a report says of a block, besides its path. */
type Says = Omit<BlockInfo, "path">;

/** A stack of blocks: what the model and its bases say of it, and how it runs. */
export class Stack {
  private readonly lines: StackLines;
  /** Slots being bound, the innermost last. */
  private readonly busy: string[] = [];
  private readonly told = new Set<string>();
  private known: { readonly count: number | undefined } | undefined;

  constructor(
    private readonly env: ModelEnv,
    readonly name: string,
    /** The place to blame where no line of the user's is nearer. */
    private span: Span,
  ) {
    this.lines = new StackLines(env, name);
  }

  private get slots(): ReadonlyMap<string, SlotDecl> {
    return this.lines.slots;
  }

  has(slot: string): boolean {
    return this.slots.has(slot);
  }

  merge(item: BlocksDecl, file: string, depth: number): void {
    this.span = item.span;
    this.lines.merge(item, file, depth);
  }

  /** How many blocks; undefined where it is not said or wrong (reported once). */
  private get count(): number | undefined {
    this.known ??= { count: this.readCount() };
    return this.known.count;
  }

  private readCount(): number | undefined {
    const { tracer } = this.env;
    const { size } = this.lines;
    if (!size) {
      tracer.report("model/no-block-count", { stack: this.name }, this.env.decl.name.span);
      return undefined;
    }
    const { expr, file } = size;
    const scope = this.env.scope(file);
    const what = `the number of ${this.name}`;
    const place = { span: expr.span, what, path: "" };
    const checked = checkKind(scope, evaluate(expr, scope), kindNamed("count", expr.span), place);
    const n = checked?.kind === "count" ? checked.dim.int : undefined;
    if (n === undefined) return undefined;
    if (n > limits.blocks) {
      tracer.report("limit/blocks", { blocks: String(n), limit: limits.blocks }, expr.span);
      return undefined;
    }
    return Number(n);
  }

  /** What can be said of the blocks without running them: their numbers, and the arguments of their layers. */
  check(): void {
    if (this.count !== undefined) this.lines.checkSelectors(this.count);
    const n = this.count ?? 1;
    for (const slot of this.slots.keys()) {
      for (const c of this.lines.inUse(slot, n)) {
        if (c.path.length === 0)
          evaluate(
            c.value,
            this.scope(c.file, "", (name) => (this.slots.has(name) ? unknown : undefined)),
          );
      }
    }
  }

  /**
   * Runs the blocks one after another, each through its slot `wiring`. A block written like an earlier one is its
   * replica: late binding makes equal lines mean equal layers.
   */
  run(args: readonly Bound[], caller: Scope, span: Span): Val {
    // Where their number is wrong, one is checked for all.
    const n = this.count ?? 1;
    const templates = new Map<string, { template: Template; says: Says }[]>();
    const failed = new Set<string>();
    let current = args.map((a) => a.val);
    for (let i = 0; i < n; i++) {
      const path = `${this.name}.${i}`;
      const key = this.likeness(i, n, current);
      // What is wrong in one block is wrong in all that are written like it, and has been told.
      if (failed.has(key)) continue;
      const alike = templates.get(key) ?? [];
      const known = alike.find(({ template }) => decidesAlike(this.env.tracer, template, path));
      if (known) {
        // Even what is only written again takes its time, in a model of thousands of blocks that is tried many times.
        if (!this.env.tracer.step(span, limits.stepsOfCall)) return unknown;
        const inputs = current.flatMap((v) => (v.kind === "tensor" ? [v.tensor.value] : []));
        this.tell(path, known.says);
        current = listOf(replicate(this.env.tracer, caller.builder, known.template, path, inputs));
        continue;
      }
      const ran = this.runBlock(i, n, path, current, caller, span);
      if (ran?.template) templates.set(key, [...alike, { template: ran.template, says: ran.says }]);
      if (ran) current = ran.results;
      if (!ran?.isClean) failed.add(key);
    }
    return current.length === 1 ? current[0]! : { kind: "tuple", items: current };
  }

  /** What makes two blocks the same: the lines that fill their slots, and the types of what goes in. */
  private likeness(i: number, n: number, inputs: readonly Val[]): string {
    const types = inputs.map((v) =>
      v.kind === "tensor"
        ? `${v.tensor.value.dtype}${v.tensor.axes}[${v.tensor.value.shape.map((d) => d.key)}]`
        : "?",
    );
    return `${this.lines.likeness(i, n)}|${types.join(";")}`;
  }

  /** A stack that runs again has no more blocks. */
  private tell(path: string, says: Says): void {
    if (!this.told.has(path)) this.env.blocks.push({ path, ...says });
    this.told.add(path);
  }

  private runBlock(i: number, n: number, path: string, current: readonly Val[], caller: Scope, span: Span) {
    const { tracer } = this.env;
    const { get: slot, bound } = this.block(i, n, path);
    const wiring = slot("wiring");
    if (wiring?.kind !== "instance") {
      if (!wiring)
        tracer.report("model/no-wiring", { stack: this.name, slots: [...this.slots.keys()] }, this.span);
      return undefined;
    }
    const before = {
      states: tracer.states.length,
      losses: tracer.losses.length,
      problems: tracer.sink.list.length,
      weights: tracer.weights.size,
      learned: tracer.learned.length,
    };
    const tensors = current.map((val) => ({ name: undefined, bound: { val, span } }));
    const result = callLayer(caller, wiring, tensors, this.span);
    const asked = new Set(bound.keys());
    const slots = Object.fromEntries([...this.slots.keys()].map((s) => [s, describe(slot(s))]));
    const idle = [...this.slots.keys()].filter((s) => !asked.has(s) && slot(s)?.kind !== "none");
    const says = { slots, idle };
    this.tell(path, says);
    // A block that failed leaves what it was given, as blocks do.
    if (result.kind === "unknown") return undefined;
    const hasFailed = tracer.sink.list.length > before.problems;
    const isClean = !hasFailed && wiring.instance.runs === 1;
    const template = isClean
      ? templateOf(caller.builder, path, current, result, {
          states: tracer.states.slice(before.states),
          losses: tracer.losses.length - before.losses,
          weights: [...tracer.weights.values()].slice(before.weights).map((p) => p.value),
          learned: tracer.learned.slice(before.learned),
        })
      : undefined;
    return { results: listOf(result), says, template, isClean: !hasFailed };
  }

  /** The slots of one block, bound when first asked for; a slot may refer to the others. */
  private block(i: number, n: number, path: string) {
    const bound = new Map<string, Val>();
    const get = (slot: string): Val | undefined => {
      const decl = this.slots.get(slot);
      if (!decl) return undefined;
      const known = bound.get(slot);
      if (known) return known;
      if (this.busy.includes(slot)) {
        this.env.tracer.report("model/field-cycle", { chain: [slot, slot] }, decl.span);
        return unknownLayer;
      }
      this.busy.push(slot);
      const result = this.bind(slot, decl, this.lines.at(slot, i, n), path, get);
      this.busy.pop();
      bound.set(slot, result);
      return result;
    };
    return { get, bound };
  }

  private bind(
    slot: string,
    decl: SlotDecl,
    candidates: readonly Candidate[],
    path: string,
    get: (slot: string) => Val | undefined,
  ): Val {
    const { tracer } = this.env;
    const chosen = candidates.findLast((c) => c.path.length === 0);
    if (!chosen) {
      if (this.env.misplaced.has(slot) || this.lines.excuses(slot)) return unknownLayer;
      tracer.report("model/slot-empty", { slot, stack: this.name }, this.env.decl.name.span, {
        labels: [{ span: decl.span, text: "declared here" }],
      });
      return unknownLayer;
    }
    const after = candidates.slice(candidates.indexOf(chosen) + 1);
    const val = this.fill(slot, decl, [chosen, ...after], path, get);
    if (val) return val;
    // The layer that would stand there if nothing were written shows what is wrong beside it.
    const usual = candidates.find((c) => c.path.length === 0 && c.value === decl.value);
    const instead = usual && usual !== chosen && this.fill(slot, decl, [usual], path, get);
    return instead ? inPlaceOf(instead) : unknownLayer;
  }

  /** What the first line makes of a slot, with the arguments that the others change; undefined (reported) where it is wrong. */
  private fill(
    slot: string,
    decl: SlotDecl,
    [first, ...changes]: readonly [Candidate, ...Candidate[]],
    path: string,
    get: (slot: string) => Val | undefined,
  ): Val | undefined {
    const { tracer } = this.env;
    const scope = this.scope(first.file, path, get);
    scope.line = slot;
    tracer.trial?.hold(slot, first.value);
    let val = evaluate(first.value, scope);
    for (const c of changes) {
      tracer.trial?.hold([slot, ...c.path.map((p) => p.text)].join("."), c.value);
      val = changeArgument(tracer, val, c.path, c.value, this.scope(c.file, path, get));
    }
    if (val.kind === "none") return val;
    const place = { span: first.value.span, what: `slot \`${slot}\``, path: join(path, slot) };
    return checkKind(scope, val, decl.type, place);
  }

  private scope(file: string, path: string, get: (slot: string) => Val | undefined): Scope {
    const { tracer } = this.env;
    const outer = (name: string) => {
      const isLayer = this.busy.at(-1) === name && tracer.program.lookup(file, name)?.decl.kind === "layer";
      return isLayer ? undefined : (get(name) ?? this.env.lookUp(name, file));
    };
    return new Scope({ tracer, builder: tracer.top, file, path, members: new Map(), outer });
  }
}

const listOf = (val: Val): Val[] => (val.kind === "tuple" ? [...val.items] : [val]);

function describe(val: Val | undefined): string {
  if (!val) return "";
  if (val.kind === "instance") return val.instance.recipe.decl.name.text;
  return val.kind === "none" ? "none" : "?";
}
