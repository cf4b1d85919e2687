import { type Move, moveInto, type Words } from "./copy.js";
import { bytesOf, fillBytes } from "./fill.js";
import type { Layout } from "./layout.js";
import { LARGEST, type Sink } from "./write.js";

/** Hands over the bytes of all tensors of a layout: what the plan reads, and what starts as its init says. */
export async function produceTensors(
  layout: Layout,
  seed: number,
  movesOf: (name: string) => readonly Move[] | undefined,
  sink: Sink,
): Promise<void> {
  for (const { tensor, bytes } of layout.placed) {
    const moves = movesOf(tensor.name);
    const unit = bytesOf[tensor.dtype];
    const row = bytes / (tensor.shape[0] || 1);
    // Whole rows, so that no row of a tensor that stands turned is looked for twice.
    const step = row <= LARGEST && row > 0 ? LARGEST - (LARGEST % row) : LARGEST;
    for (let at = 0; at < bytes; at += step) {
      await sink(Math.min(step, bytes - at), async (chunk) => {
        if (moves === undefined) return fillBytes(tensor, seed, at / unit, chunk);
        const words: Words =
          unit === 1 ? chunk : new Int32Array(chunk.buffer, chunk.byteOffset, chunk.length / unit);
        words.fill(0);
        for (const move of moves) await moveInto(move, at / unit, words);
      });
    }
  }
}
