import type { CostReport, PartCost } from "../cost/report.js";
import { minus, order, over, plus, type Rational, rational, times } from "../dim/quantity.js";

/** The figures that a diff compares, in the order of its tables. */
export const figureNames = [
  "params.total",
  "params.active",
  "flops.forward",
  "memory.inference",
  "memory.cache",
] as const;

export type FigureName = (typeof figureNames)[number];

/** A figure on both sides; undefined where the model is not there. */
export interface Change {
  readonly base: Rational | undefined;
  readonly head: Rational | undefined;
}

export interface PartDiff extends PartFigures {
  /** `blocks.5`, or `blocks.0 .. 11` for blocks in a row that changed alike. */
  readonly path: string;
  readonly status: Status;
  /** How many blocks the row is of; the figures are those of one. */
  readonly count: number;
  /** What stands in the slots of a block; on both sides where it changed. */
  readonly slots: { readonly base: string; readonly head: string };
}

export interface PartFigures {
  readonly params: Change;
  readonly flops: Change;
  /** Bytes that the part's ops write, and those it keeps. */
  readonly activations: Change;
  readonly cache: Change;
}

export type Status = "added" | "removed" | "changed" | "same";

export interface ModelDiff {
  readonly file: string;
  readonly model: string;
  readonly status: Status;
  /** Where the base has it, if elsewhere or under another name. */
  readonly was: { readonly file: string; readonly model: string } | undefined;
  /** Sizes that the figures are for, on each side. */
  readonly at: {
    readonly base: CostReport["point"] | undefined;
    readonly head: CostReport["point"] | undefined;
  };
  readonly figures: ReadonlyMap<FigureName, Change>;
  /** Parts that changed, blocks in a row as one. */
  readonly parts: readonly PartDiff[];
  /** The figures of all parts, changed or not; undefined where one side is absent. */
  readonly total: PartFigures | undefined;
}

/** What changed in a model's cost; at least one side is there. */
export function diffReports(
  file: string,
  base: CostReport | undefined,
  head: CostReport | undefined,
  was?: ModelDiff["was"],
): ModelDiff {
  const figures = new Map<FigureName, Change>();
  for (const name of figureNames) {
    const change = { base: figure(base, name), head: figure(head, name) };
    if (change.base !== undefined || change.head !== undefined) figures.set(name, change);
  }
  const parts = base && head ? partsOf(base, head) : [];
  const moved = [...figures.values()].some(changed) || parts.length > 0;
  return {
    file,
    model: (head ?? base)!.model,
    status: base === undefined ? "added" : head === undefined ? "removed" : moved ? "changed" : "same",
    was,
    at: { base: base?.point, head: head?.point },
    figures,
    parts,
    total: base && head && totalOf(base, head),
  };
}

function figure(report: CostReport | undefined, name: FigureName): Rational | undefined {
  const metric = report?.metrics.get(name);
  return metric?.kind === "value" ? metric.value : undefined;
}

export function changed({ base, head }: Change): boolean {
  return base === undefined || head === undefined ? base !== head : order(base, head) !== 0;
}

/** By how much, where it is on both sides. */
export function difference({ base, head }: Change): Rational | undefined {
  return base === undefined || head === undefined ? undefined : minus(head, base);
}

/** In percent of the base; undefined where that is 0 or absent. */
export function percent(change: Change): Rational | undefined {
  const by = difference(change);
  if (by === undefined || change.base![0] === 0n) return undefined;
  return times(over(by, change.base!), [100n, 1n]);
}

/** Is the head more than the base, and by more than so many percent of it? */
export function risesBeyond({ base, head }: Change, allowed: Rational): boolean {
  if (base === undefined || head === undefined) return false;
  return order(head, plus(base, over(times(base, allowed), [100n, 1n]))) > 0;
}

function partsOf(base: CostReport, head: CostReport): readonly PartDiff[] {
  const before = new Map(base.parts.map((part) => [part.path, part]));
  const after = new Map(head.parts.map((part) => [part.path, part]));
  const rows: PartDiff[] = [];
  for (const path of mergeOrder([...before.keys()], [...after.keys()])) {
    const [old, now] = [before.get(path), after.get(path)];
    const row: PartDiff = {
      path: path === "" ? "(model)" : path,
      status: old === undefined ? "added" : now === undefined ? "removed" : "changed",
      count: 1,
      slots: { base: slotsOf(old), head: slotsOf(now) },
      ...figuresOf((read) => ({ base: old && rational(read(old)), head: now && rational(read(now)) })),
    };
    const figures = [row.params, row.flops, row.activations, row.cache];
    if (figures.some(changed) || row.slots.base !== row.slots.head) rows.push(row);
  }
  return folded(rows);
}

/** Each figure of a part, as `change` reads it from both sides. */
function figuresOf(change: (read: (part: PartCost) => bigint) => Change): PartFigures {
  return {
    params: change((p) => p.params),
    flops: change((p) => p.flops),
    activations: change((p) => p.activationBytes),
    cache: change((p) => p.cacheBytes),
  };
}

function totalOf(base: CostReport, head: CostReport): PartFigures {
  const sum = (report: CostReport, read: (part: PartCost) => bigint) =>
    rational(report.parts.reduce((all, part) => all + read(part), 0n));
  return figuresOf((read) => ({ base: sum(base, read), head: sum(head, read) }));
}

/** Paths of the head in its order, with those that only the base has after the one they followed there. */
function mergeOrder(base: readonly string[], head: readonly string[]): readonly string[] {
  const out = [...head];
  base.forEach((path, i) => {
    if (out.includes(path)) return;
    const before = i === 0 ? -1 : out.indexOf(base[i - 1]!);
    out.splice(before + 1, 0, path);
  });
  return out;
}

function slotsOf(part: PartCost | undefined): string {
  return Object.entries(part?.slots ?? {})
    .map(([slot, name]) => `${slot} ${name}`)
    .join(", ");
}

/** Blocks in a row that changed alike are one row. */
function folded(rows: readonly PartDiff[]): readonly PartDiff[] {
  const out: { row: PartDiff; key: string; last: string; count: number }[] = [];
  for (const row of rows) {
    const [stack, number] = splitPath(row.path);
    const { path: _, ...cells } = row;
    const key = `${stack}|${JSON.stringify(cells, (__, v: unknown) => (typeof v === "bigint" ? `${v}` : v))}`;
    const before = out.at(-1);
    const follows = number !== undefined && Number(before?.last) + 1 === number;
    if (before?.key === key && follows) {
      before.last = `${number}`;
      before.count++;
    } else out.push({ row, key, last: `${number ?? ""}`, count: 1 });
  }
  return out.map(({ row, last, count }) => {
    const [, number] = splitPath(row.path);
    return number === undefined || `${number}` === last
      ? row
      : { ...row, path: `${row.path} .. ${last}`, count };
  });
}

function splitPath(path: string): readonly [string, number | undefined] {
  const match = /^(.*)\.(\d+)$/.exec(path);
  return match === null ? [path, undefined] : [match[1]!, Number(match[2])];
}
