import { rmSync } from "node:fs";

/** Files and folders that are being written beside their place. */
const unfinished = new Set<string>();
const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
let isOurs = false;

/** Says that this process is the command's: a signal that ends it then removes what it has not finished. */
export function cleanUpOnSignals(): void {
  isOurs = true;
}

/** Runs `work`, which writes to `path` and renames or removes it. */
export async function whileUnfinished<T>(path: string, work: () => Promise<T>): Promise<T> {
  // Only meanwhile: a handler waits for the event loop, and a signal should end long computations at once.
  if (isOurs && unfinished.size === 0) for (const signal of signals) process.on(signal, end);
  unfinished.add(path);
  try {
    return await work();
  } finally {
    unfinished.delete(path);
    if (unfinished.size === 0) for (const signal of signals) process.off(signal, end);
  }
}

/** Removes what is half written, and dies of the signal, as the shell expects. */
function end(signal: NodeJS.Signals): void {
  for (const path of unfinished) {
    try {
      rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    } catch {
      // The next build removes it.
    }
  }
  for (const each of signals) process.off(each, end);
  process.kill(process.pid, signal);
}
