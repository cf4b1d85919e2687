import { renameSync } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, realpath, rm } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { asideOf, exists, freshOf, settle } from "../../runtime/settle.js";
import { whileUnfinished } from "./unfinished.js";

/** Why a folder cannot be replaced. */
export type Refusal =
  | { readonly kind: "not-a-folder"; readonly isLink: boolean }
  | { readonly kind: "not-a-build"; readonly files: readonly string[] };

/** The absolute place that `out` means; a link means what it points to. */
export async function placeOf(out: string): Promise<string> {
  try {
    return await realpath(out);
  } catch {
    return resolve(out);
  }
}

/** Whether a build may take this place: nothing is there, an empty folder, or a build and nothing else. */
export async function refusalOf(out: string): Promise<Refusal | undefined> {
  const stat = await lstat(out).catch(() => undefined);
  if (!stat) return undefined;
  if (!stat.isDirectory()) return { kind: "not-a-folder", isLink: stat.isSymbolicLink() };
  const present = (await readdir(out)).sort();
  const own = new Set(await filesOfBuild(out));
  const foreign = present.filter((name) => !own.has(name));
  return foreign.length === 0 ? undefined : { kind: "not-a-build", files: foreign };
}

/** The files that a folder's manifest names, itself included; none where it has no manifest of ours. */
async function filesOfBuild(folder: string): Promise<string[]> {
  try {
    const manifest = JSON.parse(await readFile(join(folder, "manifest.json"), "utf8")) as {
      archc?: unknown;
      files?: { name?: unknown }[];
    };
    if (typeof manifest.archc !== "string" || !Array.isArray(manifest.files)) return [];
    return ["manifest.json", ...manifest.files.map((f) => String(f.name))];
  } catch {
    return [];
  }
}

/**
 * Runs `write` on a new folder beside `out`, then puts that folder in the place of `out`. Whatever stops it, `out` is
 * what it was or all new. Throws what `write` and the file system throw.
 */
export async function replaceFolder<T>(out: string, write: (folder: string) => Promise<T>): Promise<T> {
  const parent = dirname(out);
  await makeFolders(parent);
  await settle(out);
  const fresh = freshOf(out);
  return whileUnfinished(fresh, () => replaceBy(fresh, out, write));
}

async function replaceBy<T>(fresh: string, out: string, write: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(fresh);
  try {
    const result = await write(fresh);
    await sync(fresh);
    const aside = asideOf(out);
    const had = await exists(out);
    // One after the other without a turn of the event loop: some 10 µs apart, where awaiting takes up to milliseconds.
    if (had) renameSync(out, aside);
    try {
      renameSync(fresh, out);
    } catch (error) {
      if (had) renameSync(aside, out);
      throw error;
    }
    await sync(dirname(out));
    if (had) await rm(aside, { recursive: true, force: true });
    return result;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

/** Makes a folder and those above it. Node's own way never ends where the system refuses with ENOENT, as /proc does. */
export async function makeFolders(folder: string): Promise<void> {
  try {
    await mkdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(folder) === folder || (await exists(dirname(folder)))) throw error;
    await makeFolders(dirname(folder));
    await mkdir(folder);
  }
}

/** Makes a folder's entries survive a power cut; some systems cannot, and need not. */
async function sync(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  if (!handle) return;
  try {
    await handle.sync();
  } catch {
    // Windows has no sync of folders.
  } finally {
    await handle.close();
  }
}
