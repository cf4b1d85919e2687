import { columns } from "./columns.js";

/** A count that weights decide, as an instance or a manifest has it. */
interface Count {
  readonly path: string;
  /** Undefined where the weights are not known. */
  readonly value?: bigint | number | undefined;
  readonly most: bigint | number;
}

/**
 * What weights decided, a line for those whose paths differ in numbers alone: `blocks.*.attn.needs.*  96 counts, 33 to
 * 1,208, mean 314; at most 8,192`. Empty where nothing is learned.
 */
export function learnedText(counts: readonly Count[]): string {
  const groups = new Map<string, Count[]>();
  for (const count of counts) {
    const name = count.path.replace(/(^|\.)\d+(?=\.|$)/g, "$1*");
    groups.set(name, [...(groups.get(name) ?? []), count]);
  }
  return columns([...groups].map(([name, group]) => ["learned", name, groupText(group)]));
}

function groupText(group: readonly Count[]): string {
  const known = group.flatMap((c) => (c.value === undefined ? [] : [Number(c.value)]));
  const most = `at most ${range(group.map((c) => Number(c.most)))}`;
  if (known.length === 0) return `${most}; the exact counts come from a weight file (\`--weights FILE\`)`;
  if (known.length === 1) return `${range(known)}, ${most}`;
  const mean = known.reduce((a, b) => a + b, 0) / known.length;
  return `${known.length} counts, ${range(known)}, mean ${number(Number(mean.toFixed(1)))}; ${most}`;
}

const number = (value: number): string => value.toLocaleString("en-US");

function range(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return least === most ? number(most) : `${number(least)} to ${number(most)}`;
}
