import { InputError } from "./inputs.js";

/** How to sample the next token. */
export interface Sampling {
  /** Divides the logits; 0, the default, takes the likeliest token (the lowest id in a tie). */
  readonly temperature?: number | undefined;
  /** Only the `topK` likeliest tokens. */
  readonly topK?: number | undefined;
  /** Only the likeliest tokens that together reach this probability. */
  readonly topP?: number | undefined;
  /** Same seed, same tokens. 0 by default. */
  readonly seed?: number | undefined;
}

const mask = (1n << 64n) - 1n;

/**
 * A number in [0, 1) that depends only on seed and counter, so that a run can continue from anywhere. SplitMix64
 * (Steele, Lea, Flood 2014) on `seed` mixed once, then the counter as its state.
 */
export function random(seed: number, counter: number): number {
  const start = mix((BigInt(seed) * 0x9e3779b97f4a7c15n + 0x632be59bd9b4e019n) & mask);
  const bits = mix((start + BigInt(counter + 1) * 0x9e3779b97f4a7c15n) & mask);
  return Number(bits >> 11n) / 2 ** 53;
}

function mix(state: bigint): bigint {
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
  return z ^ (z >> 31n);
}

/** Throws InputError if an option is invalid. */
export function checkSampling({ temperature = 0, topK, topP, seed = 0 }: Sampling): void {
  if (!(temperature >= 0 && Number.isFinite(temperature)))
    throw new InputError(`temperature ${temperature} must be 0 (always the most likely token) or more`);
  if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1))
    throw new InputError(`top-k ${topK} must be a whole number of at least 1`);
  if (topP !== undefined && !(topP > 0 && topP <= 1))
    throw new InputError(`top-p ${topP} must be above 0 and at most 1`);
  if (!Number.isSafeInteger(seed)) throw new InputError(`seed ${seed} must be a whole number`);
}

/**
 * Samples one token from the logits of one position, on the host in double precision, so all backends sample alike.
 * `counter` counts the tokens. Throws InputError if an option is invalid or a logit is NaN.
 */
export function sample(logits: Float32Array, sampling: Sampling, counter: number): number {
  checkSampling(sampling);
  const { temperature = 0, topK = logits.length, topP = 1, seed = 0 } = sampling;
  const best = likeliest(logits);
  if (temperature === 0 || topK === 1) return best;
  const top = logits[best]!;
  const weight = (id: number) => Math.exp((logits[id]! - top) / temperature);
  let ids = Array.from(logits.keys());
  if (topK < ids.length || topP < 1) {
    ids.sort((a, b) => logits[b]! - logits[a]! || a - b);
    ids = ids.slice(0, topK);
  }
  let total = 0;
  for (const id of ids) total += weight(id);
  if (topP < 1) {
    let reached = 0;
    const count = ids.findIndex((id) => (reached += weight(id)) >= topP * total) + 1;
    ids = ids.slice(0, count === 0 ? ids.length : count);
    total = Math.min(reached, total);
  }
  let left = random(seed, counter) * total;
  for (const id of ids) if ((left -= weight(id)) < 0) return id;
  return ids.findLast((id) => weight(id) > 0) ?? best;
}

/** The likeliest token; in a tie, the lowest id. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id])) throw new InputError(`the model returned NaN as the logit of token ${id}`);
    if (logits[id]! > logits[best]!) best = id;
  }
  return best;
}
