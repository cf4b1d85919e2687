/** The backends of `runtime/` whose memory is known; that of a GPU behind webgpu is not. */
export const runtimeNames = ["onnx", "tensorflow", "wasm", "cpu"] as const;

export type Runtime = (typeof runtimeNames)[number];
