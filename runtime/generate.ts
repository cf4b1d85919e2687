import { InputError } from "./inputs.js";
import type { HostTensor } from "./model.js";
import { checkSampling, type Sampling, sample } from "./sample.js";
import type { Session } from "./session.js";
import { evaluateSize } from "./size-expression.js";
import type { Progress } from "./tfjs.js";

export interface GenerateOptions extends Sampling {
  /** Token ids to continue; at least one. */
  readonly prompt: readonly number[];
  /** How many tokens to generate. */
  readonly tokens: number;
  /** Generation ends after one of these. */
  readonly stop?: readonly number[] | undefined;
  readonly onProgress?: Progress | undefined;
  /** Stops the generation between two tokens. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Generates tokens and yields each as soon as it is sampled. The session starts again with the prompt; of a prompt
 * longer than the context, only the last half context is used. Throws InputError if the model is not a language model
 * (inputs `input_ids` and perhaps `attention_mask`, output `logits`) or an option is invalid.
 */
export async function* generate(
  session: Session,
  options: GenerateOptions,
): AsyncGenerator<number, void, void> {
  const { prompt, tokens, stop = [], onProgress, signal } = options;
  const { manifest } = session;
  checkSampling(options);
  if (!Number.isInteger(tokens) || tokens < 0) throw new InputError(`cannot generate ${tokens} tokens`);
  if (prompt.length === 0) throw new InputError("the prompt is empty: there is nothing to continue");
  const [ids, ...others] = manifest.inputs.filter((i) => i.name !== "attention_mask");
  if (!ids || others.length > 0 || ids.dtype !== "i32" || ids.shape.length !== 2)
    throw new InputError(
      `\`${manifest.model}\` needs inputs other than token ids, so it cannot generate text`,
    );
  const mask = manifest.inputs.find((i) => i.name === "attention_mask");
  // Nothing of one prompt is padding.
  const maskOf = (seq: number): Record<string, HostTensor> => {
    if (!mask) return {};
    const length = evaluateSize(`${mask.shape[1]}`, { seq, past: session.past });
    return { [mask.name]: asTensor(new Array<number>(length).fill(1)) };
  };
  const output = manifest.outputs.find((o) => o.name === "logits") ?? manifest.outputs[0];
  if (output?.dtype !== "f32" || output.shape.length !== 3)
    throw new InputError(`\`${manifest.model}\` does not return logits, so it cannot generate text`);
  const { context } = manifest;
  const used = context !== null && prompt.length > context ? prompt.slice(-Math.ceil(context / 2)) : prompt;

  const asTensor = (ids: readonly number[]): HostTensor => ({
    dtype: "i32",
    shape: [1, ids.length],
    data: Int32Array.from(ids),
  });
  session.reset();
  let next = used;
  for (let done = 0; done < tokens; done++) {
    if (signal?.aborted) return;
    const outputs = await session.step({ [ids.name]: asTensor(next), ...maskOf(next.length) });
    const id = sample(lastPosition(outputs[output.name]!), options, done);
    onProgress?.(done + 1, tokens, "tokens");
    yield id;
    if (stop.includes(id)) return;
    next = [id];
  }
}

/** The logits [vocab] of the last position of the first sequence of [batch, seq, vocab]. */
function lastPosition({ shape, data }: HostTensor): Float32Array {
  const [, seq, vocab] = shape as [number, number, number];
  return (data as Float32Array).subarray((seq - 1) * vocab, seq * vocab);
}
