import type { AtBlock, BlockItem, BlocksDecl, Expr, Name, SlotDecl, Span } from "../../grammar/ast.js";
import { isLibrary } from "../host.js";
import { evaluate } from "./expressions.js";
import type { ModelEnv } from "./model.js";

/** One line that fills a slot, or changes an argument of what fills it (`ffn.k = 64`). */
export interface Candidate {
  readonly slot: string;
  /** The argument that is changed; empty where the slot itself is filled. */
  readonly path: readonly { readonly text: string; readonly span: Span }[];
  readonly value: Expr;
  /** The slot's name where the line begins. */
  readonly name: Name;
  readonly file: string;
  readonly at: AtBlock | undefined;
  /** The most specific wins, then the furthest derived model, then the last written. */
  readonly rank: readonly [specificity: number, depth: number, order: number];
}

/** What is written for a slot of n blocks: for all of them, and for some by their numbers. */
interface Indexed {
  readonly n: number;
  readonly plain: readonly Candidate[];
  readonly chosen: ReadonlyMap<number, readonly Candidate[]>;
}

/** What a model and its bases write of a stack of blocks: its slots, and which lines fill them in which block. */
export class StackLines {
  readonly slots = new Map<string, SlotDecl>();
  /** Names of lines that are like no slot, and the empty slots that they most likely were to fill. */
  private readonly misnamed = new Set<string>();
  private readonly excused = new Set<string>();
  /** The number of blocks as it is written last. */
  size: { readonly expr: Expr; readonly file: string } | undefined;
  private readonly candidates: Candidate[] = [];
  /** Lines of one model for one slot of the same blocks. */
  private readonly lines = new Map<string, Name>();
  /** What each `at` names. */
  private readonly blocks = new Map<AtBlock, { readonly n: number; readonly named: readonly number[] }>();
  private readonly byBlock = new Map<string, Indexed>();
  private likenesses: { readonly n: number; readonly keys: ReadonlyMap<number, string> } | undefined;
  /** The lines of each slot, the weakest first; made when all are merged. */
  private readonly bySlot = new Map<
    string,
    { readonly all: readonly Candidate[]; readonly alike: boolean }
  >();

  constructor(
    private readonly env: ModelEnv,
    /** The field that holds the number of blocks, which may not stand for itself. */
    private readonly name: string,
  ) {}

  merge(item: BlocksDecl, file: string, depth: number): void {
    this.bySlot.clear();
    this.byBlock.clear();
    this.likenesses = undefined;
    if (item.count && !(item.count.kind === "name" && item.count.name === this.name))
      this.size = { expr: item.count, file };
    for (const inner of item.items ?? []) this.mergeItem(inner, file, depth, undefined);
  }

  private mergeItem(item: BlockItem, file: string, depth: number, at: AtBlock | undefined): void {
    const { tracer } = this.env;
    const rank = [specificity(at), depth, this.candidates.length] as const;
    switch (item.kind) {
      case "slot":
        this.slots.set(item.name.text, item);
        if (item.value)
          this.candidates.push({
            slot: item.name.text,
            path: [],
            value: item.value,
            name: item.name,
            file,
            at,
            rank,
          });
        return;
      case "field":
        tracer.report("model/field-in-blocks", { name: item.names[0]?.text ?? "" }, item.span);
        return;
      case "assign": {
        const [slot, ...path] = item.path;
        if (!slot) return;
        const key = [at?.span.start ?? "", depth, ...item.path.map((p) => p.text)].join(".");
        const first = this.lines.get(key);
        if (first) tracer.reportSetTwice(slot, first);
        this.lines.set(key, slot);
        const meant = this.slots.has(slot.text) ? slot.text : this.reportSlot(slot);
        // A line of the slot's own name goes before one that most likely means it.
        const behind = meant === slot.text ? rank : ([rank[0], depth - 0.5, rank[2]] as const);
        this.candidates.push({ slot: meant, path, value: item.value, name: slot, file, at, rank: behind });
        return;
      }
      case "at":
        if (at) tracer.report("model/at-in-at", {}, item.span);
        else for (const inner of item.items) this.mergeItem(inner, file, depth, item);
    }
  }

  /** Whether an empty slot follows from a line of an unknown name, which most likely was to fill it. */
  excuses(slot: string): boolean {
    if (!this.excused.has(slot) && this.excused.size >= this.misnamed.size) return false;
    this.excused.add(slot);
    return true;
  }

  /** Reports a slot that is not there; the answer is the one most likely meant, so that the rest can be checked. */
  private reportSlot(slot: Name): string {
    const known = [...this.slots.keys()];
    const near = this.env.tracer.program.nearest(slot.text, () => known);
    if (near === undefined) this.misnamed.add(slot.text);
    const isField = this.env.fields.has(slot.text);
    this.env.tracer.report("model/unknown-slot", { name: slot.text, near, known, isField }, slot.span, {
      fixes: near ? [{ title: "replace", span: slot.span, replacement: near }] : [],
    });
    return near ?? slot.text;
  }

  /** What is written for a slot of block i of n, the weakest first. */
  at(slot: string, i: number, n: number): readonly Candidate[] {
    const { all, alike } = this.of(slot);
    if (alike) return all;
    const lines = this.linesOf(slot, n);
    return [...lines.plain, ...(lines.chosen.get(i) ?? [])];
  }

  private linesOf(slot: string, n: number): Indexed {
    const known = this.byBlock.get(slot);
    return known?.n === n ? known : this.indexed(slot, n);
  }

  /** Those that fill a slot of any of n blocks. */
  inUse(slot: string, n: number): ReadonlySet<Candidate> {
    const { all, alike } = this.of(slot);
    if (alike) return new Set(n > 0 ? all : []);
    const { plain, chosen } = this.linesOf(slot, n);
    return new Set([...plain, ...[...chosen.values()].flat()]);
  }

  /** One text for all blocks whose slots the same lines fill. */
  likeness(i: number, n: number): string {
    if (this.likenesses?.n !== n) this.likenesses = { n, keys: this.likenessesOf(n) };
    return this.likenesses.keys.get(i) ?? "";
  }

  /** The lines that only some blocks have, of each of these; what all have tells none from another. */
  private likenessesOf(n: number): ReadonlyMap<number, string> {
    const keys = new Map<number, string>();
    for (const slot of this.slots.keys()) {
      if (this.of(slot).alike) continue;
      for (const [i, lines] of this.linesOf(slot, n).chosen)
        keys.set(i, `${keys.get(i) ?? ""}${lines.map((c) => c.rank[2])};`);
    }
    return keys;
  }

  /** `alike`: no line of the slot is for some blocks only. */
  private of(slot: string): { readonly all: readonly Candidate[]; readonly alike: boolean } {
    let lines = this.bySlot.get(slot);
    if (!lines) {
      const all = this.candidates
        .filter((c) => c.slot === slot)
        .sort((a, b) => a.rank[0] - b.rank[0] || a.rank[1] - b.rank[1] || a.rank[2] - b.rank[2]);
      lines = { all, alike: all.every((c) => !c.at) };
      this.bySlot.set(slot, lines);
    }
    return lines;
  }

  /** The lines of a slot by the blocks they are for; lines for all blocks are weaker than those, and come first. */
  private indexed(slot: string, n: number): Indexed {
    const { all } = this.of(slot);
    const chosen = new Map<number, Candidate[]>();
    for (const c of all) {
      if (!c.at) continue;
      for (const i of this.blocksOf(c.at, c.file, n)) {
        const lines = chosen.get(i);
        if (lines) lines.push(c);
        else chosen.set(i, [c]);
      }
    }
    const made = { n, plain: all.filter((c) => !c.at), chosen };
    this.byBlock.set(slot, made);
    return made;
  }

  /**
   * Lines of one model that fill one slot of one block and are as specific as each other: only the later would count. One
   * for some of the blocks of an earlier line says more than that line, and is no mistake.
   */
  private checkTwice(n: number): void {
    const groups = new Map<string, Candidate[]>();
    for (const c of this.candidates) {
      if (!c.at) continue;
      const key = [c.slot, ...c.path.map((p) => p.text), c.rank[0], c.rank[1]].join();
      const group = groups.get(key);
      if (group) group.push(c);
      else groups.set(key, [c]);
    }
    for (const lines of groups.values()) {
      if (lines.length < 2) continue;
      const sets = new Map(lines.map((c) => [c, this.blocksOf(c.at!, c.file, n)]));
      const owners = new Map<number, Candidate>();
      for (const [line, blocks] of sets) {
        const shared = new Map<Candidate, number[]>();
        for (const i of blocks) {
          const owner = owners.get(i);
          const both = owner && shared.get(owner);
          if (both) both.push(i);
          else if (owner) shared.set(owner, [i]);
          owners.set(i, line);
        }
        const first = [...shared].find(
          ([c, both]) =>
            c.at !== line.at && (both.length < blocks.length || both.length === sets.get(c)!.length),
        );
        const text = [line.slot, ...line.path.map((p) => p.text)].join(".");
        if (first) this.env.tracer.reportSetTwice({ ...line.name, text }, first[0].name, first[1]);
      }
    }
  }

  /** Numbers of the blocks that an `at` names, in order, as far as steps are left for them; they are read once. */
  private blocksOf(at: AtBlock, file: string, n: number): readonly number[] {
    const known = this.blocks.get(at);
    if (known?.n === n) return known.named;
    const found = new Set<number>();
    for (const s of at.selectors) {
      const from = s.from ? (this.index(s.from, file) ?? 0) : 0;
      const every = s.every ? (this.index(s.every, file) ?? 1) : 1;
      const last = s.from && !s.open ? from : n - 1;
      const to = Math.min(s.to ? (this.index(s.to, file) ?? -1) : last, n - 1);
      if (every < 1) continue;
      // The first of its blocks that is there.
      const start = from < 0 ? from + Math.ceil(-from / every) * every : from;
      if (start <= to && !this.env.tracer.step(at.span, Math.floor((to - start) / every) + 1)) break;
      for (let i = start; i <= to; i += every) found.add(i);
    }
    const named = [...found].sort((a, b) => a - b);
    this.blocks.set(at, { n, named });
    return named;
  }

  private index(expr: Expr, file: string): number | undefined {
    const val = evaluate(expr, this.env.scope(file));
    const n = val.kind === "count" ? val.dim.int : undefined;
    const silent = val.kind === "unknown" || val.kind === "hole";
    if (n === undefined && !silent) this.env.tracer.report("model/at-kind", {}, expr.span);
    return n === undefined ? undefined : Number(n);
  }

  /** `at 12` of 12 blocks, `at 3..1`, `every 0`, and blocks set twice: once for each place of the text. */
  checkSelectors(n: number): void {
    this.checkTwice(n);
    const { tracer } = this.env;
    const { size } = this;
    const numbered =
      size && !isLibrary(size.file)
        ? [{ span: size.expr.span, text: `${n} blocks, numbered 0 to ${n - 1}` }]
        : [];
    const seen = new Set<AtBlock>();
    for (const { at, file } of this.candidates) {
      if (!at || seen.has(at)) continue;
      seen.add(at);
      for (const s of at.selectors) {
        const [from, to, every] = [s.from, s.to, s.every].map((e) => e && this.index(e, file));
        for (const [e, i] of [
          [s.from, from],
          [s.to, to],
        ] as const) {
          if (e && i !== undefined && (i >= n || i < 0))
            tracer.report("blocks/index-out-of-range", { index: i, blocks: n }, e.span, { labels: numbered });
        }
        if (s.every && every !== undefined && every < 1)
          tracer.report("blocks/every", { every }, s.every.span);
        if (from !== undefined && to !== undefined && to < from)
          tracer.report("blocks/empty-range", { from, to }, s.span);
      }
    }
  }
}

/** One block named beats a range, a range beats `every`, and all beat the default. */
function specificity(at: AtBlock | undefined): number {
  if (!at) return 0;
  return Math.min(...at.selectors.map((s) => (s.every || s.open ? 1 : s.to ? 2 : 3)));
}
