import type { Absent, TensorFault } from "../diagnostics/codes/checkpoint.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { DType } from "../ir/graph.js";
import { type Box, boxOf, covers } from "./boxes.js";
import { type Checkpoint, countOf, type ForeignTensor, type Piece } from "./checkpoint.js";
import { isReadable, mayLose, readableText } from "./convert.js";
import type { Move } from "./copy.js";
import { initialOf, type StoredTensor } from "./fill.js";
import type { ForeignWeights } from "./foreign.js";
import { readNamePattern, standsFor } from "./name-pattern.js";

/** Everything in which a file and a checkpoint differ. */
export interface Mismatch {
  readonly missing: readonly TensorFault[];
  readonly leftOver: readonly TensorFault[];
  readonly wrong: readonly TensorFault[];
  /** Weights that no line gives. */
  readonly unread: readonly string[];
}

/** What each of our tensors is read from; those without moves keep what they start with. */
export type ImportPlan = ReadonlyMap<string, readonly Move[]>;

/** How a file fits, as far as its header says. */
export interface Planned {
  readonly plan: ImportPlan;
  /** What it lacks and may lack. */
  readonly absent: readonly Absent[];
  readonly ties: readonly Tie[];
  readonly wides: readonly Wide[];
}

/** A tensor of a file whose numbers may have no equal here, and the weights that are read from it. */
export interface Wide {
  readonly name: string;
  readonly dtype: DType;
  readonly count: number;
  readonly weights: readonly string[];
}

/** One part of a weight that a file has in two tensors. */
export interface Tie {
  readonly first: string;
  readonly second: string;
  /** The whole weight. */
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly moves: readonly [Move, Move];
}

/** A part of a weight with all tensors that a file may have it in; several where the weight is tied. */
interface Sought {
  readonly weight: StoredTensor;
  readonly box: Box;
  readonly sources: readonly { readonly tensor: ForeignTensor; readonly piece: Piece }[];
}

/** Names compared for all suggestions of one file: a fraction of a second. */
const COMPARISONS = 200_000;

const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/**
 * Finds every tensor that a model's weights need in a file. A tied weight may stand in a file several times or once.
 * `drawn` are tensors that need no line: fixed random numbers. Either the plan is whole, or the mismatch says all that
 * is wrong.
 */
export function planImport(
  checkpoint: Checkpoint,
  stored: readonly StoredTensor[],
  drawn: ReadonlySet<string>,
  file: ForeignWeights,
): Planned | { readonly mismatch: Mismatch } {
  const byName = new Map(stored.map((t) => [t.name, t]));
  const dtypeOf = (weight: string): DType => byName.get(weight)?.dtype ?? "f32";
  const wrong: TensorFault[] = [];
  const wides: Wide[] = [];
  const present = new Map<ForeignTensor, string>();
  for (const tensor of checkpoint.tensors) {
    const name = tensor.names.find((n) => file.about(n) !== undefined);
    if (name === undefined) continue;
    present.set(tensor, name);
    const about = file.about(name)!;
    const dtype = dtypeOf(tensor.pieces[0]?.weight ?? "");
    const fault = faultOf(tensor, dtype, about);
    if (fault) wrong.push({ name, ...fault });
    else if (mayLose(about.dtype, dtype)) {
      const weights = tensor.pieces.map((p) => p.weight);
      wides.push({ name, dtype, count: countOf(tensor.shape), weights });
    }
  }
  const known = new Set(present.values());
  const ignored = checkpoint.ignored.flatMap((text) => readNamePattern(text) ?? []);
  const others = file.names.filter((n) => !known.has(n));
  // Of a million names, to find those near each that is missing would take minutes.
  let comparisons = COMPARISONS;
  const left = others.filter((n) => !ignored.some((pattern) => standsFor(pattern, n)));

  const plan = new Map<string, Move[]>();
  const ties: Tie[] = [];
  const lacking: Sought[] = [];
  const given = new Map<string, Box[]>();
  for (const sought of soughtBy(checkpoint.tensors, byName)) {
    const { weight, box, sources } = sought;
    const { name, dtype, shape } = weight;
    given.set(name, [...(given.get(name) ?? []), box]);
    const [first, ...others] = sources.flatMap(({ tensor, piece }) => {
      const from = present.get(tensor);
      return from === undefined ? [] : [{ from, move: moveOf(piece, from, dtype, file) }];
    });
    if (!first) lacking.push(sought);
    else plan.set(name, [...(plan.get(name) ?? []), first.move]);
    for (const { from, move } of first ? others : []) {
      if (from === first!.from) continue;
      ties.push({ first: first!.from, second: from, shape, dtype, moves: [first!.move, move] });
    }
  }

  // A line that some of its tensors are there of is not left out, and neither is a weight that is there in part.
  const begun = new Set([...present.keys()].map(({ optional }) => optional));
  const missing = new Map<string, TensorFault>();
  const absent: Absent[] = [];
  for (const { weight, sources } of lacking) {
    const { tensor } = sources[0]!;
    const value = initialOf(weight.init);
    const isOptional = sources.every((s) => s.tensor.optional !== undefined && !begun.has(s.tensor.optional));
    if (isOptional && value !== undefined && !plan.has(weight.name)) {
      absent.push({ name: tensor.name, weight: weight.name, value });
      continue;
    }
    comparisons -= others.length;
    const near = comparisons < 0 ? undefined : (nearest(tensor.name, left) ?? nearest(tensor.name, others));
    const why = `expected ${shapeText(tensor.shape)} for \`${weight.name}\`${near ? `; is it \`${near}\`?` : ""}`;
    // A table that no block has, such as the head's, may be tied to another.
    const isTable = tensor.shape.length === 2 && !/\.\d+\./.test(weight.name);
    if (missing.has(tensor.name)) continue;
    missing.set(tensor.name, { name: tensor.name, why, ...(isTable && !near ? { of: "table" } : {}) });
  }
  const unread = stored
    .filter((t) => !drawn.has(t.name) && !covers(given.get(t.name) ?? [], t.shape))
    .map((t) => t.name);
  const unused = (checkpoint.unused ?? []).flatMap(({ name, weight }) => {
    const pattern = readNamePattern(name);
    return pattern ? [{ pattern, weight }] : [];
  });
  const leftOver = left.map((name): TensorFault => {
    const { dtype, shape } = file.about(name)!;
    const why = `${dtype} ${shapeText(shape)}`;
    const base = unused.find(({ pattern }) => standsFor(pattern, name));
    if (!base) return { name, why };
    return {
      name,
      of: "base",
      why: `${why}; the base reads \`${base.weight}\` from it, which this model does not have`,
    };
  });
  if (missing.size + wrong.length + leftOver.length + unread.length === 0)
    return { plan, absent, ties, wides };
  return { mismatch: { missing: [...missing.values()], leftOver, wrong, unread } };
}

/** What a tensor of a file has that its weight has not; undefined where they agree. */
function faultOf(
  { shape }: ForeignTensor,
  dtype: DType,
  about: { readonly shape: readonly number[]; readonly dtype: string },
): Omit<TensorFault, "name"> | undefined {
  const same = about.shape.length === shape.length && about.shape.every((n, i) => n === shape[i]);
  const readable = isReadable(about.dtype, dtype);
  if (same && readable) return undefined;
  const want = [...(readable ? [] : [readableText[dtype]]), ...(same ? [] : [shapeText(shape)])].join(" ");
  return {
    of: same ? "type" : "shape",
    why: `${about.dtype} ${shapeText(about.shape)}, expected ${want}`,
  };
}

/** The parts of weights that tensors consist of, each once. */
function soughtBy(
  tensors: readonly ForeignTensor[],
  byName: ReadonlyMap<string, StoredTensor>,
): Iterable<Sought> {
  const all = new Map<string, Sought & { sources: { tensor: ForeignTensor; piece: Piece }[] }>();
  for (const tensor of tensors) {
    for (const piece of tensor.pieces) {
      const weight = byName.get(piece.weight)!;
      const box = boxOf(piece, weight.shape);
      const key = `${piece.weight} ${box.map((index) => index ?? "").join()}`;
      const found = all.get(key);
      if (found) found.sources.push({ tensor, piece });
      else all.set(key, { weight, box, sources: [{ tensor, piece }] });
    }
  }
  return all.values();
}

function moveOf(piece: Piece, name: string, dtype: DType, file: ForeignWeights): Move {
  const { sizes, ours, theirs } = piece;
  return {
    sizes,
    to: ours,
    from: theirs,
    read: (start, count) => file.read(name, dtype, start, count),
  };
}
