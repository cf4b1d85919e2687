import type { Expr, Index, Name, Span, Subscript } from "../../grammar/ast.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { stepsOf } from "../weights/checkpoint.js";
import type { NamedWeight } from "./checkpoint-weights.js";

/** A weight on the right of a checkpoint's line: `blocks[i].ffn.up[E = e, F, D]`. */
export interface Part {
  /** Names and numbers of the path, and indices by name. */
  readonly path: readonly (string | number | { readonly index: string })[];
  /** Places taken of some axes. */
  readonly picks: readonly { readonly axis: Name; readonly index: string | number; readonly span: Span }[];
  /**
   * The other axes in the order of the file, those side by side that are one there, none for an axis of one place that
   * the weight does not have; undefined: as declared.
   */
  readonly groups: readonly (readonly Name[])[] | undefined;
  /** Every use of an index by name. */
  readonly indices: readonly { readonly name: string; readonly span: Span }[];
  readonly written: string;
  readonly pathSpan: Span;
  readonly span: Span;
  pathAt(indices: ReadonlyMap<string, number>): string;
}

/** `ignore(2)` among the parts of a fused tensor: so many places of the file that are no weight of ours. */
export interface Ignored {
  readonly places: number;
}

export const isIgnored = (part: object): part is Ignored => "places" in part;

/** More places than any axis of a file has; a spec that asks for more is a slip. */
const MOST_IGNORED = 1_000_000_000;

/** Reads a part of a fused tensor; undefined (reported) where it is something else. */
export function readFused(expr: Expr, sink: Diagnostics): Part | Ignored | undefined {
  if (expr.kind !== "call" || expr.callee.kind !== "name" || expr.callee.name !== "ignore")
    return readPart(expr, sink);
  const [places, ...more] = expr.args;
  const n = places?.name === undefined && places?.value.kind === "number" ? places.value : undefined;
  if (more.length === 0 && n?.whole && n.value >= 1 && n.value <= MOST_IGNORED) return { places: n.value };
  sink.report("checkpoint/ignored-places", { most: MOST_IGNORED }, { span: expr.span });
  return undefined;
}

/** Reads a part; undefined (reported) where it is something else. */
export function readPart(expr: Expr, sink: Diagnostics): Part | undefined {
  const subscripts: Subscript[] = [];
  let target = expr;
  while (target.kind === "index" && speaksOfAxes(target)) {
    subscripts.unshift(...target.subscripts);
    target = target.target;
  }
  const indices: { name: string; span: Span }[] = [];
  const path = readPath(target, indices);
  const picks: Part["picks"][number][] = [];
  const groups: Name[][] = [];
  for (const s of subscripts) {
    const read = s.kind === "at" ? readSubscript(s, indices) : undefined;
    if (!read) {
      sink.report("checkpoint/form", {}, { span: s.span });
      return undefined;
    }
    if ("names" in read) groups.push(read.names);
    else picks.push(read);
  }
  if (!path) {
    if (expr.kind !== "missing") sink.report("checkpoint/form", {}, { span: expr.span });
    return undefined;
  }
  const shown = path.map((s) =>
    typeof s === "string" ? `.${s}` : `[${typeof s === "number" ? s : s.index}]`,
  );
  return {
    path,
    picks,
    groups: groups.length === 0 ? undefined : groups,
    indices,
    written: shown.join("").replace(/^\./, ""),
    pathSpan: target.span,
    span: expr.span,
    pathAt: (known) => path.map((s) => (typeof s === "object" ? (known.get(s.index) ?? "") : s)).join("."),
  };
}

const isAxis = (name: string): boolean => /^[A-Z]/.test(name);

function speaksOfAxes(expr: Index): boolean {
  return expr.subscripts.some((s) => {
    if (s.kind === "slice" || s.axis !== undefined || s.index.kind === "pattern") return true;
    return s.index.kind === "name" && isAxis(s.index.name);
  });
}

function readPath(expr: Expr, indices: { name: string; span: Span }[]): Part["path"] | undefined {
  if (expr.kind === "name") return [expr.name];
  if (expr.kind === "member") {
    const target = readPath(expr.target, indices);
    return target && [...target, expr.name.text];
  }
  if (expr.kind !== "index") return undefined;
  const target = readPath(expr.target, indices);
  const [s, ...more] = expr.subscripts;
  if (!target || more.length > 0 || s?.kind !== "at") return undefined;
  const index = readIndex(s.index, indices);
  return index === undefined ? undefined : [...target, typeof index === "number" ? index : { index }];
}

function readIndex(expr: Expr, indices: { name: string; span: Span }[]): string | number | undefined {
  if (expr.kind === "number" && expr.whole) return expr.value;
  if (expr.kind !== "name" || isAxis(expr.name)) return undefined;
  indices.push({ name: expr.name, span: expr.span });
  return expr.name;
}

function readSubscript(
  s: Subscript & { kind: "at" },
  indices: { name: string; span: Span }[],
): { names: Name[] } | Part["picks"][number] | undefined {
  if (s.axis !== undefined) {
    const index = readIndex(s.index, indices);
    return index === undefined ? undefined : { axis: s.axis, index, span: s.index.span };
  }
  if (s.index.kind === "name") return { names: [{ text: s.index.name, span: s.index.span }] };
  if (s.index.kind === "number" && s.index.value === 1) return { names: [] };
  if (s.index.kind !== "pattern" || s.index.hasArrow) return undefined;
  const names = s.index.from.flatMap((a) => (a.kind === "axis" ? [a.name] : []));
  return names.length === s.index.from.length ? { names } : undefined;
}

/** Where a part's numbers lie in its weight, its axes in the order of the file. */
export interface LaidOut {
  readonly sizes: number[];
  readonly start: number;
  readonly steps: number[];
  /** Sizes of the axes that are one in the file, and what they make there. */
  readonly groups: number[][];
  /** The names of those axes. */
  readonly names: string[][];
  readonly shape: number[];
}

/** A part at given indices; undefined (reported) where it names axes that are not there, or not all. */
export function partOf(
  part: Part,
  weight: NamedWeight,
  indices: ReadonlyMap<string, number>,
  sink: Diagnostics,
): LaidOut | undefined {
  const steps = stepsOf(weight.shape);
  const seen = new Set<string>();
  const take = (axis: Name): number | undefined => {
    const at = weight.axes.indexOf(axis.text);
    if (at < 0) {
      const axes = weight.axes;
      const near = nearest(axis.text, axes);
      const fixes = near === undefined ? [] : [{ title: "replace", span: axis.span, replacement: near }];
      const data = { axis: axis.text, weight: part.written, near, axes };
      sink.report("checkpoint/unknown-axis", data, { span: axis.span, fixes });
      return undefined;
    }
    if (seen.has(axis.text)) {
      sink.report("checkpoint/axis-twice", { axis: axis.text }, { span: axis.span });
      return undefined;
    }
    seen.add(axis.text);
    return at;
  };
  let start = 0;
  for (const { axis, index, span } of part.picks) {
    const at = take(axis);
    if (at === undefined) return undefined;
    const place = typeof index === "number" ? index : (indices.get(index) ?? 0);
    const size = weight.shape[at]!;
    if (place >= size) {
      sink.report("checkpoint/index-out-of-range", { axis: axis.text, index: place, size }, { span });
      return undefined;
    }
    start += place * steps[at]!;
  }
  const order: number[][] = [];
  if (part.groups) {
    for (const group of part.groups) {
      const axes = group.map(take);
      if (!axes.every((a) => a !== undefined)) return undefined;
      order.push(axes);
    }
    const missing = weight.axes.filter((a) => !seen.has(a));
    if (missing.length > 0) {
      sink.report("checkpoint/axis-missing", { weight: part.written, axes: missing }, { span: part.span });
      return undefined;
    }
  } else for (const [i, axis] of weight.axes.entries()) if (!seen.has(axis)) order.push([i]);
  const groups = order.map((axes) => axes.map((a) => weight.shape[a]!));
  return {
    sizes: groups.flat(),
    start,
    steps: order.flat().map((a) => steps[a]!),
    groups,
    names: order.map((axes) => axes.map((a) => weight.axes[a]!)),
    shape: groups.map((g) => g.reduce((a, b) => a * b, 1)),
  };
}
