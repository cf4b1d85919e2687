/**
 * Library functions and layers that ONNX has as one op, by name alone: what counts the memory of a graph needs no more of
 * ONNX than this.
 */
export const fusedNames = [
  "softmax",
  "log_softmax",
  "logsumexp",
  "mean",
  "relu",
  "gelu",
  "gelu_tanh",
  "layer_norm",
  "rms_norm",
] as const;

export type FusedName = (typeof fusedNames)[number];

/** Whether calls of this name may become one op, so that they must not be expanded before. */
export function mayFuse(name: string): name is FusedName {
  return (fusedNames as readonly string[]).includes(name);
}
