import { createHash } from "node:crypto";
import { closeSync, fdatasync, fsync, openSync, writeSync } from "node:fs";
import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import type { Layout } from "./layout.js";
import { fillRange } from "./range.js";
import { makeRing, Ring } from "./ring.js";
import type { Told, WorkerStart } from "./worker.js";

/** Called with the bytes written so far, and those of the whole. */
export type Progress = (done: number, total: number) => void;

export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** Hands over the file's next bytes, at most LARGEST of them: memory for them is given to `make`, which fills it. */
export type Sink = (bytes: number, make: (chunk: Uint8Array) => void | Promise<void>) => Promise<void>;

/** Bytes that a sink takes at a time. */
export const LARGEST = 16 << 20;

/** What is drawn at a time: a multiple of 4, so that no float straddles two chunks, and of pages. */
const CHUNK = 1 << 20;
const DRAWN_SLOTS = 16;
/** One is filled while the other is taken. */
const PRODUCED_SLOTS = 2;
/** Below this, threads cost more than they save. */
const SMALL = 32 << 20;

/** Writes a `.safetensors` file, freshly drawn from `seed`, and syncs it to disk. Memory stays flat, however large. */
export function writeSafetensors(
  path: string,
  layout: Layout,
  seed: number,
  progress: Progress = () => {},
): Promise<WrittenFile> {
  return writeSynced(path, layout, progress, (fd, tell) => {
    if (!isThreaded(layout)) {
      return here(fd, layout, tell, async (sink) => {
        for (let at = 0; at < layout.size; at += CHUNK) {
          await sink(Math.min(CHUNK, layout.size - at), (chunk) => fillRange(layout, seed, at, chunk));
        }
      });
    }
    const shared = makeRing(DRAWN_SLOTS, CHUNK, Math.ceil(layout.size / CHUNK));
    const cores = Math.max(1, Math.min(8, availableParallelism()));
    const starts = Array.from({ length: cores }, (_, i) => ({
      shared,
      hash: i === 0,
      write: fd,
      draw: { layout, seed },
      tellEvery: 16,
    }));
    return onThreads(starts, layout, tell, () => Promise.resolve());
  });
}

/** Writes a `.safetensors` file whose tensors `produce` hands over as bytes, in their order, and syncs it to disk. */
export function writeChunks(
  path: string,
  layout: Layout,
  produce: (sink: Sink) => Promise<void>,
  progress: Progress = () => {},
): Promise<WrittenFile> {
  const all = async (sink: Sink): Promise<void> => {
    const { header } = layout;
    for (let at = 0; at < header.length; at += LARGEST) {
      const part = header.subarray(at, at + LARGEST);
      await sink(part.length, (chunk) => chunk.set(part));
    }
    await produce(sink);
  };
  return writeSynced(path, layout, progress, (fd, tell) => {
    if (!isThreaded(layout)) return here(fd, layout, tell, all);
    const shared = makeRing(PRODUCED_SLOTS, LARGEST);
    const start = { shared, hash: false, write: undefined, draw: undefined, tellEvery: 1 };
    const starts = [
      { ...start, hash: true },
      { ...start, write: fd },
    ];
    return onThreads(starts, layout, tell, (changed) => throughRing(new Ring(shared), changed, all));
  });
}

/** Sources (as tests run them) cannot be loaded by a worker, only what was built. */
function isThreaded(layout: Layout): boolean {
  return layout.size > SMALL && import.meta.url.endsWith(".js");
}

/** Bytes after which the disk is set to work, though more is to come. */
const EARLY = 256 << 20;

/** All of it is under way when this returns: where there are threads, the caller may be busy meanwhile. */
async function writeSynced(
  path: string,
  layout: Layout,
  progress: Progress,
  write: (fd: number, tell: (done: number) => void) => Promise<string>,
): Promise<WrittenFile> {
  const fd = openSync(path, "w");
  let [asked, early] = [0, Promise.resolve()];
  const tell = (done: number): void => {
    progress(done, layout.size);
    if (done - asked < EARLY) return;
    asked = done;
    early = early.then(() => promisify(fdatasync)(fd));
    // Awaited below; until then it is nobody's.
    early.catch(() => {});
  };
  try {
    const sha256 = await write(fd, tell);
    // What an early sync has said of a failing disk, a later one does not say again.
    await early;
    await promisify(fsync)(fd);
    return { bytes: layout.size, sha256 };
  } finally {
    await early.catch(() => {});
    closeSync(fd);
  }
}

/** Makes, hashes and writes one after the other; gives the hash. */
async function here(
  fd: number,
  { size }: Layout,
  tell: (done: number) => void,
  produce: (sink: Sink) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256");
  const memory = new Uint8Array(Math.min(LARGEST, size));
  let done = 0;
  await produce(async (bytes, make) => {
    const chunk = memory.subarray(0, bytes);
    await make(chunk);
    hash.update(chunk);
    for (let at = 0; at < bytes; ) at += writeSync(fd, chunk, at);
    done += bytes;
    tell(done);
  });
  return hash.digest("hex");
}

/** Hands what this thread produces to those that hash and write it, small parts side by side. */
async function throughRing(
  ring: Ring,
  changed: () => Promise<void>,
  produce: (sink: Sink) => Promise<void>,
): Promise<void> {
  let [chunk, used]: [number | undefined, number] = [undefined, 0];
  const give = (): void => {
    if (chunk !== undefined) ring.fill(chunk, used);
    [chunk, used] = [undefined, 0];
  };
  await produce(async (bytes, make) => {
    if (used + bytes > LARGEST) give();
    while (chunk === undefined) {
      chunk = ring.claim();
      if (chunk === undefined) await changed();
    }
    await make(ring.slotOf(chunk).subarray(used, used + bytes));
    used += bytes;
  });
  give();
  ring.end();
}

/** Runs threads until the file is written and hashed; gives the hash. `produce` may await what changes on the ring. */
async function onThreads(
  starts: readonly WorkerStart[],
  { size }: Layout,
  tell: (done: number) => void,
  produce: (changed: () => Promise<void>) => Promise<void>,
): Promise<string> {
  // Without the flags of this process: `--input-type` and the like would break a worker.
  const file = new URL("./worker.js", import.meta.url);
  const workers = starts.map((start) => new Worker(file, { workerData: start, execArgv: [] }));
  try {
    let wake = (): void => {};
    let [written, sha256]: [number, string | undefined] = [0, undefined];
    const ended = new Promise<string>((resolve, reject) => {
      const listen = (told: Told): void => {
        if ("written" in told) tell((written += told.written));
        if ("sha256" in told) sha256 = told.sha256;
        if (written === size && sha256 !== undefined) resolve(sha256);
        wake();
      };
      for (const worker of workers) worker.on("message", listen).once("error", reject);
    });
    const changed = (): Promise<void> => new Promise((resolve) => (wake = resolve));
    const [hash] = await Promise.all([ended, produce(() => Promise.race([changed(), ended.then(() => {})]))]);
    return hash;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
