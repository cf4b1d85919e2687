type Fraction = readonly [bigint, bigint];

const impossible: Fraction = [0n, 0n];

/** A manifest may come from anyone; sizes that archc writes have a few brackets and numbers of a few digits. */
const MAX_DEPTH = 200;
const MAX_BITS = 4096;

/**
 * The value of a size in archc's notation, as in a manifest: `12*seq^2 + past`, `floor((seq + 63)/64)`,
 * `max(seq, 64)`, `mod(seq, 3)`, `seq/(2*chunk)`. Exact in between. NaN if a name has no value, if the text is
 * not such an expression, or if it divides by 0.
 */
export function evaluateSize(text: string, sizes: Readonly<Record<string, number>>): number {
  const tokens = text.match(/[A-Za-z_]\w*|\d+|\S/g) ?? [];
  const reader = new Reader(tokens, sizes);
  const [numerator, denominator] = reader.sum();
  if (!reader.done || denominator === 0n) return Number.NaN;
  return numerator % denominator === 0n
    ? Number(numerator / denominator)
    : Number(numerator) / Number(denominator);
}

class Reader {
  private at = 0;
  private depth = 0;

  constructor(
    private readonly tokens: readonly string[],
    private readonly sizes: Readonly<Record<string, number>>,
  ) {}

  get done(): boolean {
    return this.at === this.tokens.length;
  }

  sum(): Fraction {
    if (this.depth === MAX_DEPTH) return impossible;
    this.depth++;
    const total = this.terms();
    this.depth--;
    return total;
  }

  private terms(): Fraction {
    const negative = this.take("-");
    let total = this.product();
    if (negative) total = times(total, [-1n, 1n]);
    for (;;) {
      if (this.take("+")) total = plus(total, this.product());
      else if (this.take("-")) total = plus(total, times(this.product(), [-1n, 1n]));
      else return total;
    }
  }

  private product(): Fraction {
    let total = this.power();
    for (;;) {
      if (this.take("*")) total = times(total, this.power());
      else if (this.take("/")) {
        const [numerator, denominator] = this.power();
        total = times(total, [denominator, numerator]);
      } else return total;
    }
  }

  private power(): Fraction {
    const base = this.atom();
    if (!this.take("^")) return base;
    const exponent = Number(this.tokens[this.at++]);
    if (!Number.isInteger(exponent) || exponent > 64) return impossible;
    if (Math.max(bits(base[0]), bits(base[1])) * exponent > MAX_BITS) return impossible;
    return reduce(base[0] ** BigInt(exponent), base[1] ** BigInt(exponent));
  }

  private atom(): Fraction {
    const token = this.tokens[this.at++] ?? "";
    if (/^\d/.test(token)) return token.length > MAX_BITS ? impossible : [BigInt(token), 1n];
    if (token === "(") {
      const inner = this.sum();
      return this.take(")") ? inner : impossible;
    }
    if (!/^[A-Za-z_]/.test(token)) return impossible;
    if (this.take("(")) {
      const args = [this.sum()];
      while (this.take(",")) args.push(this.sum());
      return this.take(")") ? apply(token, args) : impossible;
    }
    const value = Object.hasOwn(this.sizes, token) ? this.sizes[token] : undefined;
    return value !== undefined && Number.isInteger(value) ? [BigInt(value), 1n] : impossible;
  }

  private take(token: string): boolean {
    if (this.tokens[this.at] !== token) return false;
    this.at++;
    return true;
  }
}

function apply(name: string, args: readonly Fraction[]): Fraction {
  const [first, second] = args;
  if (!first || args.some((a) => a[1] === 0n)) return impossible;
  const less = (a: Fraction, b: Fraction) => a[0] * b[1] < b[0] * a[1];
  if (name === "max") return args.reduce((a, b) => (less(a, b) ? b : a));
  if (name === "min") return args.reduce((a, b) => (less(b, a) ? b : a));
  if (name === "floor" && !second) return [floor(first), 1n];
  if (name !== "mod" || !second || second[0] === 0n) return impossible;
  const quotient = floor(times(first, [second[1], second[0]]));
  return plus(first, times(second, [-quotient, 1n]));
}

function bits(value: bigint): number {
  return 4 * value.toString(16).length;
}

function floor([numerator, denominator]: Fraction): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}

function plus(a: Fraction, b: Fraction): Fraction {
  return reduce(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
}

function times(a: Fraction, b: Fraction): Fraction {
  return reduce(a[0] * b[0], a[1] * b[1]);
}

/** Lowest terms, denominator positive; a denominator of 0 stays 0 through all that follows. */
function reduce(numerator: bigint, denominator: bigint): Fraction {
  if (denominator === 0n) return impossible;
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  while (b !== 0n) [a, b] = [b, a % b];
  const common = denominator < 0n ? -a : a;
  return [numerator / common, denominator / common];
}
