import { parentPort, workerData } from "node:worker_threads";
import type { Placed } from "./layout.js";
import { fillRange } from "./range.js";

/** What a worker is started with. */
export interface WorkerStart {
  readonly placed: readonly Placed[];
  readonly seed: number;
  /** The slots, one after another; the main thread reads what the workers draw. */
  readonly memory: SharedArrayBuffer;
}

/** A part of the file to draw into a part of the memory; the same object comes back when it is done. */
export interface Job {
  readonly index: number;
  readonly offset: number;
  readonly at: number;
  readonly bytes: number;
}

if (parentPort) {
  const port = parentPort;
  const { placed, seed, memory } = workerData as WorkerStart;
  port.on("message", (job: Job) => {
    fillRange(placed, seed, job.offset, new Uint8Array(memory, job.at, job.bytes));
    port.postMessage(job);
  });
}
