/** An exact fraction `[numerator, denominator]`: lowest terms, denominator positive. */
export type Rational = readonly [bigint, bigint];

export function gcd(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a;
  let y = b < 0n ? -b : b;
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}

export function lcm(a: bigint, b: bigint): bigint {
  return a === b ? a : (a / gcd(a, b)) * b;
}

/** Lowest terms. Throws RangeError where the denominator is 0. */
export function rational(numerator: bigint, denominator: bigint): Rational {
  if (denominator === 1n) return [numerator, 1n];
  if (denominator === 0n) throw new RangeError("division by zero");
  const common = gcd(numerator, denominator);
  const sign = denominator < 0n ? -1n : 1n;
  return [(sign * numerator) / common, (sign * denominator) / common];
}

export function add(a: Rational, b: Rational): Rational {
  if (a[1] === 1n && b[1] === 1n) return [a[0] + b[0], 1n];
  return rational(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
}

export function multiply(a: Rational, b: Rational): Rational {
  if (a[1] === 1n && b[1] === 1n) return [a[0] * b[0], 1n];
  return rational(a[0] * b[0], a[1] * b[1]);
}

export function divide(a: Rational, b: Rational): Rational {
  return rational(a[0] * b[1], a[1] * b[0]);
}

export function power(a: Rational, exponent: number): Rational {
  if (exponent < 0) return power(rational(a[1], a[0]), -exponent);
  return [a[0] ** BigInt(exponent), a[1] ** BigInt(exponent)];
}

/** Towards minus infinity. */
export function floor([numerator, denominator]: Rational): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}

export function less(a: Rational, b: Rational): boolean {
  return a[0] * b[1] < b[0] * a[1];
}

/** log2, rounded up, of what is at least 1; 0 below. */
export function logBits([numerator, denominator]: Rational): bigint {
  let bits = 0n;
  while (denominator << bits < numerator) bits++;
  return bits;
}
