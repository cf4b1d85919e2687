import type { StateHandle } from "../../runtime/model.js";
import type { Tensors } from "./reference.js";
import { type Built, on } from "./targets.js";

/** What each of several passes gives and leaves, one after another, each from the state that the one before left. */
export async function inSegments(
  built: Built,
  target: string,
  segments: readonly Tensors[],
): Promise<{ outputs: Tensors; states: Tensors }[]> {
  return on(built, target, async (model) => {
    const results: { outputs: Tensors; states: Tensors }[] = [];
    let state: StateHandle | undefined;
    for (const inputs of segments) {
      const result = await model.run(state ? "step" : "start", inputs, state);
      state?.dispose();
      state = result.state;
      results.push({ outputs: result.outputs, states: await state.read() });
    }
    state?.dispose();
    return results;
  });
}
