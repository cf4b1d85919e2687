import { SafetensorsError } from "../../runtime/safetensors.js";
import type { ModelInstance } from "../check/instance.js";
import type { TensorFault } from "../diagnostics/codes/checkpoint.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import { type Checkpoint, OWN, ownNames } from "../weights/checkpoint.js";
import { wrongContents } from "../weights/contents.js";
import { initialOf, type StoredTensor } from "../weights/fill.js";
import { weightFile } from "../weights/folder.js";
import { ForeignWeights } from "../weights/foreign.js";
import { type ImportPlan, type Mismatch, planImport } from "../weights/import.js";
import { storedTensors } from "../weights/layout.js";
import { decideLearned, type Retrace } from "../weights/learned.js";
import { refusedBecause } from "./refused.js";

/** Where a build's weights come from, where they are not drawn. */
export interface WeightsOption {
  /** A `.safetensors` file, the `.json` index of a sharded one, or a folder with one of them. */
  readonly file: string;
  /** The section of the spec that its names follow; the only one unless told. */
  readonly checkpoint?: string | undefined;
}

export interface Imported {
  readonly file: ForeignWeights;
  readonly plan: ImportPlan;
}

/** Opens a weight file and finds all that the model needs in it; undefined (reported) where something does not fit. */
export async function importWeights(
  instance: ModelInstance,
  stored: readonly StoredTensor[],
  option: WeightsOption,
  sink: Diagnostics,
): Promise<Imported | undefined> {
  const checkpoint = chooseCheckpoint(instance.checkpoints, instance.name, stored, option.checkpoint, sink);
  if (!checkpoint) return undefined;
  let path: string;
  let file: ForeignWeights;
  try {
    path = await weightFile(option.file);
    file = await ForeignWeights.open(path);
  } catch (error) {
    const why = unreadable(error, option.file);
    if (why === undefined) throw error;
    sink.report("checkpoint/unreadable", { why });
    return undefined;
  }
  const weights = instance.start.inputPorts.flatMap((p) => (p.role === "weight" ? [p] : []));
  // Draws that are fixed outside training: many peers do not store theirs.
  const drawn = weights.filter(({ weight: w }) => w.kind === "buffer" && initialOf(w.init) === undefined);
  const lineless = checkpoint.name === OWN ? [] : drawn.map((p) => p.name);
  const result = planImport(checkpoint, stored, new Set(lineless), file);
  let mismatch: Mismatch;
  if ("plan" in result) {
    const ranges = weights.flatMap((p) => (p.weight.within ? [[p.name, p.weight.within] as const] : []));
    let wrong: readonly TensorFault[];
    try {
      wrong = await wrongContents(result, ranges, stored, file);
    } catch (error) {
      // A number that cannot be read ends it; nobody else knows of the open file.
      await file.close();
      throw error;
    }
    if (wrong.length === 0) {
      const { plan, absent } = result;
      if (absent.length > 0) sink.report("checkpoint/absent", { file: path, absent });
      return { file, plan };
    }
    mismatch = { missing: [], leftOver: [], wrong, unread: [] };
  } else mismatch = result.mismatch;
  const fits = (one: Checkpoint) =>
    one.tensors.filter((t) => t.names.some((name) => file.about(name))).length / one.tensors.length;
  const others = [...instance.checkpoints, ownNames(stored)].filter((c) => c.name !== checkpoint.name);
  const better = fits(checkpoint) < 0.5 ? others.find((c) => fits(c) === 1)?.name : undefined;
  await file.close();
  sink.report("checkpoint/mismatch", { file: path, checkpoint: checkpoint.name, ...mismatch, better });
  return undefined;
}

/**
 * The model as the weights of a file make it. The file must fit as a build demands it; what no weight decides is the
 * same model.
 */
export async function fitToWeights(
  instance: ModelInstance,
  option: WeightsOption,
  retrace: Retrace,
  sink: Diagnostics,
): Promise<ModelInstance | undefined> {
  let imported: Imported | undefined;
  try {
    imported = await importWeights(instance, storedTensors(instance.start), option, sink);
    return imported && (await decideLearned(instance, imported.plan, retrace, sink));
  } catch (error) {
    const why = unreadable(error, option.file);
    if (why === undefined) throw error;
    sink.report("checkpoint/unreadable", { why });
    return undefined;
  } finally {
    await imported?.file.close();
  }
}

/** The section meant; `archc` is every weight under its own name, and all there is where a spec has no section. */
export function chooseCheckpoint(
  sections: readonly Checkpoint[],
  model: string,
  weights: readonly { readonly name: string; readonly shape: readonly number[] }[],
  asked: string | undefined,
  sink: Diagnostics,
): Checkpoint | undefined {
  const found = sections.find((s) => s.name === asked);
  if (found) return found;
  if (asked === OWN || (asked === undefined && sections.length === 0)) return ownNames(weights);
  if (asked === undefined && sections.length === 1) return sections[0];
  const known = [...sections.map((s) => s.name), OWN];
  sink.report("checkpoint/not-said", { model, known, asked });
  return undefined;
}

/** What hinders work with a weight file, in words; undefined where that is not the file's fault. */
export function unreadable(error: unknown, path: string): string | undefined {
  if (error instanceof SafetensorsError) return error.message;
  const { code, path: at } = error as NodeJS.ErrnoException;
  const why = code === "ENOENT" ? "the file does not exist" : refusedBecause(error);
  return why === undefined ? undefined : `\`${at ?? path}\`: ${why}`;
}
