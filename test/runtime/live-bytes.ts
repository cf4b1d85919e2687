import type { Tensor } from "@tensorflow/tfjs-core";
import { vi } from "vitest";
import type { Tf } from "../../runtime/backends.js";

/** The most bytes of tensors that are there at once while `run` goes on, beside those that are there before it. */
export async function peakOf(tf: Tf, run: () => Promise<unknown>): Promise<number> {
  const engine = tf.engine();
  const holders = new Map<object, number>();
  let [bytes, most] = [0, 0];
  const sizeOf = (tensor: Tensor) => tensor.size * tf.util.bytesPerElement(tensor.dtype);
  const { trackTensor, disposeTensor } = engine;
  // Tensors of the same data are one: views, and copies of a handle.
  const tracking = vi.spyOn(engine, "trackTensor").mockImplementation((tensor, how) => {
    const known = holders.get(tensor.dataId) ?? 0;
    holders.set(tensor.dataId, known + 1);
    if (known === 0) bytes += sizeOf(tensor);
    most = Math.max(most, bytes);
    trackTensor.call(engine, tensor, how);
  });
  const disposing = vi.spyOn(engine, "disposeTensor").mockImplementation((tensor) => {
    const known = holders.get(tensor.dataId);
    if (known === 1) bytes -= sizeOf(tensor);
    if (known !== undefined && known > 1) holders.set(tensor.dataId, known - 1);
    else holders.delete(tensor.dataId);
    disposeTensor.call(engine, tensor);
  });
  try {
    await run();
    return most;
  } finally {
    tracking.mockRestore();
    disposing.mockRestore();
  }
}
