import type * as ort from "onnxruntime-node";
import { BackendError, type BackendKind, message, optional } from "./backend.js";

const install = "npm install onnxruntime-node@1.30.0";
/** Its installer fetches CUDA from api.nuget.org, and npm drops an optional package whose installer fails. */
const get =
  `${install}; where its installer cannot reach api.nuget.org (it downloads CUDA): ` +
  `npm_config_onnxruntime_node_install=skip ${install}`;

/** The library that runs `model.onnx`. Throws a BackendError that says what is absent, or why it does not load. */
export async function openOnnxRuntime(): Promise<typeof ort> {
  let found: unknown;
  try {
    found = await optional("onnxruntime-node");
  } catch (error) {
    throw new BackendError(`\`onnxruntime-node\` is installed, but does not load (${message(error)})`);
  }
  if (!found) throw new BackendError("`onnxruntime-node` (ONNX Runtime, runs `model.onnx`) is not installed");
  return ((found as { default?: unknown }).default ?? found) as typeof ort;
}

/** As `openOnnxRuntime`, with the way to get it in the error: for a caller that wants to run, not to look. */
export async function needOnnxRuntime(): Promise<typeof ort> {
  try {
    return await openOnnxRuntime();
  } catch (error) {
    throw new BackendError(`backend \`onnx\` is not available: ${message(error)}; to get it: ${get}`);
  }
}

/** ONNX Runtime runs `model.onnx`; it is opened by the ONNX model itself, here it is only looked for. */
export const onnx: BackendKind = {
  target: "onnx",
  get,
  async open() {
    const { env } = (await openOnnxRuntime()) as { env?: { versions?: { node?: string; common?: string } } };
    const version = env?.versions?.node ?? env?.versions?.common;
    return { detail: `ONNX Runtime${version === undefined ? "" : ` ${version}`} on the CPU` };
  },
};
