import { readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { InputError } from "./inputs.js";
import { type Manifest, manifestSchema } from "./manifest.js";
import { bringBack } from "./settle.js";

/**
 * The manifest of a build folder whose files are all there and as long as it says; an old build that a killed one left
 * aside is put back first. Throws the system's error, a SyntaxError or a ZodError where it is not a build, InputError
 * where a file is not what the manifest says.
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
