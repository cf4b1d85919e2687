import { createHash } from "node:crypto";
import { writeSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import type { Layout } from "./layout.js";
import { fillRange } from "./range.js";
import { Ring, type Shared } from "./ring.js";

/** What a thread is started with, and so all that it may do. */
export interface WorkerStart {
  readonly shared: Shared;
  /** It hashes the file. */
  readonly hash: boolean;
  /** It writes the file: its descriptor. */
  readonly write: number | undefined;
  /** It draws chunks, each the bytes of a slot of the file as it is laid out. */
  readonly draw: { readonly layout: Layout; readonly seed: number } | undefined;
  /** Tells of every so many chunks that it took. */
  readonly tellEvery: number;
}

/** What it tells: a chunk hashed, the bytes written so far, or the hash of the whole. */
export type Told = { readonly hashed: number } | { readonly written: number } | { readonly sha256: string };

/** Does whatever is most urgent until nothing of its kind is left: write, hash, and only then draw more. */
function work({ shared, hash, write, draw, tellEvery }: WorkerStart, tell: (told: Told) => void): void {
  const ring = new Ring(shared);
  const digest = hash ? createHash("sha256") : undefined;
  let [hashed, chunksWritten, written] = [0, 0, 0];
  for (;;) {
    const seen = ring.changes();
    const toWrite = write === undefined ? undefined : ring.next("write");
    if (write !== undefined && toWrite) {
      for (let at = 0; at < toWrite.length; ) at += writeSync(write, toWrite, at);
      written += toWrite.length;
      ring.took("write");
      if (++chunksWritten % tellEvery === 0 || ring.isThrough("write")) tell({ written });
      continue;
    }
    const toHash = digest && ring.next("hash");
    if (digest && toHash) {
      digest.update(toHash);
      ring.took("hash");
      if (++hashed % tellEvery === 0) tell({ hashed });
      continue;
    }
    const chunk = draw && ring.claim();
    if (draw && chunk !== undefined) {
      const offset = chunk * shared.slot;
      const bytes = Math.min(shared.slot, draw.layout.size - offset);
      fillRange(draw.layout, draw.seed, offset, ring.slotOf(chunk).subarray(0, bytes));
      ring.fill(chunk, bytes);
      continue;
    }
    const over =
      (write === undefined || ring.isThrough("write")) &&
      (!hash || ring.isThrough("hash")) &&
      (!draw || ring.isClaimed());
    if (over) break;
    ring.wait(seen);
  }
  if (digest) tell({ sha256: digest.digest("hex") });
  if (write !== undefined) tell({ written });
}

if (parentPort) {
  const port = parentPort;
  work(workerData as WorkerStart, (told) => port.postMessage(told));
}
