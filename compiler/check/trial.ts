import type { Call, Expr, LayerDecl, ListExpr, NumberLit, Span } from "../../grammar/ast.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { Dim } from "../dim/dim.js";
import { isLibrary } from "../host.js";
import type { Bound, Val } from "./values.js";

/** What a trial puts in the place of what is written: other numbers, a list without its last item, another argument. */
export type Edit =
  | { readonly kind: "numbers"; readonly values: ReadonlyMap<NumberLit, bigint> }
  | { readonly kind: "shorter"; readonly list: ListExpr }
  | {
      readonly kind: "argument";
      readonly call: Call;
      readonly name: string;
      readonly value: bigint | boolean;
    };

/** An expression with the name it is written for: `heads = 4`, the argument `k` of a call. */
export interface Holder {
  readonly name: string;
  readonly expr: Expr;
}

/** A call of a layer in the user's text, with the values of the arguments that it writes. */
export interface CallRead {
  readonly decl: LayerDecl;
  readonly given: ReadonlyMap<string, Val | undefined>;
}

const isUser = (span: Span): boolean => !isLibrary(span.file);

/** One tracing of a model as if a line of the user's said something else; it notes which numbers were read on the way. */
export class Trial {
  readonly numbers = new Set<NumberLit>();
  readonly lists = new Set<ListExpr>();
  readonly calls = new Map<Call, CallRead>();
  private readonly holders = new Map<Expr, Holder>();
  private around: readonly Around[] | undefined;

  constructor(readonly edit?: Edit) {}

  /** What a written number is in this trial. */
  read(expr: NumberLit): Dim {
    if (isUser(expr.span)) this.numbers.add(expr);
    const other = this.edit?.kind === "numbers" ? this.edit.values.get(expr) : undefined;
    return other === undefined ? Dim.rational(expr.exact[0], expr.exact[1]) : Dim.of(other);
  }

  /** The items of a written list, of which this trial may leave the last one out. */
  items(list: ListExpr): readonly Expr[] {
    if (isUser(list.span) && list.items.length > 1) this.lists.add(list);
    return this.edit?.kind === "shorter" && this.edit.list === list ? list.items.slice(0, -1) : list.items;
  }

  hold(name: string, expr: Expr): void {
    if (!isUser(expr.span) || this.holders.has(expr)) return;
    this.holders.set(expr, { name, expr });
    this.around = undefined;
  }

  /** The argument of a call that this trial gives another value, and its place: that of the written one, or the last. */
  added(
    call: Call,
    decl: LayerDecl,
    given: readonly { readonly bound: Bound }[],
  ): readonly { name: string; value: bigint | boolean; at: number }[] {
    if (!isUser(call.span)) return [];
    const plain = decl.params.filter((p) => !p.shape);
    const names = call.args.map((arg, i) => arg.name?.text ?? plain[i]?.name.text);
    for (const [i, name] of names.entries()) if (name !== undefined) this.hold(name, call.args[i]!.value);
    this.calls.set(call, { decl, given: new Map(names.map((name, i) => [name ?? "", given[i]?.bound.val])) });
    if (this.edit?.kind !== "argument" || this.edit.call !== call) return [];
    const at = names.indexOf(this.edit.name);
    return [{ ...this.edit, at: at < 0 ? given.length : at }];
  }

  /** The nearest name that a number is written for. */
  holderOf(expr: Expr): Holder | undefined {
    this.around ??= nested([...this.holders.values()]);
    let [low, high] = [0, this.around.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.around[middle]!.holder.expr.span, expr.span) <= 0) low = middle + 1;
      else high = middle;
    }
    let found = this.around[low - 1];
    while (found && !within(expr.span, found.holder.expr.span)) found = found.outer;
    return found?.holder;
  }
}

/** A holder, and the one around it. */
interface Around {
  readonly holder: Holder;
  readonly outer: Around | undefined;
}

/** Holders in the order of the text, those around others first; expressions lie within each other or apart. */
function nested(holders: readonly Holder[]): readonly Around[] {
  const found: Around[] = [];
  // Of one and the same span the first that was held counts as the innermost.
  for (const holder of holders.toReversed().sort((a, b) => compare(a.expr.span, b.expr.span))) {
    let outer = found.at(-1);
    while (outer && !within(holder.expr.span, outer.holder.expr.span)) outer = outer.outer;
    found.push({ holder, outer });
  }
  return found;
}

function compare(a: Span, b: Span): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start - b.start || b.end - a.end;
}

export const within = (inner: Span, outer: Span): boolean =>
  inner.file === outer.file && inner.start >= outer.start && inner.end <= outer.end;

/** How many errors there are at each place. */
export type Tally = ReadonlyMap<string, number>;

/**
 * Collects a trial's errors, and ends the trial where all is known: at an error that is not in the tally of those
 * `allowed` (without it any may come), or at the first one of the place `until`.
 */
export class TrialSink extends Diagnostics {
  private readonly counts = new Map<string, number>();
  private ended = false;
  /** An error came that is not allowed. */
  failed = false;

  constructor(
    private readonly allowed?: Tally,
    private readonly until?: string,
  ) {
    super();
  }

  get tally(): Tally {
    return this.counts;
  }

  override get halted(): boolean {
    return this.failed || this.ended;
  }

  /** Each report counts, or an error that takes another's place would pass for it. */
  protected override identity(): string {
    return String(this.list.length);
  }

  protected override added(last: Diagnostic): void {
    if (last.severity !== "error" || this.halted) return;
    const place = placeOf(last);
    const count = (this.counts.get(place) ?? 0) + 1;
    this.counts.set(place, count);
    if (this.allowed && count > (this.allowed.get(place) ?? 0)) this.failed = true;
    if (place === this.until) this.ended = true;
  }
}

/** What stays the same of an error when a number in it changes: its code, its place and the place that stated it. */
export function placeOf(d: {
  code: string;
  span: Span | undefined;
  trace: readonly { span: Span }[];
}): string {
  const text = (s: Span | undefined) => (s ? `${s.file}:${s.start}-${s.end}` : "");
  return `${d.code}|${text(d.span)}|${text(d.trace.at(-1)?.span)}`;
}
