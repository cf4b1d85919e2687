import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { type Manifest, manifestSchema } from "../../runtime/manifest.js";
import { SafetensorsError } from "../../runtime/safetensors.js";
import { settle } from "../../runtime/settle.js";
import { TOKENIZER } from "../../runtime/tokenizer.js";
import type { ModelInstance } from "../check/instance.js";
import { costOf } from "../cost/analyse.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { archcVersion } from "../version.js";
import type { StoredTensor } from "../weights/fill.js";
import type { ImportPlan } from "../weights/import.js";
import { type Layout, layOut, storedTensors } from "../weights/layout.js";
import { decideLearned, type Retrace } from "../weights/learned.js";
import { produceTensors } from "../weights/produce.js";
import { writeChunks, writeSafetensors } from "../weights/write.js";
import { CHECKPOINTS, checkpointsText } from "./export.js";
import { placeOf, refusalOf, replaceFolder } from "./folder.js";
import { learnedPart, modelPart } from "./manifest.js";
import { emitOnnx, type Profile, profiles } from "./onnx/index.js";
import { refusedBecause } from "./refused.js";
import { hasRoom } from "./room.js";
import { emitTfjs } from "./tfjs/emit.js";
import { type Imported, importWeights, type WeightsOption } from "./weights.js";

export type Target = "onnx" | "tfjs";

export interface BuildOptions {
  /** The folder to create or replace. */
  readonly out: string;
  /** Seed of the random weights. */
  readonly seed: number;
  readonly targets: readonly Target[];
  readonly profile: Profile;
  /** The spec as the manifest records it. */
  readonly spec: { readonly file: string; readonly text: string };
  /** A file to read the weights from; without it they are random. */
  readonly weights?: WeightsOption | undefined;
  /** Traces the model for the weights that were read, if they decide any of its counts. */
  readonly retrace?: Retrace | undefined;
  /** A tokenizer.json to store with the model. */
  readonly tokenizer?: Uint8Array | undefined;
  /** Bytes written so far, and in total. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Build {
  /** The absolute path of the folder. */
  readonly out: string;
  readonly manifest: Manifest;
}

const WEIGHTS = "weights.safetensors";

/**
 * Writes a model's build folder: manifest, weights and one program for each target. The bytes depend only on the model,
 * the options and the compiler's version. The folder is replaced as a whole or not at all.
 */
export async function build(
  instance: ModelInstance,
  options: BuildOptions,
): Promise<{ readonly value: Build | undefined; readonly diagnostics: readonly Diagnostic[] }> {
  const sink = new Diagnostics();
  const value = await attempt(instance, options, sink);
  return { value, diagnostics: sink.list };
}

async function attempt(
  model: ModelInstance,
  options: BuildOptions,
  sink: Diagnostics,
): Promise<Build | undefined> {
  if (!(await hasRoom(model.start, model.name, options.out, sink))) return undefined;
  const layout = layOut(storedTensors(model.start), { format: "pt", archc: archcVersion() });
  let imported: Imported | undefined;
  try {
    const out = await placeOf(options.out);
    await settle(out);
    const refusal = await refusalOf(out);
    if (refusal?.kind === "not-a-folder")
      sink.report("emit/not-a-folder", { out: options.out, isLink: refusal.isLink });
    if (refusal?.kind === "not-a-build") {
      sink.report("emit/not-a-build", { out: options.out, files: refusal.files });
    }
    if (refusal) return undefined;
    if (options.weights) {
      const stored = layout.placed.map((p) => p.tensor);
      imported = await importWeights(model, stored, options.weights, sink);
      if (!imported) return undefined;
    }
    const plan = imported?.plan;
    const { retrace } = options;
    const instance = plan && retrace ? await decideLearned(model, plan, retrace, sink) : model;
    if (!instance) return undefined;
    const manifest = await replaceFolder(out, (folder) => write(folder, instance, options, layout, plan));
    return { out, manifest };
  } catch (error) {
    if (error instanceof SafetensorsError) {
      sink.report("checkpoint/unreadable", { why: error.message });
      return undefined;
    }
    // What the file system refuses is the user's to mend; all else is ours.
    const why = refusedBecause(error);
    if (why === undefined) throw error;
    sink.report("emit/cannot-write", { out: options.out, why });
    return undefined;
  } finally {
    await imported?.file.close();
  }
}

interface Programs {
  readonly files: readonly { readonly name: string; readonly data: Uint8Array }[];
  readonly onnx: Manifest["onnx"];
  readonly tfjs: Manifest["tfjs"];
}

function emitPrograms(instance: ModelInstance, options: BuildOptions, layout: Layout): Programs {
  const files: { name: string; data: Uint8Array }[] = [];
  let onnx: Manifest["onnx"] = null;
  let tfjs: Manifest["tfjs"] = null;
  if (options.targets.includes("onnx")) {
    const weights = new Map(layout.placed.map((p) => [p.tensor.name, p]));
    const shared = { profile: options.profile, weights, weightsFile: WEIGHTS, version: archcVersion() };
    const add = (name: string, graph: ModelInstance["start"]): string => {
      files.push({ name, data: emitOnnx(graph, shared) });
      return name;
    };
    const start = add("model.onnx", instance.separateStep ? instance.start : instance.step);
    const step = instance.separateStep ? add("model_step.onnx", instance.step) : start;
    onnx = { start, step, ...profiles[options.profile] };
  }
  if (options.targets.includes("tfjs")) {
    const { module, types } = emitTfjs(instance.start, instance.step);
    const encoder = new TextEncoder();
    files.push({ name: "model.js", data: encoder.encode(module) });
    files.push({ name: "model.d.ts", data: encoder.encode(types) });
    // In a project of CommonJS, Node would take the module for a script.
    files.push({ name: "package.json", data: encoder.encode('{ "type": "module" }\n') });
    tfjs = { module: "model.js" };
  }
  if (options.tokenizer) files.push({ name: TOKENIZER, data: options.tokenizer });
  if (instance.checkpoints.length > 0) {
    files.push({ name: CHECKPOINTS, data: new TextEncoder().encode(checkpointsText(instance.checkpoints)) });
  }
  return { files, onnx, tfjs };
}

async function writePrograms(
  folder: string,
  instance: ModelInstance,
  options: BuildOptions,
  layout: Layout,
): Promise<{ readonly programs: Programs; readonly files: Manifest["files"] }> {
  const programs = emitPrograms(instance, options, layout);
  const files: Manifest["files"] = [];
  for (const { name, data } of programs.files) {
    await writeSynced(join(folder, name), data);
    files.push({ name, bytes: data.length, sha256: sha256(data) });
  }
  return { programs, files };
}

async function write(
  folder: string,
  instance: ModelInstance,
  options: BuildOptions,
  layout: Layout,
  plan: ImportPlan | undefined,
): Promise<Manifest> {
  const path = join(folder, WEIGHTS);
  const { seed, progress } = options;
  // Under way on other threads while this one makes the programs.
  const weights = plan
    ? writeChunks(path, layout, (sink) => produceTensors(layout, seed, (n) => plan.get(n), sink), progress)
    : writeSafetensors(path, layout, seed, progress);
  const [made, written] = await Promise.allSettled([
    writePrograms(folder, instance, options, layout),
    weights,
  ]);
  // Only now, when nothing writes to the folder any more.
  if (written.status === "rejected") throw written.reason;
  if (made.status === "rejected") throw made.reason;
  const { programs, files } = made.value;
  files.push({ name: WEIGHTS, ...written.value });
  const stored = layout.placed.map((p) => p.tensor);
  const learned = learnedPart(instance);
  const manifest = manifestSchema.parse({
    format: 1,
    archc: archcVersion(),
    spec: { file: options.spec.file, sha256: sha256(new TextEncoder().encode(options.spec.text)) },
    seed: options.seed,
    ...modelPart(instance, stored),
    onnx: programs.onnx,
    tfjs: programs.tfjs,
    files,
    ...(learned.length > 0 ? { learned } : {}),
    cost: headlines(instance, stored),
  } satisfies Manifest);
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await writeSynced(join(folder, "manifest.json"), new TextEncoder().encode(text));
  return manifest;
}

function headlines(instance: ModelInstance, stored: readonly StoredTensor[]): Manifest["cost"] {
  const trained = new Set(
    instance.start.inputPorts.flatMap((p) =>
      p.role === "weight" && p.weight.kind === "weight" ? [p.name] : [],
    ),
  );
  const parameters = stored
    .filter((t) => trained.has(t.name))
    .reduce((sum, t) => sum + t.shape.reduce((a, n) => a * BigInt(n), 1n), 0n);
  return { "params.total": `${parameters}`, "flops.forward": `${costOf(instance.start).flops}` };
}

async function writeSynced(path: string, data: Uint8Array): Promise<void> {
  const file = await open(path, "wx");
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

function sha256(data: Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
