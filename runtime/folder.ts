import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InputError } from "./inputs.js";
import { type Manifest, manifestSchema } from "./manifest.js";
import type { SafetensorsFile } from "./safetensors.js";
import { bringBack } from "./settle.js";

/** A manifest has some hundred bytes for each weight. */
const MAX_MANIFEST = 100_000_000;

/**
 * Reads the manifest of a build folder and checks that all files exist with the sizes it gives. If a killed build left
 * the old one renamed, that is restored first. Throws the system's error, a SyntaxError or a ZodError if the folder is
 * not a build, and InputError if a file does not match the manifest.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  await bringBack(resolve(folder));
  const path = join(folder, "manifest.json");
  const about = await stat(path);
  // A pipe would be waited for, and a device never ends.
  if (!about.isFile()) throw new InputError(`\`${folder}\`: \`manifest.json\` is not a file`);
  if (about.size > MAX_MANIFEST)
    throw new InputError(`\`${folder}\`: \`manifest.json\` is too large: it has ${about.size} bytes`);
  const manifest = manifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  const listed = new Set(manifest.files.map((f) => f.name));
  const { onnx, tfjs } = manifest;
  for (const name of [onnx?.start, onnx?.step, tfjs?.module]) {
    if (name !== undefined && !listed.has(name))
      throw new InputError(`\`${folder}\`: its manifest uses \`${name}\` but does not list it`);
  }
  for (const { name, bytes } of manifest.files) {
    const found = await stat(join(folder, name));
    if (!found.isFile() || found.size !== bytes) {
      const has = found.isFile() ? `has ${found.size} bytes` : "is not a file";
      throw new InputError(`\`${folder}\`: \`${name}\` ${has}, but its manifest says ${bytes} bytes`);
    }
  }
  return manifest;
}

/**
 * The SHA-256 of a program of a build. Throws InputError if it is not the file that the manifest describes. Weights are
 * too large to hash.
 */
export async function checkProgram(folder: string, manifest: Manifest, name: string): Promise<string> {
  const due = manifest.files.find((f) => f.name === name)?.sha256;
  const sha256 = createHash("sha256")
    .update(new Uint8Array(await readFile(join(folder, name))))
    .digest("hex");
  if (sha256 !== due)
    throw new InputError(
      `\`${folder}\`: \`${name}\` was changed after the build: its SHA-256 is not the manifest's; build the model again`,
    );
  return sha256;
}

const dtypes = { f32: "F32", i32: "I32", bool: "BOOL" } as const;

/** Throws InputError if a weight file does not hold the tensors that a manifest lists, in the same types and shapes. */
export function checkWeights(folder: string, manifest: Manifest, { header }: SafetensorsFile): void {
  const wrong = (what: string): never => {
    throw new InputError(
      `\`${folder}\`: \`weights.safetensors\` does not match its manifest: ${what}; build the model again`,
    );
  };
  const found = new Map(header.entries.map((e) => [e.name, e]));
  const text = (dtype: string, shape: readonly number[]) => `${dtype} [${shape.join(", ")}]`;
  for (const { name, dtype, shape } of manifest.weights) {
    const entry = found.get(name) ?? wrong(`it has no tensor \`${name}\``);
    const [is, due] = [text(entry.dtype, entry.shape), text(dtypes[dtype], shape)];
    if (is !== due) wrong(`\`${name}\` is ${is}, not ${due}`);
    found.delete(name);
  }
  for (const name of found.keys()) wrong(`the manifest does not list \`${name}\``);
}
