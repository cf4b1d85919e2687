import { BackendError, type BackendKind, message, optional } from "./backend.js";

/** ONNX Runtime runs `model.onnx`; it is opened by the ONNX model itself, here it is only looked for. */
export const onnx: BackendKind = {
  target: "onnx",
  get: "npm install onnxruntime-node@1.30.0",
  async open() {
    let found: unknown;
    try {
      found = await optional("onnxruntime-node");
    } catch (error) {
      throw new BackendError(`\`onnxruntime-node\` is installed, but does not load (${message(error)})`);
    }
    if (!found) throw new BackendError("`onnxruntime-node` is not installed");
    const { env } = ((found as { default?: unknown }).default ?? found) as {
      env?: { versions?: { node?: string; common?: string } };
    };
    const version = env?.versions?.node ?? env?.versions?.common;
    return { detail: `ONNX Runtime${version === undefined ? "" : ` ${version}`} on the CPU` };
  },
};
