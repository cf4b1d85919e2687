import { lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";

/** Why a folder cannot be replaced. */
export type Refusal =
  | { readonly kind: "not-a-folder" }
  | { readonly kind: "not-a-build"; readonly files: readonly string[] };

/*
 * A build is written to `.NAME.archc-new-PID` beside its place. A folder cannot be renamed over another in one step
 * everywhere, so the old build first steps aside to `.NAME.archc-old`. A kill between the two renames leaves it there,
 * whole; `settle` puts it back.
 */
const asideName = (out: string): string => join(dirname(out), `.${basename(out)}.archc-old`);
const freshPrefix = (out: string): string => `.${basename(out)}.archc-new-`;

/** The absolute place that `out` means; a link means what it points to. */
export async function placeOf(out: string): Promise<string> {
  try {
    return await realpath(out);
  } catch {
    return resolve(out);
  }
}

/** Mends what killed builds left: an old build that stood aside comes back, half-written new ones go. */
export async function settle(out: string): Promise<void> {
  const aside = asideName(out);
  if (await exists(aside)) {
    if (await exists(out)) await rm(aside, { recursive: true, force: true });
    else await rename(aside, out).catch(ignoreMissing);
  }
  const prefix = freshPrefix(out);
  for (const name of await readdir(dirname(out)).catch(() => [] as string[])) {
    if (name.startsWith(prefix) && !isRunning(Number(name.slice(prefix.length)))) {
      await rm(join(dirname(out), name), { recursive: true, force: true });
    }
  }
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a build may take this place: nothing is there, an empty folder, or a build and nothing else. */
export async function refusalOf(out: string): Promise<Refusal | undefined> {
  const stat = await lstat(out).catch(() => undefined);
  if (!stat) return undefined;
  if (!stat.isDirectory()) return { kind: "not-a-folder" };
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
  await mkdir(parent, { recursive: true });
  await settle(out);
  const fresh = join(parent, `${freshPrefix(out)}${process.pid}`);
  await mkdir(fresh);
  try {
    const result = await write(fresh);
    await sync(fresh);
    const aside = asideName(out);
    const had = await exists(out);
    if (had) await rename(out, aside);
    try {
      await rename(fresh, out);
    } catch (error) {
      if (had) await rename(aside, out);
      throw error;
    }
    await sync(parent);
    if (had) await rm(aside, { recursive: true, force: true });
    return result;
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
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
