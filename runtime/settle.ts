import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/*
 * A build is written to `.NAME.archc-new-PID` beside its place. A folder cannot be renamed over another in one step
 * everywhere, so the old build first steps aside to `.NAME.archc-old`. A kill between the two renames leaves it there,
 * whole, and nothing in its place; whoever comes next, reader or build, puts it back.
 */

/** Where the old build waits while the new one takes its place. */
export function asideOf(out: string): string {
  return join(dirname(out), `.${basename(out)}.archc-old`);
}

/** Where this process writes the new build. */
export function freshOf(out: string): string {
  return join(dirname(out), `${freshPrefix(out)}${process.pid}`);
}

const freshPrefix = (out: string): string => `.${basename(out)}.archc-new-`;

/** A build is between its two renames for microseconds; one that stays there is dead and its number another's. */
const PATIENCE_MS = 1000;
const POLL_MS = 20;

/** Mends what killed builds left: an old build that stood aside comes back, half-written new ones go. */
export async function settle(out: string): Promise<void> {
  await bringBack(out);
  if (await exists(out)) await rm(asideOf(out), { recursive: true, force: true });
  for (const name of await namesOfFresh(out)) {
    if (!isRunning(name, out)) await rm(join(dirname(out), name), { recursive: true, force: true });
  }
}

/** The part of `settle` that readers need: nothing is removed, and a whole build is in place if there is one. */
export async function bringBack(out: string): Promise<void> {
  const aside = asideOf(out);
  const began = Date.now();
  while (!(await exists(out)) && (await exists(aside))) {
    const swapping = (await namesOfFresh(out)).some((name) => isRunning(name, out));
    if (swapping && Date.now() - began < PATIENCE_MS) await new Promise((wake) => setTimeout(wake, POLL_MS));
    else await rename(aside, out).catch(ignoreMissing);
  }
}

/** Whether anything is there, broken links included. */
export async function exists(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined)) !== undefined;
}

async function namesOfFresh(out: string): Promise<readonly string[]> {
  const names = await readdir(dirname(out)).catch(() => [] as string[]);
  return names.filter((name) => name.startsWith(freshPrefix(out)));
}

function isRunning(name: string, out: string): boolean {
  const pid = Number(name.slice(freshPrefix(out).length));
  if (!Number.isSafeInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== "ENOENT") throw error;
}
