/** Units of quantities, and the suffixes that multiply a count. All exact. */

export interface UnitFact {
  readonly kind: "bytes" | "flop" | "seconds";
  /** One of it in the base unit (bytes, FLOP, seconds), as a fraction. */
  readonly scale: readonly [bigint, bigint];
}

const decimal = ["", "K", "M", "G", "T", "P"];

function table(): Map<string, UnitFact> {
  const units = new Map<string, UnitFact>();
  for (const [i, prefix] of decimal.entries()) {
    const power = 1000n ** BigInt(i);
    units.set(`${prefix}FLOP`, { kind: "flop", scale: [power, 1n] });
    if (i === 0) continue;
    units.set(`${prefix}B`, { kind: "bytes", scale: [power, 1n] });
    units.set(`${prefix}iB`, { kind: "bytes", scale: [1024n ** BigInt(i), 1n] });
  }
  units.set("kB", { kind: "bytes", scale: [1000n, 1n] });
  for (const word of ["byte", "bytes"]) units.set(word, { kind: "bytes", scale: [1n, 1n] });
  for (const [i, word] of ["s", "ms", "us", "ns"].entries()) {
    units.set(word, { kind: "seconds", scale: [1n, 1000n ** BigInt(i)] });
  }
  return units;
}

export const units: ReadonlyMap<string, UnitFact> = table();

export const suffixes: ReadonlyMap<string, bigint> = new Map([
  ["K", 1_000n],
  ["M", 1_000_000n],
  ["B", 1_000_000_000n],
  ["T", 1_000_000_000_000n],
]);

const longForms = new Map([
  ["flops", "FLOP"],
  ["sec", "s"],
  ["secs", "s"],
  ["second", "s"],
  ["seconds", "s"],
  ["msec", "ms"],
  ["millisecond", "ms"],
  ["milliseconds", "ms"],
  ["usec", "us"],
  ["microseconds", "us"],
  ["µs", "us"],
  ["nanoseconds", "ns"],
  ["kilobytes", "KB"],
  ["megabytes", "MB"],
  ["gigabytes", "GB"],
  ["terabytes", "TB"],
  ["kibibytes", "KiB"],
  ["mebibytes", "MiB"],
  ["gibibytes", "GiB"],
  ["tebibytes", "TiB"],
  ["k", "KB"],
  ["m", "MB"],
  ["g", "GB"],
  ["t", "TB"],
]);

/** What was meant by a unit that is not one (`gb`, `GFLOPs`, `seconds`), or undefined. */
export function nearUnit(word: string): string | undefined {
  const lower = word.toLowerCase();
  const singular = lower.replace(/(?<=flop|[kmgtp]i?b)s$/, "");
  for (const unit of units.keys()) if (unit.toLowerCase() === singular) return unit;
  return longForms.get(lower);
}
