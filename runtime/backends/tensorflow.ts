import { BackendError, type BackendKind, message, optional, type Tf } from "./backend.js";
import { lean } from "./tensorflow-lean.js";

const packages = ["@tensorflow/tfjs-node-gpu", "@tensorflow/tfjs-node"];

/** TensorFlow's own kernels, on CUDA where the library finds a GPU. */
export const tensorflow: BackendKind = {
  target: "tfjs",
  get:
    "npm install --no-save --ignore-scripts @tensorflow/tfjs-node-gpu@4.22.0, then tools/tfjs-native.sh of archc " +
    "(or without --ignore-scripts, if the package's own download works on your machine)",
  async open() {
    if (!globalThis.process?.versions?.node) throw new BackendError("it needs Node");
    await restoreUtil();
    process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
    let failure: string | undefined;
    for (const name of packages) {
      try {
        const found = (await optional(name)) as { default?: unknown } | undefined;
        if (!found) continue;
        const tf = (found.default ?? found) as Tf;
        await tf.setBackend("tensorflow");
        if (tf.getBackend() !== "tensorflow") throw new Error("it registered no backend");
        const onGpu = (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
        return {
          name: "tensorflow",
          detail: onGpu ? `TensorFlow on CUDA (${name})` : `TensorFlow on the CPU (${name})`,
          tf,
          lean: lean(tf),
          limits: { tensor: undefined, total: undefined },
          // tfjs-node keeps the array until an op first reads the tensor; then TensorFlow copies it, unless it lies on
          // a multiple of 64 bytes: such an array is shared for good.
          adopt(tensor) {
            if (tensor.size > 0) tf.tidy(() => void tf.slice(tf.reshape(tensor, [-1]), [0], [1]));
          },
          check() {},
        };
      } catch (error) {
        failure ??= `\`${name}\` is installed, but its native addon does not load (${message(error)})`;
      }
    }
    throw new BackendError(failure ?? "`@tensorflow/tfjs-node-gpu` is not installed");
  },
};

/** tfjs-node 4.22 calls functions of `util` that Node 23 dropped (tfjs #8609). */
async function restoreUtil(): Promise<void> {
  const { Module } = await import("node:module");
  const util = Module.createRequire(import.meta.url)("node:util") as Record<string, unknown>;
  util.isNullOrUndefined ??= (x: unknown) => x === null || x === undefined;
  util.isArray ??= Array.isArray;
}
