/** A longer name is no slip of the pen, and takes long to compare. */
const longest = 100;

/**
 * Candidates that `name` may have been meant for, nearest first: at most a third of the letters wrong (a swap of two
 * neighbours counts once), upper and lower case and `-`/`_` alike.
 */
export function didYouMean(name: string, candidates: Iterable<string>, most = 3): readonly string[] {
  if (name.length > longest) return [];
  const wanted = fold(name);
  const letters = lettersOf(wanted);
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    if (candidate === name) continue;
    if (Math.abs(wanted.length - candidate.length) > longest) continue;
    const folded = fold(candidate);
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, folded.length) / 3));
    if (Math.abs(wanted.length - folded.length) > limit) continue;
    // Each edit brings in one letter at most: most names need not be compared.
    const others = lettersOf(folded);
    if (ones(letters & ~others) > limit || ones(others & ~letters) > limit) continue;
    const distance = editDistance(wanted, folded);
    // A name of one letter is one edit away from every other, so only its case may differ.
    if (distance <= limit && (wanted.length > 1 || distance === 0)) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance || compareText(a.candidate, b.candidate));
  return near.slice(0, most).map((n) => n.candidate);
}

/** The nearest candidate, where one is near. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  return didYouMean(name, candidates, 1)[0];
}

/** "did you mean `a`, `b` or `c`?", or undefined where nothing is near. */
export function didYouMeanText(name: string, candidates: Iterable<string>): string | undefined {
  const near = didYouMean(name, candidates);
  return near.length === 0 ? undefined : `did you mean ${orList(near.map((n) => `\`${n}\``))}?`;
}

/** `a`, `a or b`, `a, b or c`. */
export function orList(items: readonly string[]): string {
  if (items.length < 2) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} or ${items[items.length - 1]}`;
}

/** Edits (insert, delete, replace, swap of neighbours) from one text to the other. */
export function editDistance(from: string, to: string): number {
  const a = [...from];
  const b = [...to];
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, beforeLast[j - 2]! + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length]!;
}

/** The letters that a text has, as bits; some share one. */
function lettersOf(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits |= 1 << (text.charCodeAt(i) & 31);
  return bits;
}

function ones(bits: number): number {
  let count = 0;
  for (let left = bits; left !== 0; left &= left - 1) count++;
  return count;
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll("-", "_");
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
