/** Exact numbers with units, as budgets compare them, and their text for people. */

/** `numerator / denominator`; the denominator is positive. */
export type Rational = readonly [bigint, bigint];

/** Powers of the base units: `2 GFLOP / token` has `flop` 1 and `token` -1; a count has none. */
export interface Unit {
  readonly bytes: number;
  readonly flop: number;
  readonly seconds: number;
  readonly token: number;
}

export interface Quantity {
  readonly value: Rational;
  readonly unit: Unit;
  /** Bytes written in GB rather than GiB; kept so that answers are in the unit of the question. */
  readonly decimal?: boolean;
}

export const unitless: Unit = { bytes: 0, flop: 0, seconds: 0, token: 0 };
export const inBytes: Unit = { ...unitless, bytes: 1 };
export const inFlop: Unit = { ...unitless, flop: 1 };
export const inSeconds: Unit = { ...unitless, seconds: 1 };
export const inTokens: Unit = { ...unitless, token: 1 };

const NAMES = ["bytes", "flop", "seconds", "token"] as const;

export function sameUnit(a: Unit, b: Unit): boolean {
  return NAMES.every((name) => a[name] === b[name]);
}

/** Units of a product (`sign` 1) or a quotient (-1). */
export function combineUnits(a: Unit, b: Unit, sign: 1 | -1): Unit {
  const sum = (name: (typeof NAMES)[number]) => a[name] + sign * b[name];
  return { bytes: sum("bytes"), flop: sum("flop"), seconds: sum("seconds"), token: sum("token") };
}

/** What a unit is called in a message: "a count", "bytes", "FLOP / token". */
export function unitName(unit: Unit): string {
  if (sameUnit(unit, unitless)) return "a count";
  const words = { bytes: "bytes", flop: "FLOP", seconds: "seconds", token: "token" };
  const part = (sign: number) =>
    NAMES.filter((n) => Math.sign(unit[n]) === sign).map(
      (n) => words[n] + (Math.abs(unit[n]) > 1 ? `^${Math.abs(unit[n])}` : ""),
    );
  const [above, below] = [part(1), part(-1)];
  return `${above.length === 0 ? "1" : above.join(" * ")}${below.map((b) => ` / ${b}`).join("")}`;
}

export function rational(numerator: bigint, denominator = 1n): Rational {
  const sign = denominator < 0n ? -1n : 1n;
  const divisor = gcd(numerator < 0n ? -numerator : numerator, denominator * sign);
  return divisor === 0n ? [0n, 1n] : [(numerator * sign) / divisor, (denominator * sign) / divisor];
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export const plus = (a: Rational, b: Rational): Rational => rational(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
export const minus = (a: Rational, b: Rational): Rational => plus(a, [-b[0], b[1]]);
export const times = (a: Rational, b: Rational): Rational => rational(a[0] * b[0], a[1] * b[1]);
/** The divisor is not 0. */
export const over = (a: Rational, b: Rational): Rational => rational(a[0] * b[1], a[1] * b[0]);

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`. */
export function order(a: Rational, b: Rational): number {
  const difference = a[0] * b[1] - b[0] * a[1];
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `124,439,808`, or up to six decimals if it is not whole. */
export function exactText(value: Rational): string {
  const [n, d] = value;
  const sign = n < 0n ? "-" : "";
  const whole = (n < 0n ? -n : n) / d;
  const rest = decimals(value, 6)
    .replace(/^[^.]*/, "")
    .replace(/\.?0+$/, "");
  return `${sign}${whole.toString().replace(/\B(?=(\d{3})+$)/g, ",")}${rest}`;
}

/** Rounded to a number of decimals, half up. */
function decimals(value: Rational, places: number): string {
  const [n, d] = value;
  const scale = 10n ** BigInt(places);
  const absolute = n < 0n ? -n : n;
  const rounded = (2n * absolute * scale + d) / (2n * d);
  const digits = rounded.toString().padStart(places + 1, "0");
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return n < 0n ? `-${text}` : text;
}

type Scale = readonly (readonly [suffix: string, size: bigint])[];

const COUNTS: Scale = [
  ["T", 10n ** 12n],
  ["B", 10n ** 9n],
  ["M", 10n ** 6n],
  ["K", 10n ** 3n],
];
const BINARY: Scale = [
  ["TiB", 1n << 40n],
  ["GiB", 1n << 30n],
  ["MiB", 1n << 20n],
  ["KiB", 1n << 10n],
];
const DECIMAL: Scale = [
  ["TB", 10n ** 12n],
  ["GB", 10n ** 9n],
  ["MB", 10n ** 6n],
  ["KB", 10n ** 3n],
];
const FLOPS: Scale = [
  ["PFLOP", 10n ** 15n],
  ["TFLOP", 10n ** 12n],
  ["GFLOP", 10n ** 9n],
  ["MFLOP", 10n ** 6n],
  ["KFLOP", 10n ** 3n],
];

function scaleOf(q: Quantity): { readonly scale: Scale; readonly base: string; readonly glued: boolean } {
  const perToken = q.unit.token === -1 ? " / token" : "";
  const rest = { ...q.unit, token: 0 };
  if (sameUnit(rest, inBytes))
    return { scale: q.decimal === true ? DECIMAL : BINARY, base: `bytes${perToken}`, glued: false };
  if (sameUnit(rest, inFlop)) return { scale: FLOPS, base: `FLOP${perToken}`, glued: false };
  return { scale: COUNTS, base: sameUnit(q.unit, unitless) ? "" : unitName(q.unit), glued: true };
}

/** `28.0 GiB`, `2.13 GFLOP / token`, `403.2M`; small counts exactly. `more` adds decimals. */
export function quantityText(q: Quantity, more = 0): string {
  if (sameUnit(q.unit, inSeconds)) return secondsText(q.value, more);
  const { base, glued } = scaleOf(q);
  const step = stepOf(q);
  if (step === undefined) {
    return `${exactText(q.value)}${base === "" ? "" : ` ${base}`}`;
  }
  const scaled = over(q.value, [step[1], 1n]);
  const suffix = q.unit.token === -1 && !glued ? `${step[0]} / token` : step[0];
  return `${rounded(scaled, more)}${glued ? "" : " "}${suffix}`;
}

/** The suffix and the unit that a quantity is shown in; undefined where it is shown as it is. */
function stepOf(q: Quantity): readonly [string, bigint] | undefined {
  const { scale, glued } = scaleOf(q);
  const size = q.value[0] < 0n ? -q.value[0] : q.value[0];
  if (glued && size < 10_000n * q.value[1]) return undefined;
  return scale.find(([, unit]) => size >= unit * q.value[1]);
}

/** Two quantities that differ, with as many decimals as it takes to see it; exact as the last resort. */
export function distinctTexts(a: Quantity, b: Quantity): readonly [string, string] {
  for (let more = 0; more <= 4; more++) {
    const texts = [quantityText(a, more), quantityText(b, more)] as const;
    if (texts[0] !== texts[1]) return texts;
  }
  const unit = unitName(a.unit);
  const suffix = unit === "a count" ? "" : ` ${unit}`;
  return [`${exactText(a.value)}${suffix}`, `${exactText(b.value)}${suffix}`];
}

/** A total and its terms in one unit: `28.0 GiB = activations 18.0 + weights 1.73`, the largest first. */
export function breakdownText(
  total: Quantity,
  terms: readonly { readonly label: string; readonly value: Rational }[],
): string {
  const step = stepOf(total);
  const parts = terms
    .filter((t) => t.value[0] !== 0n)
    .sort((a, b) => order(b.value, a.value))
    .map((t) => `${t.label} ${step ? rounded(over(t.value, [step[1], 1n]), 0) : exactText(t.value)}`);
  return `${quantityText(total)} = ${parts.join(" + ")}`;
}

/** One decimal from 10 on, two below, three below a tenth. */
function rounded(value: Rational, more: number): string {
  const size: Rational = value[0] < 0n ? [-value[0], value[1]] : value;
  const places = order(size, [10n, 1n]) >= 0 ? 1 : order(size, [1n, 10n]) >= 0 ? 2 : 3;
  return decimals(value, places + more);
}

function secondsText(value: Rational, more: number): string {
  const size: Rational = value[0] < 0n ? [-value[0], value[1]] : value;
  for (const [suffix, per] of [
    ["s", 1n],
    ["ms", 1000n],
    ["us", 1_000_000n],
  ] as const) {
    if (order(times(size, [per, 1n]), [1n, 1n]) >= 0)
      return `${rounded(times(value, [per, 1n]), more)} ${suffix}`;
  }
  return `${rounded(times(value, [10n ** 9n, 1n]), more)} ns`;
}
