import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { build } from "../../compiler/emit/build.js";
import type { Manifest } from "../../runtime/manifest.js";
import type { Model } from "../../runtime/model.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { SafetensorsFile } from "../../runtime/safetensors.js";
import { loadTfjs } from "../../runtime/tfjs.js";
import { present } from "../runtime/present.js";
import { referenceModel, type Tensors } from "./reference.js";

/** A build folder in the temporary folder, and the weights in it. */
export interface Built {
  readonly folder: string;
  readonly instance: ModelInstance;
  readonly manifest: Manifest;
  readonly weights: Tensors;
}

/** How far from the truth a target may be. The reference runs in double precision, as the peers did. */
export const toleranceOf = (target: string) => (target === "reference" ? 1e-6 : 1e-4);

/** Milliseconds for tests that a GPU in software takes long for: it compiles its shaders anew for many sizes. */
export const SLOW = 600_000;

/** Builds of one test file; they go when it has run. */
const base = mkdtempSync(join(tmpdir(), "archc-parity-"));
let builds = 0;
afterAll(() => rmSync(base, { recursive: true, force: true }));

/**
 * Builds a model for all targets as `archc build` does. `weights` take the place of those it drew: the bytes of
 * weights.safetensors are replaced where they lie, so that every target reads them where it would read its own.
 */
export async function buildWith(
  instance: ModelInstance,
  weights: (name: string, drawn: Tensors[string]) => Tensors[string]["data"],
): Promise<Built> {
  const { folder, manifest } = await buildOf(instance);
  const path = join(folder, "weights.safetensors");
  const before = await readTensors(path);
  const { header } = await opened(path, async (file) => file);
  const file = await open(path, "r+");
  const stored: Record<string, Tensors[string]> = {};
  try {
    for (const { name, begin, end } of header.entries) {
      const data = weights(name, before[name]!);
      if (data.byteLength !== end - begin) throw new Error(`\`${name}\` is given with another size`);
      await file.write(
        new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
        0,
        undefined,
        header.dataStart + begin,
      );
      stored[name] = { ...before[name]!, data };
    }
  } finally {
    await file.close();
  }
  return { folder, instance, manifest, weights: stored };
}

/** Builds a model for all targets with the weights of a foreign file, by its `checkpoint` section. */
export async function buildFrom(instance: ModelInstance, file: string): Promise<Built> {
  const { folder, manifest } = await buildOf(instance, file);
  const weights = await readTensors(join(folder, "weights.safetensors"));
  return { folder, instance, manifest, weights };
}

/** A build for all targets in a folder of its own; weights are drawn, or read from a foreign file. */
async function buildOf(
  instance: ModelInstance,
  file?: string,
): Promise<{ folder: string; manifest: Manifest }> {
  const folder = join(base, `${builds++}`);
  const { value, diagnostics } = await build(instance, {
    out: folder,
    seed: 1,
    targets: ["onnx", "tfjs"],
    profile: "default",
    spec: { file: "test.arch", text: "" },
    weights: file === undefined ? undefined : { file },
  });
  if (!value) throw new Error(diagnostics.map((d) => [d.message, ...d.notes].join("\n")).join("\n"));
  return { folder, manifest: value.manifest };
}

/** Every tensor of a safetensors file. */
export function readTensors(path: string): Promise<Tensors> {
  return opened(path, async (file) => {
    const read: Record<string, Tensors[string]> = {};
    for (const name of file.names) read[name] = await file.read(name);
    return read;
  });
}

async function opened<T>(path: string, use: (file: SafetensorsFile) => Promise<T>): Promise<T> {
  const file = await SafetensorsFile.open(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** The targets that this machine has: the reference, ONNX Runtime, and every tfjs backend. */
export const targets: readonly string[] = [
  "reference",
  "onnx",
  ...(await present()).flatMap(({ name, backend }) => (backend ? [name] : [])),
];

/** Loads a build in one target, and frees it when `use` is done. */
export async function on<T>(built: Built, target: string, use: (model: Model) => Promise<T>): Promise<T> {
  const model = await loaded(built, target);
  try {
    return await use(model);
  } finally {
    await model.dispose();
  }
}

async function loaded({ folder, instance, weights }: Built, target: string): Promise<Model> {
  if (target === "reference") return referenceModel(instance, weights);
  if (target === "onnx") return loadOnnx(folder);
  return loadTfjs(folder, { backend: target });
}
