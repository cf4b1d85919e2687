import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { SafetensorsError } from "../../runtime/safetensors.js";

/** A file of a folder that may be the weights: a safetensors file, or the index of several. */
export function isWeightFile(name: string): boolean {
  return !name.startsWith(".") && /\.safetensors(\.index\.json)?$/.test(name);
}

/** What an error says of a folder with very many files. */
const SHOWN = 4;

/**
 * The weight file that a path means: itself, or for a folder the file that `save_pretrained` or a download from a hub
 * leaves there. That is `model.safetensors.index.json` or `model.safetensors`, else the only index, else the only
 * safetensors file. Throws SafetensorsError where the folder has several or none, or the system's error.
 */
export async function weightFile(path: string): Promise<string> {
  if (!(await stat(path)).isDirectory()) return path;
  const names = (await readdir(path)).sort();
  const files = names.filter(isWeightFile);
  const indices = files.filter((name) => name.endsWith(".json"));
  const usual = files.filter((name) => /^model\.safetensors(\.index\.json)?$/.test(name));
  const [first, ...more] = [usual, indices, files].find((some) => some.length > 0) ?? [];
  if (first !== undefined && more.length === 0) return join(path, first);
  throw new SafetensorsError(
    `\`${path}\` is a folder; ${first === undefined ? withoutWeights(path, names) : ambiguous(path, [first, ...more])}`,
  );
}

function ambiguous(path: string, files: readonly string[]): string {
  const split = files.every((name) => /-\d+-of-\d+\.safetensors$/.test(name));
  if (split)
    return `it has ${list(files)}, but not their index; put \`model.safetensors.index.json\`, which comes with them, in the folder`;
  return `it contains ${list(files)}; name the file that you mean, such as \`${join(path, files[0]!)}\``;
}

function withoutWeights(path: string, names: readonly string[]): string {
  if (names.includes("snapshots") && names.includes("blobs"))
    return `it is a model in a cache of Hugging Face; name the folder of a revision inside \`${join(path, "snapshots")}\``;
  const none = "it contains no .safetensors file";
  const pickles = names.filter((name) => /\.(bin|pt|pth|ckpt|pkl)$/.test(name));
  if (pickles.length > 0)
    return `${none}; archc does not read pickles such as \`${pickles[0]}\`, because they can run code; convert them in Python: \`AutoModel.from_pretrained(DIR).save_pretrained(NEW_DIR)\``;
  const others = names.filter((name) => /\.(gguf|onnx|h5|msgpack|tflite|npz)$/.test(name));
  return others.length === 0 ? none : `${none}, and archc does not read weights from ${list(others)}`;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).map((name) => `\`${name}\``);
  if (names.length > SHOWN) return `${shown.join(", ")} and ${names.length - SHOWN} more`;
  return [shown.slice(0, -1).join(", "), shown.at(-1)!].filter((s) => s !== "").join(" and ");
}
