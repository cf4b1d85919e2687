import type { ModelDecl, NumberLit, Span } from "../../grammar/ast.js";
import type { CodeName } from "../diagnostics/codes.js";
import type { Diagnostic, Label } from "../diagnostics/diagnostic.js";
import { fittingText } from "../diagnostics/fitting.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { candidates, numbersIn } from "./candidates.js";
import { type Change, type Dial, Dials, wordsOf } from "./dials.js";
import type { Program } from "./program.js";
import { bodyOf, knownRemedies, type More } from "./remedy-known.js";
import { limits } from "./tracer.js";
import { type Edit, placeOf, type Tally, Trial, TrialSink } from "./trial.js";

const codes: readonly CodeName[] = [
  "blocks/index-out-of-range",
  "builtin/split-uneven",
  "builtin/topk-too-many",
  "count/divided-by-zero",
  "count/negative",
  "count/not-whole",
  "index/out-of-range",
  "index/slice-out-of-range",
  "kind/out-of-range",
  "require/failed",
  "shape/axis-has-two-sizes",
  "shape/dim-mismatch",
  "shape/operands-differ",
  "size/at-declared",
  "state/next-size",
];

/** Problems that another number may mend. */
const mendable: ReadonlySet<string> = new Set(codes);

const most = { errors: 12, dials: 24, remedies: 3, tries: 16, triesBeside: 6, listTries: 12 } as const;

/** Traces the model again with other numbers; what it finds goes to the collector. */
export type Retrace = (aside: Program, collector: Diagnostics, trial: Trial) => void;

/**
 * Says, for every error that a model has got since `from`, which nearest values of the user's own numbers would mend it.
 * A value is only offered once the whole model has been traced with it, and has no errors but those it had without it.
 * Models whose text is that of `decl` but for its name share what is found; undefined where more than text decides.
 */
export function addRemedies(
  program: Program,
  sink: Diagnostics,
  from: number,
  decl: ModelDecl | undefined,
  retrace: Retrace,
): void {
  const errors = sink.list
    .slice(from)
    .filter((d) => d.severity === "error" && mendable.has(d.code))
    .slice(0, most.errors);
  if (errors.length === 0) return;
  const known = decl && knownRemedies(program, decl, errors);
  const found = known ?? searchRemedies(program, errors, retrace);
  if (decl && !known) program.remedied.set(bodyOf(program, decl), { decl, errors, found });
  for (const [i, more] of found.entries()) if (more) sink.amend(sink.list.indexOf(errors[i]!), more);
}

function searchRemedies(
  program: Program,
  errors: readonly Diagnostic[],
  retrace: Retrace,
): readonly (More | undefined)[] {
  const search = new Search(program, retrace);
  return errors.map((error) => {
    const remedies = search.remedies(error);
    if (remedies.length === 0) return undefined;
    return {
      helps: remedies.map((r) =>
        fittingText(
          r.changes.map((c) => c.text),
          r.added,
        ),
      ),
      labels: labelsOf(remedies),
      fixes: remedies.slice(0, 1).flatMap((r) => r.changes[0]?.fix ?? []),
    };
  });
}

/** Values of one number, or of one list, that mend an error. */
interface Remedy {
  readonly changes: readonly Change[];
  readonly label: Label | undefined;
  readonly added: string | undefined;
  readonly near: boolean;
}

/** Where the numbers are written; one place of a list is enough. */
function labelsOf(remedies: readonly Remedy[]): readonly Label[] {
  const labels = remedies.flatMap((r) => r.label ?? []);
  return labels.filter((l, i) => labels.findIndex((m) => m.text === l.text) === i);
}

class Search {
  private readonly dials: Dials;
  /** The model's errors as it stands. */
  private readonly before: Tally;
  /** No model before this one has been tried. */
  private readonly isFirst: boolean;
  /** What may be spent until the error in question must be done with. */
  private most = 0;
  /** Whether an edit mends the error in question, where that was tried. */
  private readonly tried = new Map<string, boolean>();

  constructor(
    private readonly program: Program,
    private readonly retrace: Retrace,
  ) {
    const { spent } = program;
    this.isFirst = spent.trials === 0;
    spent.trialsBefore ??= this.isFirst ? undefined : spent.trials;
    const sink = new TrialSink();
    this.dials = new Dials(program, this.run(sink, undefined));
    this.before = sink.tally;
  }

  private run(sink: TrialSink, edit: Edit | undefined): Trial {
    const trial = new Trial(edit);
    const { program } = this;
    // A trial that would take more than is left ends as one that failed.
    const start = limits.stepsOfFile - this.mostOfModels + program.spent.trials;
    const spent = { steps: start, trials: 0, overflowed: new Set<number | undefined>() };
    if (start < limits.stepsOfFile) this.retrace({ ...program, traced: new Set(), spent }, sink, trial);
    program.spent.trials += spent.steps - start + 100;
    return trial;
  }

  /** A first model that takes all of its own leaves the models behind it theirs. */
  private get mostOfModels(): number {
    const { trialsBefore } = this.program.spent;
    return trialsBefore === undefined ? limits.trialsOfFirst : trialsBefore + limits.trialsBeside;
  }

  private get isSpent(): boolean {
    return this.program.spent.trials >= Math.min(this.mostOfModels, this.most);
  }

  remedies(error: Diagnostic): readonly Remedy[] {
    const place = placeOf(error);
    // An error of flags and names alone has no number that would mend it.
    if (!this.before.has(place) || numbersIn(wordsOf(error)).length === 0) return [];
    const isFrugal = !this.isFirst && this.program.spent.trials > limits.trialsAtEase;
    this.most = this.program.spent.trials + limits.trialsOfError / (isFrugal ? 4 : 1);
    this.tried.clear();
    const { numbers } = this.run(new TrialSink(undefined, place), undefined);
    const flags = this.dials.flags(error).filter((change) => this.mends(change.edit, place));
    const found: Remedy[] = flags.map((f) => ({
      changes: [f],
      label: undefined,
      added: f.added,
      near: true,
    }));
    const shorter = this.dials.shorterLists(error).filter((change) => this.mends(change.edit, place));
    const told = new Set<NumberLit>();
    const { likely, rest } = this.dials.for(error, numbers);
    for (const [i, dial] of [...likely, ...rest].slice(0, most.dials).entries()) {
      if (
        found.length >= (isFrugal ? 1 : most.remedies) ||
        this.isSpent ||
        (found.length > 0 && i >= likely.length)
      )
        break;
      const [first] = dial.list ?? [];
      if ((first && told.has(first)) || !this.matters(dial, error, place)) continue;
      const whole = dial.list && this.turnList(dial.list, error, place);
      if (whole) told.add(first!);
      const changes = whole ? [whole] : this.turn(dial, error, place, isFrugal);
      if (changes.length > 0) found.push({ changes, label: dial.label, added: dial.added, near: dial.near });
    }
    if (found.length === 0)
      found.push(...shorter.map((s) => ({ changes: [s], label: undefined, added: undefined, near: true })));
    return [...found.filter((r) => r.near), ...found.filter((r) => !r.near)];
  }

  /** False where two other values leave the error word for word as it is. */
  private matters(dial: Dial, error: Diagnostic, place: string): boolean {
    return [dial.now + 1n, dial.now * 2n + 2n].some((value) => {
      const words = this.wordsWith(dial.change(value).edit, place);
      return words !== wordsOf(error);
    });
  }

  /** What the error at a place says with an edit; undefined where there is none. */
  private wordsWith(edit: Edit, place: string, allowed?: Tally): string | undefined {
    const sink = new TrialSink(allowed, place);
    this.run(sink, edit);
    const again = sink.list.find((d) => placeOf(d) === place);
    // Whether the edit mends the error is known as well, and need not be tried again.
    const isClean = [...sink.tally].every(([p, count]) => count <= (this.before.get(p) ?? 0));
    this.tried.set(keyOf(edit), !again && isClean && !this.isSpent);
    return again && wordsOf(again);
  }

  private mends(edit: Edit | undefined, place: string): boolean {
    if (!edit || this.isSpent) return false;
    const known = this.tried.get(keyOf(edit));
    if (known !== undefined) return known;
    const sink = new TrialSink(new Map([...this.before].filter(([p]) => p !== place)));
    this.run(sink, edit);
    const mends = !sink.failed && !this.isSpent;
    this.tried.set(keyOf(edit), mends);
    return mends;
  }

  /** The nearest values below and above that mend the error; `one` of them where that is enough. */
  private turn(dial: Dial, error: Diagnostic, place: string, one: boolean): readonly Change[] {
    const fits = (value: bigint) => this.mends(dial.change(value).edit, place);
    const all = candidates(dial.now, numbersIn(wordsOf(error)));
    const sides = [all.filter((v) => v < dial.now), all.filter((v) => v > dial.now)];
    let tries: number = most.tries;
    return sides.flatMap((side) => {
      const far = side.slice(0, tries).find(fits);
      // Where one side has a value, the other is worth a few more trials alone.
      if (far !== undefined) tries = one ? 0 : most.triesBeside;
      return far === undefined ? [] : [dial.change(nearer(dial.now, far, fits))];
    });
  }

  /** A list whose numbers are in the wrong order, or of which more than one is wrong. */
  private turnList(list: readonly NumberLit[], error: Diagnostic, place: string): Change | undefined {
    const holder = this.dials.holderOf(list[0]!);
    if (!holder) return undefined;
    const sorted = list.map((e) => e.exact[0]).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    const inOrder = this.dials.rewritten(holder, new Map(list.map((e, i) => [e, sorted[i]!])));
    const isSorted = list.every((e, i) => e.exact[0] === sorted[i]);
    if (!isSorted && this.mends(inOrder?.edit, place)) return inOrder;
    const values = new Map<NumberLit, bigint>();
    const changed = (item: NumberLit, value: bigint) =>
      this.dials.rewritten(holder, new Map([...values, [item, value]]));
    let words: string | undefined = wordsOf(error);
    for (const item of list) {
      const now = item.exact[0];
      const speaks: boolean = words !== undefined && numbersIn(words).includes(now);
      if (!speaks) continue;
      for (const value of candidates(now, numbersIn(words!)).slice(0, most.listTries)) {
        const change = changed(item, value);
        if (!change || this.isSpent) return undefined;
        const next = this.wordsWith(change.edit, place, this.before);
        // Progress is an error that speaks of another item.
        if (next !== undefined && (numbersIn(next).includes(value) || next === words)) continue;
        values.set(item, value);
        words = next;
        break;
      }
      if (words === undefined) break;
    }
    const change = values.size > 1 ? this.dials.rewritten(holder, values) : undefined;
    return this.mends(change?.edit, place) ? change : undefined;
  }
}

function keyOf(edit: Edit): string {
  const at = ({ span }: { readonly span: Span }) => `${span.file}:${span.start}-${span.end}`;
  if (edit.kind === "numbers") return [...edit.values].map(([n, value]) => `${at(n)} ${value}`).join();
  return edit.kind === "shorter" ? at(edit.list) : `${at(edit.call)} ${edit.name} ${edit.value}`;
}

/** A value between the one that fails and one that fits, found by halving, that fits as well. */
function nearer(fails: bigint, fitting: bigint, fits: (value: bigint) => boolean): bigint {
  let [low, high] = [fails, fitting];
  for (let i = 0; i < 10; i++) {
    const middle = (low + high) / 2n;
    if (middle === low || middle === high) break;
    if (fits(middle)) high = middle;
    else low = middle;
  }
  return high;
}
