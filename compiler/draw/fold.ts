import type { Stage } from "./picture.js";

/** Kinds of blocks by turns that are looked for: `at every 2`, a pattern of some blocks. More is no pattern to a reader. */
const LONGEST = 16;

/** Neighbours that are alike become one, `blocks.0 .. 4`, and so do kinds that come by turns. */
export function folded(stages: readonly Stage[]): readonly Stage[] {
  const looks = stages.map(lookOf);
  const out: Stage[] = [];
  for (let at = 0; at < stages.length; ) {
    const { period, times } = runFrom(stages, looks, at);
    const whole = stages.slice(at, at + period * times);
    out.push(times === 1 ? whole[0]! : period === 1 ? run(whole, times) : turns(whole, period, times));
    at += whole.length;
  }
  return out;
}

/** How many blocks a stage of the drawing stands for. */
export function sizeOf(stage: Stage): number {
  const inner = stage.turns?.reduce((sum, s) => sum + sizeOf(s), 0) ?? 1;
  return Math.max(1, stage.blocks) * inner;
}

const lookOf = ({ shape, runs, boxes }: Stage): string =>
  JSON.stringify([shape, runs, boxes], (_, v: unknown) => (typeof v === "bigint" ? `${v}` : v));

/** The pattern that covers most blocks from a stage on; of two that cover as many the shorter one. */
function runFrom(
  stages: readonly Stage[],
  looks: readonly string[],
  at: number,
): { readonly period: number; readonly times: number } {
  const stack = (i: number) => stages[i] !== undefined && stages[i].blocks > 0 && stackOf(stages[i]);
  const same = (a: number, b: number) => stack(b) === stack(at) && looks[a] === looks[b];
  // What gives a result ends its run, so that the picture can say where the result leaves.
  const isSilent = (i: number) => stages[i]?.gives.length === 0;
  let best = { period: 1, times: 1 };
  for (let period = 1; stack(at) !== false && period <= LONGEST; period++) {
    let end = at + 1;
    while (end < stages.length && isSilent(end - 1) && (end < at + period || same(end - period, end))) end++;
    const times = Math.floor((end - at) / period);
    if (times > 1 && period * times > best.period * best.times) best = { period, times };
  }
  return best;
}

const labelsOf = (stages: readonly Stage[]): string[] => stages.flatMap((s) => s.holds);
const stackOf = ({ label }: Stage): string => label.slice(0, label.lastIndexOf("."));
const numberOf = ({ label }: Stage): string => label.slice(label.lastIndexOf(".") + 1);

/** `0 .. 4` */
function span(first: Stage, last: Stage): string {
  return first === last ? numberOf(first) : `${numberOf(first)} .. ${numberOf(last)}`;
}

function run(whole: readonly Stage[], blocks: number): Stage {
  const [first, last] = [whole[0]!, whole.at(-1)!];
  return {
    ...first,
    label: `${stackOf(first)}.${span(first, last)}`,
    blocks,
    holds: labelsOf(whole),
    gives: last.gives,
  };
}

function turns(whole: readonly Stage[], period: number, times: number): Stage {
  const [first, last] = [whole[0]!, whole.at(-1)!];
  let at = 0;
  const inner = folded(whole.slice(0, period)).map((stage) => {
    const size = sizeOf(stage);
    // Where it stands in the first turn and in the second.
    const places = [at, at + period].map((i) => span(whole[i]!, whole[i + size - 1]!));
    at += size;
    return { ...stage, label: `${stackOf(first)}.${places.join(", ")}${times > 2 ? ", …" : ""}` };
  });
  const label = `${stackOf(first)}.${span(first, last)}`;
  const holds = labelsOf(whole);
  const outer = { shape: last.shape, gives: last.gives, holds };
  return { ...first, label, blocks: times, boxes: [], turns: inner, ...outer };
}
