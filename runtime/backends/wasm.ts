import * as tf from "@tensorflow/tfjs-core";
import { BackendError, type BackendKind, message } from "./backend.js";
import { sliceInHeap } from "./wasm-slice.js";

/** WebAssembly with SIMD, one thread in Node. */
export const wasm: BackendKind = {
  target: "tfjs",
  get: "npm install @tensorflow/tfjs-backend-wasm@4.22.0",
  async open() {
    try {
      await import("@tensorflow/tfjs-backend-wasm");
      await tf.setBackend("wasm");
    } catch (error) {
      throw new BackendError(`its WebAssembly module does not load (${message(error)})`);
    }
    if (tf.getBackend() !== "wasm") throw new BackendError("its WebAssembly module does not load");
    sliceInHeap();
    return {
      name: "wasm",
      detail: "WebAssembly, 1 thread",
      tf,
      // Its heap is 4 GB and never shrinks; it failed at 3.75 GiB (reference/runtimes.md).
      limits: { tensor: 2 ** 31 - 1, total: 3.7 * 2 ** 30 },
      // Making a tensor copied it into the heap already.
      adopt() {},
      check() {},
    };
  },
};
