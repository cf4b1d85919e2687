import type { Name, Span } from "../../grammar/ast.js";
import type { CodeName } from "../diagnostics/codes.js";
import type { Label } from "../diagnostics/diagnostic.js";
import type { DataOf, Diagnostics, Place } from "../diagnostics/sink.js";
import { Dim } from "../dim/dim.js";
import { isLibrary } from "../host.js";
import { BuildError, Builder } from "../ir/build.js";
import type { Assumption, DType, InputPort, StateInfo, Value, WeightInfo } from "../ir/graph.js";
import type { LearnedCount, WeightValues } from "./learned.js";
import { holdsAt, type Point } from "./point.js";
import type { Program } from "./program.js";
import type { Trial } from "./trial.js";

/** Limits that keep every evaluation finite and small. */
export const limits = {
  depth: 60,
  /** Fields of a model that are read for one another. */
  fields: 256,
  blocks: 4096,
  rounds: 4096,
  /** Of one graph; the largest of a published model takes 3,300. */
  steps: 40_000,
  /** What a layer's call adds: it is traced as a graph of its own, which takes as long as several other steps. */
  stepsOfCall: 4,
  /** Of all models and layers of a file; 27 models with product keys take 61,000. */
  stepsOfFile: 120_000,
  /**
   * Of all trials that look for values that fit, in steps as well: of those for the first model that has errors, for
   * the models behind it, and for one error; and after how many one value is enough for each error of these models. All
   * of them take a fraction of a second.
   */
  trialsOfFirst: 190_000,
  trialsBeside: 80_000,
  trialsOfError: 60_000,
  trialsAtEase: 40_000,
  /** Bytes and operations that deciding a graph's `learned` counts takes. */
  learning: 100_000_000,
  bits: 512,
  terms: 200,
  /** Characters of a count of run time as it is told apart from others. */
  characters: 2_000,
} as const;

/** One state of an instance as the graph sees it. */
export interface TracedState {
  readonly info: StateInfo;
  readonly shape: readonly Dim[];
  readonly dtype: DType;
  /** The graph input; undefined where the graph begins with empty state. */
  readonly input: Value | undefined;
  readonly output: Value;
  readonly span: Span;
}

export interface TraceOptions {
  readonly program: Program;
  readonly sink: Diagnostics;
  /** An earlier step left state. */
  readonly decoding: boolean;
  /** For a training step: `training` holds, and terms of the loss are collected. */
  readonly training?: boolean;
  /** What the trace from empty state left along each growing axis, by the state's path. */
  readonly left?: ReadonlyMap<string, Dim>;
  /** What is known of the weights: what `learned` counts follow from. */
  readonly weights?: WeightValues | undefined;
  /** Layers checked alone: sizes are symbols, layer arguments may be missing; undecidable is silent. */
  readonly generic: boolean;
  /** Layers that nobody gives, and for which others stand. */
  readonly standing?: readonly string[] | undefined;
  /** What is put in the place of the user's numbers, to see what would follow. */
  readonly trial?: Trial | undefined;
  /** Where errors of library code alone are told. */
  readonly home?: Span | undefined;
}

/** What tracing one graph collects: weights, states and assumptions, and the chain of calls for messages. */
export class Tracer {
  readonly program: Program;
  readonly sink: Diagnostics;
  readonly generic: boolean;
  readonly standing: readonly string[];
  readonly decoding: boolean;
  readonly training: boolean;
  readonly top: Builder;
  /** Traces only to check: what it makes is thrown away, instances keep their members. */
  readonly rehearsing: boolean;
  readonly weights = new Map<string, InputPort & { role: "weight" }>();
  /** The names of a weight's axes where it is declared, for checkpoints; those of blocks alike are declared once. */
  readonly weightAxes = new Map<WeightInfo, readonly string[]>();
  readonly states: TracedState[] = [];
  /** Terms of the loss, each as the builder knows it whose region is being traced. */
  readonly losses: Value[] = [];
  /** What the model does in training alone, for which the graph has no form yet. */
  readonly untrainable = new Set<string>();
  /** Layers that have run, by their path with `#` for each number in it: false where one of these failed. */
  readonly ran = new Map<string, boolean>();
  /** How often something stood in for a layer that is wrong. */
  standIns = 0;
  /** Spent on `learned` so far. */
  learning = 0n;
  /** What `learned` was asked, by the path of the line that asks. */
  readonly learned: LearnedCount[] = [];
  readonly known: WeightValues;
  readonly assumptions: Assumption[] = [];
  private readonly assumed = new Set<string>();
  readonly trial: Trial | undefined;
  /** The model's name in the user's text. */
  private readonly home: Span | undefined;
  /** Calls from the model inwards. */
  readonly calls: Label[] = [];
  /** What was reduced over all axes, a batch's too, without their names being written. */
  readonly overAll = new Map<
    Value,
    { readonly name: string; readonly axes: readonly string[]; readonly span: Span }
  >();
  /** The layers and functions around the place being traced, with where each is called. */
  readonly running: { readonly decl: { readonly name: Name }; readonly span: Span }[] = [];
  readsDecoding = false;
  readsTraining = false;
  /** A layer reads `past`, or keeps what grows with it. */
  readsPast = false;
  /** Expressions evaluated so far; past the limit nothing more is, so that every evaluation ends soon. */
  private steps = 0;
  private stopped = false;
  /** Positions seen by earlier steps. */
  readonly past: Dim;
  /** Counts that `forward` takes, with their defaults. */
  readonly counts = new Map<string, bigint | undefined>();
  /** Sizes of states that keep less than all that is past, by name. */
  readonly kept = new Map<string, Dim>();
  /** Sizes of run time as the model declares them: as many positions as its field `seq`; in a step, all but one are past. */
  declared: Point | undefined;
  private readonly left: ReadonlyMap<string, Dim>;

  constructor(options: TraceOptions, rehearsalTop?: Builder) {
    this.top = rehearsalTop ?? new Builder();
    this.rehearsing = rehearsalTop !== undefined;
    this.program = options.program;
    this.sink = options.sink;
    this.generic = options.generic;
    this.standing = options.standing ?? [];
    this.decoding = options.decoding;
    this.training = options.training ?? false;
    this.past = options.decoding ? Dim.symbol("past", 0) : Dim.of(0);
    this.left = options.left ?? new Map();
    this.trial = options.trial;
    this.known = options.weights ?? new Map();
    this.home = options.home;
  }

  /** How long the growing axis of a state is where a pass leaves as much as a count of `forward` says: a size of its own. */
  pastOf(state: string): Dim | undefined {
    const left = this.left.get(state);
    const count = left && [...left.symbols].find((s) => this.counts.has(s));
    if (!left || count === undefined) return undefined;
    for (let n = 1; ; n++) {
      const name = n === 1 ? `past_${count}` : `past_${count}_${n}`;
      const known = this.kept.get(name);
      if (known && !known.equals(left)) continue;
      this.kept.set(name, left);
      return Dim.symbol(name, 0);
    }
  }

  /** A tracer for a check on the side, in a graph of its own; sizes that cannot be decided are silent in it. */
  rehearsal(top: Builder): Tracer {
    const { program, sink, decoding, training, trial, known: weights } = this;
    const tracer = new Tracer({ program, sink, decoding, training, weights, generic: true, trial }, top);
    tracer.calls.push(...this.calls);
    return tracer;
  }

  /** Counts steps of evaluation; false (reported once) where there were too many. */
  step(span: Span, count = 1): boolean {
    if (this.sink.halted) return false;
    this.steps += count;
    this.program.spent.steps += count;
    if (this.steps <= limits.steps && this.program.spent.steps <= limits.stepsOfFile) return true;
    const ofFile = this.steps <= limits.steps;
    const limit = ofFile ? limits.stepsOfFile : limits.steps;
    if (!this.stopped) this.report("limit/steps", { limit, ofFile }, span);
    this.stopped = true;
    return false;
  }

  /**
   * Runs a step of tracing. A rule of the graph that the language's own checks did not foresee is a problem of that
   * place, not a crash.
   */
  guard<T>(span: Span, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof BuildError || error instanceof RangeError)) throw error;
      if (isOverflow(error)) this.overflow(span);
      else this.report("shape/op", { reason: error.message }, span);
      return undefined;
    }
  }

  /**
   * The stack is full: that is told once for all graphs of a model, and nothing more is evaluated, or each line on the
   * way would fill it again.
   */
  private overflow(span: Span): void {
    const { overflowed } = this.program.spent;
    const model = this.home?.start;
    if (!overflowed.has(model)) this.report("limit/nesting", {}, span);
    overflowed.add(model);
    this.stopped = true;
    this.steps = limits.steps;
  }

  /** Reports at the user's own text first; where the fault lies in a library layer, the way there is the trace. */
  report<K extends CodeName>(
    code: K,
    data: DataOf<K>,
    span: Span,
    place: Omit<Place, "span" | "trace"> = {},
  ): void {
    const isUser = (s: Span) => !isLibrary(s.file);
    if (isUser(span)) {
      this.sink.report(code, data, { ...place, span });
      return;
    }
    const from = this.calls.findLastIndex((c) => isUser(c.span));
    if (from < 0) {
      // All of it stands in the library: the user's part is the model that builds on it.
      const trace = [...this.calls, { span, text: "here" }];
      this.sink.report(code, data, { ...place, ...(this.home ? { span: this.home, trace } : { span }) });
      return;
    }
    const trace = [...this.calls.slice(from + 1), { span, text: "here" }];
    this.sink.report(code, data, { ...place, span: this.calls[from]!.span, trace });
  }

  /** Refuses a call that nests too deep; where layers run one another in a circle, the circle is shown. */
  reportDepth(name: string, span: Span): void {
    const { running } = this;
    const last = running.findLastIndex(({ decl }, i) => running.findIndex((r) => r.decl === decl) < i);
    const before = running.findLastIndex(({ decl }, i) => i < last && decl === running[last]!.decl);
    const circle = before < 0 ? [] : running.slice(before, last + 1).map((r) => r.decl.name.text);
    const layer = running[last]?.decl.name.text ?? name;
    this.report("layer/too-deep", { layer, limit: limits.depth, circle }, running[last]?.span ?? span);
  }

  /** Two lines for one name, where the first would be without effect. */
  reportSetTwice(name: Name, first: Name, blocks: readonly number[] = []): void {
    this.report("name/set-twice", { name: name.text, blocks }, name.span, {
      labels: [{ span: first.span, text: "first set here" }],
    });
  }

  /** The graph input of a weight, made once per path. Its shape must be constant, but in a generic check. */
  weight(
    path: string,
    shape: readonly Dim[],
    dtype: DType,
    info: WeightInfo,
    axes: readonly string[],
  ): Value {
    const known = this.weights.get(path);
    if (known) return known.value;
    const value = this.top.input({ dtype, shape }, path);
    this.weights.set(path, { role: "weight", name: path, value, weight: info });
    if (!this.weightAxes.has(info)) this.weightAxes.set(info, axes);
    return value;
  }

  /** The weight under another path that is in all else like the one `value` is; undefined where that is no weight. */
  weightLike(value: Value, rename: (path: string) => string): Value | undefined {
    const known = this.weights.get(value.name);
    if (known?.value !== value) return undefined;
    const path = rename(known.name);
    if (path === known.name) return value;
    return this.weight(path, value.shape, value.dtype, known.weight, this.weightAxes.get(known.weight)!);
  }

  /**
   * What must hold at run time. Where it does not even hold at the sizes that the model declares, that is an error;
   * `values` are those of the condition, for its message.
   */
  assume(
    left: Dim,
    relation: Assumption["relation"],
    right: Dim,
    reason: string,
    span: Span,
    values?: () => readonly string[],
  ): void {
    if (this.generic) return;
    const relate = (point: Point) => holdsAt({ left, relation, right }, point);
    const first = this.declared;
    // A step alone may be too short for a layer; that what is past breaks it shows where nothing is past.
    const isShort = this.decoding && first !== undefined && relate({ ...first, past: 0n }) === false;
    if (first && !isShort && relate(first) === false) {
      const at = (d: Dim) => String(Dim.rational(...d.evaluate(first)));
      const used = new Set([...left.symbols, ...right.symbols]);
      this.report(
        "size/at-declared",
        {
          reason,
          condition: `${left} ${relation} ${right}`,
          figures: `${at(left)} ${relation} ${at(right)}`,
          at: Object.entries(first).flatMap(([n, v]) => (used.has(n) ? [`\`${n}\` as ${v}`] : [])),
          values: values?.() ?? [],
        },
        span,
      );
      return;
    }
    const key = `${left}${relation}${right}`;
    if (this.assumed.has(key)) return;
    this.assumed.add(key);
    this.assumptions.push({ left, relation, right, reason });
  }
}

const isOverflow = (error: Error): boolean => /call stack/.test(error.message);
