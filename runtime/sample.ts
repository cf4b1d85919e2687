import { InputError } from "./inputs.js";

/** How the next token is drawn. */
export interface Sampling {
  /** Divides the logits; 0 takes the likeliest token (the lowest among equals), and is the default. */
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
 * A number in [0, 1) that depends on seed and counter alone, so that a run can be taken up anywhere. SplitMix64
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

/** Throws InputError where an option makes no sense. */
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
 * Draws one token from the logits of one position, on the host and in double precision: every backend draws alike.
 * `counter` counts the draws. Throws InputError on senseless options or where a logit is NaN.
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

/** The likeliest token, the lowest among equals. */
function likeliest(logits: Float32Array): number {
  let best = 0;
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id])) throw new InputError(`the model returned NaN as the logit of token ${id}`);
    if (logits[id]! > logits[best]!) best = id;
  }
  return best;
}
