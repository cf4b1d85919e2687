/** The whole numbers that an error names: what fits is most often one of them, or made of two. */
export function numbersIn(text: string): readonly bigint[] {
  const found = [...text.matchAll(/(?<![\w.])\d{1,15}(?![\w.])/g)].map(([n]) => BigInt(n));
  return [...new Set(found)].slice(0, 8);
}

/**
 * Numbers to try in the place of one: first its neighbours, the numbers at hand and their divisors and multiples near it,
 * which fit most often; then sums and shares of these, powers of two, and steps that double. Both parts are sorted by
 * their distance from `now`. None is 0 or `now` itself.
 */
export function candidates(now: bigint, atHand: readonly bigint[]): readonly bigint[] {
  const likely = new Set<bigint>();
  const rest = new Set<bigint>();
  const addTo = (found: Set<bigint>) => (value: bigint) => {
    if (value > 0n && value !== now && value < 1n << 50n && !likely.has(value)) found.add(value);
  };
  const first = addTo(likely);
  const add = addTo(rest);
  const about = (value: bigint) => {
    for (const step of [-1n, 0n, 1n]) add(value + step);
  };
  for (let step = 1n; step <= 4n; step++) {
    first(now - step);
    first(now + step);
  }
  for (const a of atHand) {
    first(a);
    nearDivisors(a, now).forEach(first);
    if (a > 1n) {
      first(now - (now % a));
      first(now - (now % a) + a);
    }
  }
  for (const a of atHand) {
    about(a);
    for (const b of atHand) {
      if (a === b) continue;
      add(now + a - b);
      add(a + b);
      if (b > 0n) about((now * a) / b);
      if (b > 0n) about(a / b);
    }
  }
  for (let power = 2n; power <= 64n; power *= 2n) {
    add(now * power);
    add(now / power);
  }
  for (let power = 1n; power <= now * 2n && power > 0n; power *= 2n) if (power * 4n >= now) add(power);
  const distance = (v: bigint) => (v < now ? now - v : v - now);
  const nearestFirst = (a: bigint, b: bigint) => {
    const [x, y] = [distance(a), distance(b)];
    return x < y ? -1 : x > y ? 1 : a < b ? -1 : 1;
  };
  return [...[...likely].sort(nearestFirst), ...[...rest].sort(nearestFirst)];
}

/** The divisors next to `near` below and above it, those that a search of a few hundred numbers meets. */
function nearDivisors(of: bigint, near: bigint): readonly bigint[] {
  const result: bigint[] = [];
  for (const step of [-1n, 1n])
    for (let i = 0n, d = near + step; i < 256n && d > 0n && d <= of; i++, d += step)
      if (of % d === 0n) {
        result.push(d);
        break;
      }
  return result;
}
