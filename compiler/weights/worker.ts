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
  /** The descriptor of the file, of which it writes the chunks that it draws, or else those that others fill. */
  readonly write: number | undefined;
  /** It draws chunks, each the bytes of a slot of the file as it is laid out. */
  readonly draw: { readonly layout: Layout; readonly seed: number } | undefined;
  /** Tells of every so many chunks that it took. */
  readonly tellEvery: number;
}

/** What it tells: a chunk hashed, the bytes written since it last told, or the hash of the whole. */
export type Told = { readonly hashed: number } | { readonly written: number } | { readonly sha256: string };

/** Does whatever is most urgent until nothing of its kind is left: write, hash, and only then draw more. */
function work({ shared, hash, write, draw, tellEvery }: WorkerStart, tell: (told: Told) => void): void {
  const ring = new Ring(shared);
  const digest = hash ? createHash("sha256") : undefined;
  let [hashed, chunksWritten, untold] = [0, 0, 0];
  const put = (chunk: Uint8Array, offset: number | null): void => {
    for (let at = 0; at < chunk.length; )
      at += writeSync(write!, chunk, at, undefined, offset === null ? null : offset + at);
    untold += chunk.length;
    if (++chunksWritten % tellEvery === 0) tellWritten();
  };
  const tellWritten = (): void => {
    if (untold > 0) tell({ written: untold });
    untold = 0;
  };
  // Who draws writes at once, each at its place: a file system takes that from many threads faster than from one.
  const takes = write !== undefined && !draw;
  for (;;) {
    const seen = ring.changes();
    const toWrite = takes ? ring.next("write") : undefined;
    if (toWrite) {
      put(toWrite, null);
      ring.took("write");
      continue;
    }
    const toHash = digest && ring.next("hash");
    if (digest && toHash) {
      digest.update(toHash);
      ring.took("hash");
      if (++hashed % tellEvery === 0) tell({ hashed });
      continue;
    }
    const number = draw && ring.claim();
    if (draw && number !== undefined) {
      const offset = number * shared.slot;
      const bytes = Math.min(shared.slot, draw.layout.size - offset);
      const chunk = ring.slotOf(number).subarray(0, bytes);
      fillRange(draw.layout, draw.seed, offset, chunk);
      put(chunk, offset);
      ring.took("write");
      ring.fill(number, bytes);
      continue;
    }
    const over =
      (!takes || ring.isThrough("write")) && (!hash || ring.isThrough("hash")) && (!draw || ring.isClaimed());
    if (over) break;
    ring.wait(seen);
  }
  tellWritten();
  if (digest) tell({ sha256: digest.digest("hex") });
}

if (parentPort) {
  const port = parentPort;
  work(workerData as WorkerStart, (told) => port.postMessage(told));
}
