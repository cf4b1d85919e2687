import type { Name, Span } from "../../grammar/ast.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { countOf, type ForeignTensor, type Piece, stepsOf } from "../weights/checkpoint.js";
import { type Ignored, isIgnored, type LaidOut, type Part, partOf } from "./checkpoint-part.js";
import type { NamedWeight } from "./checkpoint-weights.js";

export type Indices = ReadonlyMap<string, number>;

/** Indices for which the parts so far have weights, and those weights. */
export interface Match {
  readonly indices: Indices;
  readonly weights: readonly NamedWeight[];
}

/** The right side of a line. */
export interface Read {
  readonly parts: readonly (Part | Ignored)[];
  readonly axis: number | undefined;
  /** The axis for each place of which the parts stand one after another. */
  readonly each?: Name | undefined;
}

/** A tensor of a file before it is said which. */
export interface Laid {
  readonly shape: readonly number[];
  readonly pieces: readonly Omit<Piece, "weight">[];
  readonly unused: number;
}

/** How the parts of a tensor lie in it; undefined (reported) where they do not fit. */
export function layOut(
  read: Read,
  { indices, weights }: Match,
  span: Span,
  sink: Diagnostics,
): Laid | undefined {
  const laid: (LaidOut | Ignored)[] = [];
  let next = 0;
  for (const part of read.parts) {
    const one = isIgnored(part) ? part : partOf(part, weights[next++]!, indices, sink);
    if (!one) return undefined;
    laid.push(one);
  }
  const along = read.axis ?? 0;
  const shapes = laid.flatMap((l) => (isIgnored(l) ? [] : [l.shape]));
  const shape = [...shapes[0]!];
  const fits = shapes.every(
    (s) => s.length === shape.length && s.every((n, i) => i === along || n === shape[i]),
  );
  if (read.axis !== undefined && (!fits || along < 0 || along >= shape.length)) {
    const axis = read.axis < 0 ? undefined : read.axis;
    sink.report("checkpoint/concat", { shapes, axis }, { span });
    return undefined;
  }
  const rounds = read.each ? roundsOf(read.each, along, laid, sink) : 1;
  if (rounds === undefined) return undefined;
  const places = (l: LaidOut | Ignored): number => (isIgnored(l) ? l.places : (l.shape[along] ?? 0) / rounds);
  const round = laid.reduce((sum, l) => sum + places(l), 0);
  if (read.axis !== undefined) shape[along] = rounds * round;
  const outer = stepsOf(shape);
  let before = 0;
  const pieces = laid.flatMap((l) => {
    const start = read.axis === undefined ? 0 : before * outer[along]!;
    before += places(l);
    if (isIgnored(l)) return [];
    const theirs = l.groups.flatMap((group, g) => {
      const steps = stepsOf(group).map((step) => step * outer[g]!);
      return read.each && g === along ? steps.with(0, round * outer[g]!) : steps;
    });
    return [{ sizes: l.sizes, ours: { start: l.start, steps: l.steps }, theirs: { start, steps: theirs } }];
  });
  const all = countOf(shape);
  const unused = all - pieces.reduce((sum, p) => sum + countOf(p.sizes), 0);
  return all === 0 ? undefined : { shape, pieces, unused };
}

/** How many places the axis `each` has; undefined (reported) where it does not come first in every part. */
function roundsOf(
  each: Name,
  along: number,
  laid: readonly (LaidOut | Ignored)[],
  sink: Diagnostics,
): number | undefined {
  const parts = laid.flatMap((l) => (isIgnored(l) ? [] : [l]));
  const firsts = parts.map((l) => l.names[along]?.[0] ?? "1");
  const sizes = new Set(parts.map((l) => l.groups[along]?.[0]));
  if (firsts.every((name) => name === each.text) && sizes.size === 1) return parts[0]!.groups[along]![0]!;
  sink.report(
    "checkpoint/each",
    { each: each.text, axis: along, firsts, sizes: [...sizes] },
    { span: each.span },
  );
  return undefined;
}

/** Whether two matches have one layout: weights of one type, and the same places of them. */
export function alike(parts: readonly Part[], a: Match, b: Match): boolean {
  return parts.every(
    ({ picks }, i) =>
      a.weights[i]!.type === b.weights[i]!.type &&
      picks.every(({ index }) => typeof index === "number" || a.indices.get(index) === b.indices.get(index)),
  );
}

/** All that the layout of a part depends on. */
export function likeness({ picks }: Part, { type }: NamedWeight, indices: Indices): string {
  let key = `${type};`;
  for (const { index } of picks) key += `${typeof index === "number" ? index : indices.get(index)};`;
  return key;
}

export function named(laid: Laid, names: readonly string[], weights: readonly NamedWeight[]): ForeignTensor {
  const pieces = laid.pieces.map(({ sizes, ours, theirs }, i) => ({
    weight: weights[i]!.path,
    sizes,
    ours,
    theirs,
  }));
  return { name: names[0]!, names, shape: laid.shape, pieces, unused: laid.unused };
}
