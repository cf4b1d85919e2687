import type { HostTensor, Model, StateHandle } from "../../runtime/model.js";
import { slice } from "./near.js";
import type { Tensors } from "./reference.js";

/** One whole pass from nothing: its outputs, and the states that it leaves. */
export async function fullPass(
  model: Model,
  inputs: Tensors,
  counts?: Readonly<Record<string, number>>,
): Promise<{ outputs: Tensors; states: Tensors }> {
  const { outputs, state } = await model.run("start", inputs, undefined, counts);
  const states = await state.read();
  state.dispose();
  return { outputs, states };
}

/**
 * The same sequence in pieces along axis 1 of every input that `grows` (all where left out), each continuing from the
 * state that the one before left. A padding mask of what grows covers what is past as well.
 * `begin` and the pieces' outputs in order, and the states at the end.
 */
export async function inPieces(
  model: Model,
  inputs: Tensors,
  pieces: readonly number[],
  grows: readonly string[] = Object.keys(inputs),
): Promise<{ parts: { begin: number; length: number; outputs: Tensors }[]; states: Tensors }> {
  const parts: { begin: number; length: number; outputs: Tensors }[] = [];
  let state: StateHandle | undefined;
  let begin = 0;
  for (const length of pieces) {
    const piece: Record<string, HostTensor> = {};
    for (const [name, tensor] of Object.entries(inputs)) {
      if (!grows.includes(name)) {
        piece[name] = tensor;
        continue;
      }
      const from = name === "attention_mask" ? 0 : begin;
      piece[name] = slice(tensor, 1, from, begin + length - from);
    }
    const result = await model.run(state ? "step" : "start", piece, state);
    state?.dispose();
    state = result.state;
    parts.push({ begin, length, outputs: result.outputs });
    begin += length;
  }
  const states = await state!.read();
  state!.dispose();
  return { parts, states };
}
