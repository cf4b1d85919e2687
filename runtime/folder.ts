import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InputError } from "./inputs.js";
import { type Manifest, manifestSchema } from "./manifest.js";
import { bringBack } from "./settle.js";

/**
 * Reads the manifest of a build folder and checks that all files exist with the sizes it gives. If a killed build left
 * the old one renamed, that is restored first. Throws the system's error, a SyntaxError or a ZodError if the folder is
 * not a build, and InputError if a file does not match the manifest.
 */
export async function readManifest(folder: string): Promise<Manifest> {
  await bringBack(resolve(folder));
  const manifest = manifestSchema.parse(JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")));
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
