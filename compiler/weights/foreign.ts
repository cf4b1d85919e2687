import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { SafetensorsError, SafetensorsFile, type TensorEntry } from "../../runtime/safetensors.js";
import type { DType } from "../ir/graph.js";
import { bytesIn, converted } from "./convert.js";
import type { Words } from "./copy.js";

/** An index lists some hundred bytes for each tensor. */
const MAX_INDEX = 100_000_000;

interface Place {
  readonly path: string;
  readonly file: SafetensorsFile;
  readonly entry: TensorEntry;
}

/** One or several weight files as one: `FILE.safetensors`, or the index of a sharded model. */
export class ForeignWeights {
  private constructor(
    private readonly files: readonly SafetensorsFile[],
    private readonly places: ReadonlyMap<string, Place>,
  ) {}

  /** Opens the files and reads their headers alone. Throws SafetensorsError with what is wrong in words, or the system's error. */
  static async open(path: string): Promise<ForeignWeights> {
    const files: SafetensorsFile[] = [];
    try {
      const index = path.endsWith(".json") ? await readIndex(path) : undefined;
      const names =
        index === undefined ? [path] : [...new Set(index.values())].map((n) => join(dirname(path), n));
      const places = new Map<string, Place>();
      for (const name of names) {
        const file = await openShard(name, path);
        files.push(file);
        for (const entry of file.header.entries) {
          if (index && index.get(entry.name) !== basename(name)) {
            throw new SafetensorsError(
              `\`${name}\` contains the tensor \`${entry.name}\`, but \`${path}\` does not list it there`,
            );
          }
          places.set(entry.name, { path: name, file, entry });
        }
      }
      for (const [tensor, file] of index ?? []) {
        if (!places.has(tensor)) {
          throw new SafetensorsError(
            `\`${path}\` lists the tensor \`${tensor}\` in \`${file}\`, but it is not there`,
          );
        }
      }
      return new ForeignWeights(files, places);
    } catch (error) {
      for (const file of files) await file.close();
      throw error;
    }
  }

  get names(): readonly string[] {
    return [...this.places.keys()];
  }

  /** Shape and dtype of a tensor. */
  about(name: string): { shape: readonly number[]; dtype: string } | undefined {
    const entry = this.places.get(name)?.entry;
    return entry && { shape: entry.shape, dtype: entry.dtype };
  }

  /** Numbers `start` … of a tensor as those of a weight; `as` is one that `isReadable`. Throws as `converted` does. */
  async read(name: string, as: DType, start: number, count: number): Promise<Words> {
    const { path, file, entry } = this.places.get(name)!;
    const unit = bytesIn(entry.dtype);
    const bytes = await file.readPart(entry, start * unit, count * unit);
    return converted(bytes, entry.dtype, as, `tensor \`${name}\` of \`${path}\``);
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close();
  }
}

async function openShard(name: string, path: string): Promise<SafetensorsFile> {
  try {
    return await SafetensorsFile.open(name);
  } catch (error) {
    if (name !== path && (error as NodeJS.ErrnoException).code === "ENOENT")
      throw new SafetensorsError(`\`${path}\` lists the file \`${name}\`, which does not exist`);
    throw error;
  }
}

/** `model.safetensors.index.json`: which file holds which tensor. The files lie beside it. */
async function readIndex(path: string): Promise<Map<string, string>> {
  const fail = (what: string): never => {
    throw new SafetensorsError(`\`${path}\` is not an index of safetensors files: ${what}`);
  };
  const found = await stat(path);
  if (!found.isFile()) fail("it is not a file");
  const { size } = found;
  if (size > MAX_INDEX) fail(`it has ${size} bytes`);
  let index: unknown;
  try {
    index = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    fail("it is not JSON");
  }
  const map = (index as { weight_map?: unknown } | null)?.weight_map;
  if (typeof map !== "object" || map === null || Array.isArray(map)) return fail("it has no `weight_map`");
  const files = new Map<string, string>();
  for (const [tensor, file] of Object.entries(map)) {
    if (typeof file === "string" && /^[\w][\w .-]*\.bin$/.test(file))
      return fail(`it lists \`${file}\`, a pickle; archc does not read pickles, because they can run code`);
    if (typeof file !== "string" || !/^[\w][\w .-]*\.safetensors$/.test(file))
      return fail(`tensor \`${tensor}\` is not in a file in the same folder`);
    files.set(tensor, file);
  }
  return files;
}
