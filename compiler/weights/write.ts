import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Layout } from "./layout.js";
import { fillRange } from "./range.js";
import type { Job, WorkerStart } from "./worker.js";

/** Called with the bytes written so far, and those of the whole. */
export type Progress = (done: number, total: number) => void;

export interface WrittenFile {
  readonly bytes: number;
  readonly sha256: string;
}

/** A multiple of 4, so that no float straddles two chunks. */
const CHUNK = 2 << 20;
const SLOTS_PER_WORKER = 4;
/** Below this, threads cost more than they save. */
const SMALL = 32 << 20;

/**
 * Writes a `.safetensors` file, freshly drawn from `seed`, and syncs it to disk. Memory stays flat: the file passes
 * through a ring of chunks that the workers fill while this thread hashes and writes them in order.
 */
export function writeSafetensors(
  path: string,
  layout: Layout,
  seed: number,
  progress: Progress = () => {},
): Promise<WrittenFile> {
  // Sources (as tests run them) cannot be loaded by a worker, only what was built.
  const threaded = layout.size > SMALL && import.meta.url.endsWith(".js");
  return writeChunks(
    path,
    layout,
    (sink) => (threaded ? drawThreaded : drawHere)(layout, seed, sink),
    progress,
  );
}

/** Writes a `.safetensors` file whose tensors `produce` hands over as bytes, in their order, and syncs it to disk. */
export async function writeChunks(
  path: string,
  layout: Layout,
  produce: (sink: Sink) => Promise<void>,
  progress: Progress = () => {},
): Promise<WrittenFile> {
  const file = await open(path, "w");
  try {
    const hash = createHash("sha256").update(layout.header);
    await writeAll(file, layout.header);
    let done = layout.header.length;
    const sink = async (chunk: Uint8Array): Promise<void> => {
      const writing = writeAll(file, chunk);
      // Hashed on this thread while the pool writes.
      hash.update(chunk);
      await writing;
      done += chunk.length;
      progress(done, layout.size);
    };
    await produce(sink);
    await file.sync();
    return { bytes: layout.size, sha256: hash.digest("hex") };
  } finally {
    await file.close();
  }
}

/** A write may take less than it was given. */
async function writeAll(file: FileHandle, data: Uint8Array): Promise<void> {
  for (let at = 0; at < data.length; ) {
    const { bytesWritten } = await file.write(data, at, data.length - at);
    at += bytesWritten;
  }
}

export type Sink = (chunk: Uint8Array) => Promise<void>;

async function drawHere(layout: Layout, seed: number, sink: Sink): Promise<void> {
  const memory = new Uint8Array(CHUNK);
  for (let offset = layout.header.length; offset < layout.size; offset += CHUNK) {
    const chunk = memory.subarray(0, Math.min(CHUNK, layout.size - offset));
    fillRange(layout.placed, seed, offset, chunk);
    await sink(chunk);
  }
}

async function drawThreaded(layout: Layout, seed: number, sink: Sink): Promise<void> {
  const count = Math.max(1, Math.min(8, availableParallelism()));
  const slots = count * SLOTS_PER_WORKER;
  const memory = new SharedArrayBuffer(slots * CHUNK);
  const start: WorkerStart = { placed: layout.placed, seed, memory };
  // Without the flags of this process: `--input-type` and the like would break a worker.
  const workerFile = new URL("./worker.js", import.meta.url);
  const workers = Array.from(
    { length: count },
    () => new Worker(workerFile, { workerData: start, execArgv: [] }),
  );
  try {
    const first = layout.header.length;
    const chunks = Math.ceil((layout.size - first) / CHUNK);
    const arrived = new Map<number, () => void>();
    const ready = new Set<number>();
    const failed = new Promise<never>((_, reject) => {
      for (const worker of workers) {
        worker.on("message", (job: Job) => {
          ready.add(job.index);
          arrived.get(job.index)?.();
        });
        worker.once("error", reject);
      }
    });
    failed.catch(() => {});
    const send = (index: number): void => {
      if (index >= chunks) return;
      const offset = first + index * CHUNK;
      const bytes = Math.min(CHUNK, layout.size - offset);
      const job: Job = { index, offset, at: (index % slots) * CHUNK, bytes };
      workers[index % count]!.postMessage(job);
    };
    for (let i = 0; i < slots; i++) send(i);
    for (let i = 0; i < chunks; i++) {
      if (!ready.has(i)) {
        await Promise.race([failed, new Promise<void>((resolve) => arrived.set(i, resolve))]);
        arrived.delete(i);
      }
      ready.delete(i);
      const bytes = Math.min(CHUNK, layout.size - first - i * CHUNK);
      await sink(new Uint8Array(memory, (i % slots) * CHUNK, bytes));
      send(i + slots);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
