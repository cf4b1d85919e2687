import type { ModelInstance } from "./instance.js";
import { leastOf, type Settings } from "./point.js";

/** What a constraint says at other sizes; undefined where the model cannot run there. */
export type Retry = (settings: Settings) => { readonly holds: boolean; readonly text: string } | undefined;

/**
 * For every size that the figure depends on, the largest smaller value at which the budget holds, worked out with
 * the figure itself: "`seq = 512` gives 14.5 GiB". A round number is offered where one fits.
 */
export function fittingHelp(
  instance: ModelInstance,
  settings: Settings,
  used: readonly string[],
  retry: Retry,
): readonly string[] {
  const helps: string[] = [];
  for (const name of [...used].sort(bySeqFirst)) {
    const setting = settings.get(name)!;
    const at = (value: bigint) => retry(new Map(settings).set(name, { ...setting, value }));
    const best = largestThatHolds(leastOf(instance, name), setting.value, (v) => at(v)?.holds === true);
    if (best === undefined) continue;
    const value = roundDown(best, leastOf(instance, name));
    const result =
      at(value)?.holds === true ? { value, text: at(value)!.text } : { value: best, text: at(best)!.text };
    helps.push(`\`${name} = ${result.value}\` gives ${result.text}`);
  }
  return helps.length === 0 ? [] : [helps.join("; ")];
}

/** By halving, as figures grow with their sizes; the answer is tried, so a wrong guess is never shown. */
function largestThatHolds(
  least: bigint,
  above: bigint,
  holds: (value: bigint) => boolean,
): bigint | undefined {
  if (above <= least || !holds(least)) return undefined;
  let [low, high] = [least, above];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** To a power of two below 64, to a multiple of 64 from there on, to a whole 256 from 1024 on. */
function roundDown(value: bigint, least: bigint): bigint {
  if (value >= 1024n) return value - (value % 256n);
  if (value >= 64n) return value - (value % 64n);
  let power = 1n;
  while (power * 2n <= value) power *= 2n;
  return power >= least && power <= value ? power : value;
}

function bySeqFirst(a: string, b: string): number {
  const rank = (name: string) => ["seq", "past", "batch"].indexOf(name);
  return rank(a) - rank(b);
}
