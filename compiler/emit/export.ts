import { readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { z } from "zod";
import type { Manifest } from "../../runtime/manifest.js";
import { SafetensorsError } from "../../runtime/safetensors.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import {
  type Checkpoint,
  countOf,
  type ForeignTensor,
  lastOf,
  OWN,
  ownNames,
} from "../weights/checkpoint.js";
import type { Move } from "../weights/copy.js";
import { bytesOf, type StoredTensor } from "../weights/fill.js";
import { ForeignWeights } from "../weights/foreign.js";
import { layOut } from "../weights/layout.js";
import { produceTensors } from "../weights/produce.js";
import { type Progress, type Sink, type WrittenFile, writeChunks } from "../weights/write.js";
import { CannotWrite, replaceFile } from "./replace-file.js";
import { chooseCheckpoint, unreadable } from "./weights.js";

/** A build's own record of its model's checkpoints, so that an export needs no spec. */
export const CHECKPOINTS = "checkpoints.json";

const whole = z.number().int().nonnegative();
const place = z.object({ start: whole, steps: z.array(whole) });
const checkpointsSchema = z.object({
  format: z.literal(1),
  checkpoints: z.array(
    z.object({
      name: z.string(),
      tensors: z.array(
        z.object({
          name: z.string(),
          names: z.array(z.string()),
          shape: z.array(whole),
          pieces: z.array(
            z.object({ weight: z.string(), sizes: z.array(whole), ours: place, theirs: place }),
          ),
          unused: whole.default(0),
        }),
      ),
      ignored: z.array(z.string()),
    }),
  ),
});

export function checkpointsText(checkpoints: readonly Checkpoint[]): string {
  // What a model does not have is for those who read a file.
  const written = checkpoints.map(({ name, tensors, ignored }) => ({ name, tensors, ignored }));
  return `${JSON.stringify({ format: 1, checkpoints: written })}\n`;
}

export interface ExportOptions {
  /** The folder of a build. */
  readonly folder: string;
  readonly manifest: Manifest;
  /** The file to write or to replace. */
  readonly out: string;
  /** The names to write; the only checkpoint unless told, and the weights' own where there is none. */
  readonly checkpoint: string | undefined;
  readonly progress?: Progress;
}

export interface Exported extends WrittenFile {
  readonly checkpoint: string;
  readonly tensors: number;
}

/** Writes a build's weights under the names and in the layouts of a checkpoint. The file is replaced as a whole or not at all. */
export async function exportWeights(
  options: ExportOptions,
): Promise<{ readonly value: Exported | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const sink = new Diagnostics();
  const value = await attempt(options, sink);
  return { value, diagnostics: sink.list };
}

/** Whether a file lies, or would lie, in a folder, wherever links lead. */
async function isInside(file: string, folder: string): Promise<boolean> {
  const place = await realpath(file).catch(async () =>
    join(await realpath(dirname(file)).catch(() => resolve(dirname(file))), basename(file)),
  );
  const top = await realpath(folder).catch(() => resolve(folder));
  return place.startsWith(`${top}${sep}`);
}

async function attempt(options: ExportOptions, sink: Diagnostics): Promise<Exported | undefined> {
  const { folder, manifest, out } = options;
  let weights: ForeignWeights | undefined;
  try {
    if (await isInside(out, folder)) {
      const why = "it lies in the build itself, whose files its manifest lists; choose a place outside of it";
      sink.report("usage/cannot-write", { file: out, why });
      return undefined;
    }
    const sections = await readCheckpoints(folder, manifest);
    const asked = chooseCheckpoint(sections, manifest.model, manifest.weights, options.checkpoint, sink);
    if (!asked) return undefined;
    const chosen = asked.name === OWN ? ownNames(manifest.weights) : asked;
    weights = await ForeignWeights.open(join(folder, "weights.safetensors"));
    const source = weights;
    const dtypes = new Map(manifest.weights.map((w) => [w.name, w]));
    const written = withoutCopies(chosen.tensors);
    const moves = new Map<string, readonly Move[]>();
    const stored = written.map((tensor): StoredTensor => {
      checkFits(tensor, dtypes, folder);
      moves.set(
        tensor.name,
        tensor.pieces.map((p) => ({
          sizes: p.sizes,
          to: p.theirs,
          from: p.ours,
          read: (start, count) => source.read(p.weight, dtypes.get(p.weight)!.dtype, start, count),
        })),
      );
      const dtype = dtypes.get(tensor.pieces[0]!.weight)!.dtype;
      return { name: tensor.name, dtype, shape: tensor.shape, init: { kind: "zeros" } };
    });
    const layout = layOut(stored, { format: "pt" });
    const produce = (chunk: Sink) => produceTensors(layout, 0, (name) => moves.get(name), chunk);
    const file = await replaceFile(out, (fresh) => writeChunks(fresh, layout, produce, options.progress));
    return { ...file, checkpoint: chosen.name, tensors: stored.length };
  } catch (error) {
    if (error instanceof CannotWrite) {
      sink.report("usage/cannot-write", { file: out, why: error.message });
      return undefined;
    }
    const why = unreadable(error, folder);
    if (why === undefined) throw error;
    sink.report("checkpoint/unreadable", { why });
    return undefined;
  } finally {
    await weights?.close();
  }
}

async function readCheckpoints(folder: string, manifest: Manifest): Promise<readonly Checkpoint[]> {
  if (!manifest.files.some((f) => f.name === CHECKPOINTS)) return [];
  const path = join(folder, CHECKPOINTS);
  try {
    return checkpointsSchema.parse(JSON.parse(await readFile(path, "utf8"))).checkpoints;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    throw new SafetensorsError(`\`${path}\` is damaged or from another version`);
  }
}

/** What is said of a tied weight twice is written once, under the first name, as others do. */
function withoutCopies(tensors: readonly ForeignTensor[]): readonly ForeignTensor[] {
  const given = new Set<string>();
  return tensors.filter((tensor) => {
    const keys = tensor.pieces.map((p) => `${p.weight} ${p.ours.start} ${p.sizes.join()}`);
    const copies = keys.every((k) => given.has(k));
    for (const key of keys) given.add(key);
    return !copies;
  });
}

/** A damaged record must not read or write beside a tensor. */
function checkFits(
  tensor: ForeignTensor,
  weights: ReadonlyMap<string, Manifest["weights"][number]>,
  folder: string,
): void {
  const count = countOf(tensor.shape);
  const fits = tensor.pieces.every((p) => {
    const weight = weights.get(p.weight);
    const ranks = [p.sizes.length, p.ours.steps.length, p.theirs.steps.length];
    return (
      weight !== undefined &&
      bytesOf[weight.dtype] === bytesOf[weights.get(tensor.pieces[0]!.weight)!.dtype] &&
      new Set(ranks).size === 1 &&
      lastOf(p.ours, p.sizes) < countOf(weight.shape) &&
      lastOf(p.theirs, p.sizes) < count
    );
  });
  const all = tensor.pieces.reduce((sum, p) => sum + countOf(p.sizes), 0);
  if (!fits || all + tensor.unused !== count) {
    throw new SafetensorsError(
      `\`${join(folder, CHECKPOINTS)}\` is damaged: it does not fill \`${tensor.name}\``,
    );
  }
}
