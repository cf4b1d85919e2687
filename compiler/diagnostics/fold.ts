/** An index that is in no group yet: `.7.`, as names of tensors and of weights have it. */
const open = /\.(\d{1,9})(?=\.|$|[`: ])/;
/** Around what is folded already. */
const [begin, end] = ["\u0001", "\u0002"];

/**
 * Lines that differ in an index alone as one: `h.{0..11}.ln_1.bias: expected [32]`. Nothing is left out: what stands in
 * braces says every index. An index is the same in every word of a line.
 */
export function folded(lines: readonly string[]): readonly string[] {
  let rows = lines;
  while (rows.some((row) => open.test(row))) {
    const groups = new Map<string, { row: string; indices: number[] }>();
    for (const row of rows) {
      const index = open.exec(row)?.[1];
      const key = index === undefined ? row : replaced(row, index, `${begin}${end}`);
      const group = groups.get(key);
      if (!group) groups.set(key, { row, indices: index === undefined ? [] : [Number(index)] });
      else if (index !== undefined) group.indices.push(Number(index));
    }
    rows = [...groups].map(([key, { row, indices }]) =>
      indices.length === 0 ? row : key.replaceAll(`${begin}${end}`, `${begin}${ranges(indices)}${end}`),
    );
  }
  return rows.map((row) => row.replaceAll(begin, "").replaceAll(end, ""));
}

/** In every word the first index of that number: a tensor's name has it, and the weight's path beside it. */
function replaced(row: string, index: string, by: string): string {
  const first = new RegExp(`\\.${index}(?=\\.|$|[\`: ])`);
  return row
    .split(" ")
    .map((word) => word.replace(first, `.${by}`))
    .join(" ");
}

/** `7` of one index, `{0..3, 7}` of several; the end counts, as in the language. */
function ranges(indices: readonly number[]): string {
  const sorted = [...new Set(indices)].sort((a, b) => a - b);
  const parts: [number, number][] = [];
  for (const n of sorted) {
    const last = parts.at(-1);
    if (last && n === last[1] + 1) last[1] = n;
    else parts.push([n, n]);
  }
  if (sorted.length === 1) return `${sorted[0]}`;
  return `{${parts.map(([a, b]) => (a === b ? `${a}` : b === a + 1 ? `${a}, ${b}` : `${a}..${b}`)).join(", ")}}`;
}
