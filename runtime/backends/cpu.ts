import * as tf from "@tensorflow/tfjs-core";
import type { BackendKind } from "./backend.js";

/** Plain JavaScript: everywhere, and slow. */
export const cpu: BackendKind = {
  target: "tfjs",
  get: "always installed",
  async open() {
    await import("@tensorflow/tfjs-backend-cpu");
    // Its first use prints advice about tfjs-node; `archc backends` gives better.
    const backend = tf.findBackend("cpu") as { firstUse?: boolean } | null;
    if (backend) backend.firstUse = false;
    return {
      name: "cpu",
      detail: "plain JavaScript, 1 thread",
      tf,
      limits: { tensor: 2 ** 33, total: undefined },
      check() {},
    };
  },
};
