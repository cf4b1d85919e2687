import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { TextTokenizer } from "../../runtime/tokenizer.js";
import { safe } from "../diagnostics/render-text.js";
import { fail } from "./exit.js";
import type { Io } from "./io.js";

/** The tokenizer.json that `save_pretrained` leaves beside weights; undefined where there is none. */
export function tokenizerBeside(weights: string): string | undefined {
  // What cannot be opened is told by whoever reads the weights.
  const isFolder = existsSync(weights) && statSync(weights).isDirectory();
  const file = join(isFolder ? weights : dirname(weights), "tokenizer.json");
  return existsSync(file) ? file : undefined;
}

/** A tokenizer.json that was named; fails in words where it cannot be used. */
export async function namedTokenizer(file: string): Promise<TextTokenizer> {
  const { loadTokenizer } = await import("../../runtime/index.js");
  return loadTokenizer(file).catch((error: unknown) => Promise.reject(tokenizerFailure(error, file)));
}

/** The bytes of a tokenizer.json that can be used; fails in words where it cannot be. */
export async function readTokenizer(file: string): Promise<Uint8Array> {
  await namedTokenizer(file);
  return new Uint8Array(await readFile(file));
}

/** The bytes of the tokenizer.json beside weights. One that cannot be used is not what was asked for: it is told, not an error. */
export async function readBeside(weights: string | undefined, io: Io): Promise<Uint8Array | undefined> {
  const file = weights === undefined ? undefined : tokenizerBeside(weights);
  if (file === undefined) return undefined;
  try {
    return await readTokenizer(file);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    io.err(safe(`the build has no tokenizer: ${error.message}\n`, true));
    return undefined;
  }
}

/** What is wrong with a tokenizer.json that was named, as a failure. */
function tokenizerFailure(error: unknown, file: string): unknown {
  if (error instanceof Error && error.name === "InputError")
    return fail("usage/run-failed", { why: error.message });
  const { code } = error as NodeJS.ErrnoException;
  if (code === "ENOENT") return fail("usage/no-file", { file, near: [] });
  return code === undefined ? error : fail("usage/run-failed", { why: `cannot read \`${file}\`: ${code}` });
}
