import type { IToken } from "chevrotain";
import type { Expr, NumberLit, QuantityLit, Span } from "./ast.js";
import type { Source } from "./source.js";
import { nearUnit, suffixes, units } from "./units.js";

/** Digits before and after the point, and powers of ten, that a number may have. */
const maxDigits = 400;

const form = /^([\d_]*)(?:\.([\d_]+))?(?:[eE]([+-]?\d+))?([A-Za-z_]\w*)?$/;

interface Parts {
  readonly exact: readonly [bigint, bigint];
  readonly value: number;
  readonly whole: boolean;
  /** The letters glued to the digits, where they are no suffix that multiplies. */
  readonly glued: string | undefined;
  readonly digits: string;
}

function gcd(a: bigint, b: bigint): bigint {
  while (b !== 0n) [a, b] = [b, a % b];
  return a < 0n ? -a : a;
}

function fraction(numerator: bigint, denominator: bigint): readonly [bigint, bigint] {
  const g = gcd(numerator, denominator);
  return g === 0n ? [0n, 1n] : [numerator / g, denominator / g];
}

function split(image: string): Parts | undefined {
  // `80%`, which was told, is the number that was meant.
  if (image.endsWith("%")) return split(`${image.slice(0, -1)}e-2`);
  const match = form.exec(image);
  if (match === null) return undefined;
  const whole = (match[1] ?? "").replaceAll("_", "");
  const rest = (match[2] ?? "").replaceAll("_", "");
  const exponent = Number(match[3] ?? 0);
  if (whole.length + rest.length > maxDigits || Math.abs(exponent) > maxDigits) return undefined;
  const letters = match[4];
  const scale = letters === undefined ? 1n : suffixes.get(letters);
  const power = exponent - rest.length;
  const base = BigInt(whole + rest) * (scale ?? 1n);
  const exact =
    power >= 0 ? fraction(base * 10n ** BigInt(power), 1n) : fraction(base, 10n ** BigInt(-power));
  const plain = match[2] === undefined && match[3] === undefined;
  const zeros = (scale ?? 1n).toString().length - 1;
  return {
    exact,
    value: Number(`${whole}.${rest || "0"}e${exponent + zeros}`),
    whole: plain || (scale !== undefined && letters !== undefined && exact[1] === 1n),
    glued: scale === undefined ? letters : undefined,
    digits: image.slice(0, image.length - (letters?.length ?? 0)),
  };
}

function number(parts: Parts, span: Span): NumberLit {
  return { kind: "number", value: parts.value, exact: parts.exact, whole: parts.whole, span };
}

function quantity(parts: Parts, unit: string, written: string, span: Span): QuantityLit {
  const fact = units.get(unit)!;
  const exact = fraction(parts.exact[0] * fact.scale[0], parts.exact[1] * fact.scale[1]);
  return { kind: "quantity", exact, unit: fact.kind, written, span };
}

/**
 * A number token, with the unit word after it if there is one. Wrong units are reported and read as
 * what was meant, or as a count.
 */
export function buildNumber(source: Source, token: IToken, unit: IToken | undefined): Expr {
  const end = (unit ?? token).startOffset + (unit ?? token).image.length;
  const span: Span = { file: source.file, start: token.startOffset, end };
  const parts = split(token.image);
  if (parts === undefined) {
    source.sink.report("syntax/number", { written: token.image, limit: maxDigits }, { span });
    return { kind: "missing", span };
  }
  const word = unit?.image;
  if (parts.glued !== undefined) return gluedUnit(source, parts, parts.glued, span);
  if (word === undefined) return number(parts, span);
  if (units.has(word)) return quantity(parts, word, source.text.slice(span.start, span.end), span);
  return wrongUnit(source, parts, word, span);
}

/** `16GiB`, `400m`, `12layers` */
function gluedUnit(source: Source, parts: Parts, glued: string, span: Span): Expr {
  const { digits } = parts;
  const suffix = glued.toUpperCase();
  const exactUnit = units.has(glued) && !suffixes.has(suffix) ? glued : undefined;
  if (exactUnit === undefined && suffixes.has(suffix)) {
    const write = `${digits}${suffix}`;
    source.sink.report(
      "syntax/suffix",
      { written: `${digits}${glued}`, glued, write },
      {
        span,
        fixes: [{ title: `write \`${write}\``, span, replacement: write }],
      },
    );
    return number(split(write) ?? parts, span);
  }
  const unit = exactUnit ?? nearUnit(glued);
  if (unit === undefined) return wrongUnit(source, parts, glued, span);
  const write = `${digits} ${unit}`;
  source.sink.report(
    "syntax/glued-unit",
    { written: `${digits}${glued}`, write },
    {
      span,
      fixes: [{ title: `write \`${write}\``, span, replacement: write }],
    },
  );
  return quantity(parts, unit, write, span);
}

const spelled = new Map([
  ["thousand", "K"],
  ["million", "M"],
  ["billion", "B"],
  ["trillion", "T"],
]);

/** `16 gb`, `16 B`, `100 million`, `12 layers` */
function wrongUnit(source: Source, parts: Parts, word: string, span: Span): Expr {
  const { digits } = parts;
  const suffix = suffixes.has(word.toUpperCase()) ? word.toUpperCase() : spelled.get(word.toLowerCase());
  const near = nearUnit(word);
  if (suffix !== undefined) {
    const write = `${digits}${suffix}`;
    source.sink.report(
      "syntax/spaced-suffix",
      { written: `${digits} ${word}`, write, word },
      {
        span,
        fixes: [{ title: `write \`${write}\``, span, replacement: write }],
      },
    );
    // A word may have been meant otherwise, so no budget is checked with it.
    if (!suffixes.has(word.toUpperCase())) return { kind: "missing", span };
    return number(split(write) ?? parts, span);
  }
  if (near === undefined) {
    source.sink.report(
      "syntax/unknown-unit",
      { word, digits, write: undefined },
      {
        span,
        fixes: [{ title: `remove \`${word}\``, span, replacement: digits }],
      },
    );
    return { kind: "missing", span };
  }
  const write = `${digits} ${near}`;
  source.sink.report(
    "syntax/unknown-unit",
    { word, digits, write },
    {
      span,
      fixes: [{ title: `write \`${write}\``, span, replacement: write }],
    },
  );
  return quantity(parts, near, write, span);
}

/** The number or quantity that a quoted text such as `"400M"` spells, in source form; undefined for other texts. */
export function quotedNumber(text: string): string | undefined {
  const match = /^\s*([\d_]+(?:\.\d+)?(?:[eE][+-]?\d+)?)\s*([A-Za-z]*)\s*$/.exec(text);
  if (match === null) return undefined;
  const digits = match[1] ?? "";
  const word = match[2] ?? "";
  if (word === "") return digits;
  if (suffixes.has(word)) return digits + word;
  const unit = units.has(word) ? word : nearUnit(word);
  if (unit !== undefined) return `${digits} ${unit}`;
  return suffixes.has(word.toUpperCase()) ? digits + word.toUpperCase() : undefined;
}

/** The value of what `quotedNumber` returned. */
export function readQuoted(written: string, span: Span): Expr {
  const [digits = "", unit] = written.split(" ");
  const parts = split(digits);
  if (parts === undefined) return { kind: "missing", span };
  return unit === undefined ? number(parts, span) : quantity(parts, unit, written, span);
}
