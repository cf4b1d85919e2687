import type { TensorFault } from "../diagnostics/codes/checkpoint.js";
import { countOf } from "./checkpoint.js";
import { NumberLost } from "./convert.js";
import { type Move, moveInto, type Words } from "./copy.js";
import type { StoredTensor } from "./fill.js";
import type { ForeignWeights } from "./foreign.js";
import type { ImportPlan, Planned, Tie, Wide } from "./import.js";

/** A weight and the range that the model holds it in. */
export type Range = readonly [name: string, within: readonly [number, number]];

/**
 * Numbers that the model cannot take as they are: those that it cannot store, those that differ in two tensors of one
 * weight, and those outside a weight's range. It reads the tensors in question, and throws what reading a file throws.
 */
export async function wrongContents(
  { plan, ties, wides }: Planned,
  ranges: readonly Range[],
  stored: readonly StoredTensor[],
  file: ForeignWeights,
): Promise<readonly TensorFault[]> {
  const lost = await unheld(wides, file);
  const names = new Set([...lost.keys()].map((w) => w.name));
  const weights = new Set([...lost.keys()].flatMap((w) => w.weights));
  // What a tensor with such a number is beside that cannot be read.
  return [
    ...lost.values(),
    ...(await untied(ties.filter((t) => !names.has(t.first) && !names.has(t.second)))),
    ...(await outOfRange(
      ranges.filter(([name]) => !weights.has(name)),
      stored,
      plan,
    )),
  ];
}

/** Numbers compared at a time. */
const WINDOW = 1 << 20;

/** Tensors with a number that is none of ours: all of them, before anything is written. */
async function unheld(wides: readonly Wide[], file: ForeignWeights): Promise<ReadonlyMap<Wide, TensorFault>> {
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
async function untied(ties: readonly Tie[]): Promise<readonly TensorFault[]> {
  const faults: TensorFault[] = [];
  for (const { first, second, shape, dtype, moves } of ties) {
    const count = countOf(shape);
    for (let at = 0; at < count; at += WINDOW) {
      const length = Math.min(WINDOW, count - at);
      const [a, b] = [
        await window([moves[0]], dtype, at, length),
        await window([moves[1]], dtype, at, length),
      ];
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

/** Numbers `at` … of a weight as a file gives them. */
async function window(
  moves: readonly Move[],
  dtype: StoredTensor["dtype"],
  at: number,
  length: number,
): Promise<Words> {
  const words: Words = dtype === "bool" ? new Uint8Array(length) : new Int32Array(length);
  for (const move of moves) await moveInto(move, at, words);
  return words;
}

/** Weights that the model holds in a range and the file does not (a span that is trimmed to less than it has learned). */
async function outOfRange(
  ranges: readonly Range[],
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
      const words = await window(moves, tensor.dtype, at, Math.min(WINDOW, count - at));
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
