import type { TensorFault } from "../diagnostics/codes/checkpoint.js";
import { nearest } from "../diagnostics/did-you-mean.js";
import type { DType } from "../ir/graph.js";
import { type Checkpoint, countOf, type ForeignTensor, type Piece } from "./checkpoint.js";
import { isReadable, mayLose, NumberLost, readableText } from "./convert.js";
import { type Move, moveInto, type Words } from "./copy.js";
import { bytesOf, fillBytes, type StoredTensor } from "./fill.js";
import type { ForeignWeights } from "./foreign.js";
import type { Layout } from "./layout.js";
import { readNamePattern, standsFor } from "./name-pattern.js";
import { LARGEST, type Sink } from "./write.js";

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

/** A tensor of a file whose numbers may have no equal here, and the weights that are read from it. */
export interface Wide {
  readonly name: string;
  readonly dtype: DType;
  readonly count: number;
  readonly weights: readonly string[];
}

/** Two tensors of a file that are one weight here, laid out alike. */
export interface Tie {
  readonly first: string;
  readonly second: string;
  readonly dtype: DType;
  readonly count: number;
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/**
 * Finds every tensor that a model's weights need in a file. A tied weight may stand in a file several times or once.
 * `buffers` are tensors that a file may leave out. Either the plan is whole, or the mismatch says all that is wrong.
 */
export function planImport(
  checkpoint: Checkpoint,
  stored: readonly StoredTensor[],
  buffers: ReadonlySet<string>,
  file: ForeignWeights,
):
  | { readonly plan: ImportPlan; readonly ties: readonly Tie[]; readonly wides: readonly Wide[] }
  | { readonly mismatch: Mismatch } {
  const byName = new Map(stored.map((t) => [t.name, t]));
  const dtypeOf = (weight: string): DType => byName.get(weight)?.dtype ?? "f32";
  const missing = new Map<string, TensorFault>();
  const wrong: TensorFault[] = [];
  const wides: Wide[] = [];
  const known = new Set<string>();
  const groups = new Map<string, { tensor: ForeignTensor; piece: Piece }[]>();
  const present = new Map<ForeignTensor, string>();
  for (const tensor of checkpoint.tensors) {
    const name = tensor.names.find((n) => file.about(n) !== undefined);
    if (name !== undefined) {
      known.add(name);
      present.set(tensor, name);
      const about = file.about(name)!;
      const dtype = dtypeOf(tensor.pieces[0]?.weight ?? "");
      const same =
        about.shape.length === tensor.shape.length && about.shape.every((n, i) => n === tensor.shape[i]);
      if (!same || !isReadable(about.dtype, dtype)) {
        const of = same ? "type" : "shape";
        const want = [
          ...(isReadable(about.dtype, dtype) ? [] : [readableText[dtype]]),
          ...(same ? [] : [shapeText(tensor.shape)]),
        ].join(" ");
        wrong.push({ name, of, why: `${about.dtype} ${shapeText(about.shape)}, expected ${want}` });
      } else if (mayLose(about.dtype, dtype)) {
        const weights = tensor.pieces.map((p) => p.weight);
        wides.push({ name, dtype, count: countOf(tensor.shape), weights });
      }
    }
    for (const piece of tensor.pieces) {
      const key = `${piece.weight} ${piece.ours.start} ${piece.sizes.join()}`;
      const group = groups.get(key);
      if (group) group.push({ tensor, piece });
      else groups.set(key, [{ tensor, piece }]);
    }
  }
  const ignored = checkpoint.ignored.flatMap((text) => readNamePattern(text) ?? []);
  const others = file.names.filter((n) => !known.has(n));
  const left = others.filter((n) => !ignored.some((pattern) => standsFor(pattern, n)));

  const plan = new Map<string, Move[]>();
  const given = new Map<string, number>();
  const ties: Tie[] = [];
  for (const group of groups.values()) {
    const found = group.find(({ tensor }) => present.has(tensor));
    const { tensor, piece } = found ?? group[0]!;
    given.set(piece.weight, (given.get(piece.weight) ?? 0) + countOf(piece.sizes));
    if (!found) {
      if (buffers.has(piece.weight)) continue;
      const near = nearest(tensor.name, left) ?? nearest(tensor.name, others);
      const why = `expected ${shapeText(tensor.shape)} for \`${piece.weight}\`${near ? `; is it \`${near}\`?` : ""}`;
      if (!missing.has(tensor.name)) missing.set(tensor.name, { name: tensor.name, why });
      continue;
    }
    const name = present.get(tensor)!;
    for (const other of group) {
      const second = present.get(other.tensor);
      const alike = [tensor, other.tensor].every((t) => t.pieces.length === 1 && t.unused === 0);
      if (second === undefined || second === name || !alike) continue;
      if (piece.theirs.steps.join() !== other.piece.theirs.steps.join()) continue;
      ties.push({ first: name, second, dtype: dtypeOf(piece.weight), count: countOf(tensor.shape) });
    }
    const move: Move = {
      sizes: piece.sizes,
      to: piece.ours,
      from: piece.theirs,
      read: (start, count) => file.read(name, dtypeOf(piece.weight), start, count),
    };
    plan.set(piece.weight, [...(plan.get(piece.weight) ?? []), move]);
  }
  const unread = stored
    .filter((t) => !buffers.has(t.name) && (given.get(t.name) ?? 0) < countOf(t.shape))
    .map((t) => t.name);
  const leftOver = left.map((name) => {
    const { dtype, shape } = file.about(name)!;
    return { name, why: `${dtype} ${shapeText(shape)}` };
  });
  if (missing.size + wrong.length + leftOver.length + unread.length === 0) return { plan, ties, wides };
  return { mismatch: { missing: [...missing.values()], leftOver, wrong, unread } };
}

/** Numbers compared at a time. */
const WINDOW = 1 << 20;

/** Tensors with a number that is none of ours: all of them, before anything is written. */
export async function unheld(
  wides: readonly Wide[],
  file: ForeignWeights,
): Promise<ReadonlyMap<Wide, TensorFault>> {
  const faults = new Map<Wide, TensorFault>();
  for (const wide of wides) {
    const { name, dtype, count } = wide;
    try {
      for (let at = 0; at < count; at += WINDOW)
        await file.read(name, dtype, at, Math.min(WINDOW, count - at));
    } catch (error) {
      if (!(error instanceof NumberLost)) throw error;
      faults.set(wide, { name, of: "value", why: error.why });
    }
  }
  return faults;
}

/** Tensors that should be one weight and are not: a file of a model that does not tie them. */
export async function untied(ties: readonly Tie[], file: ForeignWeights): Promise<readonly TensorFault[]> {
  const faults: TensorFault[] = [];
  for (const { first, second, dtype, count } of ties) {
    for (let at = 0; at < count; at += WINDOW) {
      const length = Math.min(WINDOW, count - at);
      const [a, b] = [await file.read(first, dtype, at, length), await file.read(second, dtype, at, length)];
      if (a.every((word, i) => word === b[i])) continue;
      faults.push({
        name: second,
        of: "tie",
        why: `differs from \`${first}\`, but the model ties the two`,
      });
      break;
    }
  }
  return faults;
}

/** Weights that the model holds in a range and the file does not (a span that is trimmed to less than it has learned). */
export async function outOfRange(
  ranges: readonly (readonly [name: string, within: readonly [number, number]])[],
  stored: readonly StoredTensor[],
  plan: ImportPlan,
): Promise<readonly TensorFault[]> {
  const faults: TensorFault[] = [];
  for (const [name, [low, high]] of ranges) {
    const tensor = stored.find((t) => t.name === name);
    const moves = plan.get(name);
    if (!tensor || !moves) continue;
    let [least, most] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    const count = countOf(tensor.shape);
    for (let at = 0; at < count; at += WINDOW) {
      const words = new Int32Array(Math.min(WINDOW, count - at));
      for (const move of moves) await moveInto(move, at, words);
      for (const value of new Float32Array(words.buffer)) {
        least = Math.min(least, value);
        most = Math.max(most, value);
      }
    }
    // A bound such as 1/3 is not exact in single precision.
    const slack = 1e-6 * Math.max(1, Math.abs(low), Math.abs(high));
    if (least >= low - slack && most <= high + slack) continue;
    const shown = (value: number) => String(Number(value.toPrecision(6)));
    const why = `has values from ${shown(least)} to ${shown(most)}, but this model allows ${shown(low)} to ${shown(high)}`;
    faults.push({ name, why, of: "range" });
  }
  return faults;
}

/** Hands over the bytes of all tensors of a layout: what the plan reads, and what starts as its init says. */
export async function produceTensors(
  layout: Layout,
  seed: number,
  movesOf: (name: string) => readonly Move[] | undefined,
  sink: Sink,
): Promise<void> {
  for (const { tensor, bytes } of layout.placed) {
    const moves = movesOf(tensor.name);
    const unit = bytesOf[tensor.dtype];
    const row = bytes / (tensor.shape[0] || 1);
    // Whole rows, so that no row of a tensor that stands turned is looked for twice.
    const step = row <= LARGEST && row > 0 ? LARGEST - (LARGEST % row) : LARGEST;
    for (let at = 0; at < bytes; at += step) {
      await sink(Math.min(step, bytes - at), async (chunk) => {
        if (moves === undefined) return fillBytes(tensor, seed, at / unit, chunk);
        const words: Words =
          unit === 1 ? chunk : new Int32Array(chunk.buffer, chunk.byteOffset, chunk.length / unit);
        words.fill(0);
        for (const move of moves) await moveInto(move, at / unit, words);
      });
    }
  }
}
