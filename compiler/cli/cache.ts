import { createHash } from "node:crypto";
import { existsSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { makeFolders } from "../emit/folder.js";
import { refusedBecause } from "../emit/refused.js";
import { archcVersion } from "../version.js";
import { isWeightFile } from "../weights/folder.js";
import { fail } from "./exit.js";

/** Builds that stay; one of a large model has gigabytes. */
const KEPT = 3;

/** Where `archc run SPEC` builds: ARCHC_CACHE, else the user's cache folder. */
export function cacheRoot(): string {
  const { ARCHC_CACHE, XDG_CACHE_HOME } = process.env;
  if (ARCHC_CACHE) return ARCHC_CACHE;
  return join(XDG_CACHE_HOME || join(homedir(), ".cache"), "archc");
}

/** The folder of a build made from exactly these words by this version; it may not be there yet. */
export function cachedBuild(model: string, ...words: readonly string[]): string {
  const hash = createHash("sha256");
  for (const word of [archcVersion(), model, ...words]) hash.update(`${word.length}:${word}`);
  return join(cacheRoot(), `${model}-${hash.digest("hex").slice(0, 16)}`);
}

/** What tells one state of weights from another without reading them: place, size and time of every file they may be in. */
export function weightsWords(file: string): readonly string[] {
  const path = resolve(file);
  try {
    return [path, ...filesBeside(path)].map((each) => {
      const found = statSync(each, { throwIfNoEntry: false });
      return `${each} ${found?.size} ${found?.mtimeMs}`;
    });
  } catch {
    // What cannot be looked at cannot be built from: the build says why.
    return [path];
  }
}

/** The weight files of a folder, or those that an index may list. */
function filesBeside(path: string): readonly string[] {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!isFolder && !path.endsWith(".json")) return [];
  const folder = isFolder ? path : dirname(path);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter(isWeightFile)
    .sort()
    .map((name) => join(folder, name));
}

/** Is a whole build there? Marks it as just used. */
export function isCached(folder: string): boolean {
  if (!existsSync(join(folder, "manifest.json"))) return false;
  const now = new Date();
  try {
    utimesSync(folder, now, now);
  } catch {
    // A cache that can only be read is one.
  }
  return true;
}

/** Makes room for one more build: the least recently used go. Fails in words where there can be no cache. */
export async function pruneCache(): Promise<void> {
  const root = cacheRoot();
  try {
    await makeFolders(root);
    prune(root);
  } catch (error) {
    const reason = refusedBecause(error);
    if (reason === undefined) throw error;
    const why = `cannot keep builds in \`${root}\`: ${reason}; set ARCHC_CACHE to a folder that you can write to`;
    throw fail("usage/run-failed", { why });
  }
}

function prune(root: string): void {
  const builds = readdirSync(root)
    .map((name) => join(root, name))
    .filter((folder) => existsSync(join(folder, "manifest.json")))
    .map((folder) => ({ folder, used: statSync(folder).mtimeMs }))
    .sort((a, b) => b.used - a.used);
  for (const { folder } of builds.slice(KEPT - 1)) rmSync(folder, { recursive: true, force: true });
}
