/** What a product of two operands has to move before and after it, where it runs as a product of (stacks of) matrices. */
export interface Moves {
  /** Whether each operand is copied to another order. */
  readonly operands: readonly [boolean, boolean];
  readonly result: boolean;
}

type Size = (letter: string) => bigint;

/**
 * The cheapest way of running an einsum as one product: which operand comes first and how letters are grouped is free.
 * An operand whose last two groups are swapped costs nothing where `swaps` (the product reads it so).
 */
export function movesOf(equation: string, size: Size, swaps: boolean): Moves {
  const [left, output] = equation.replaceAll(" ", "").split("->") as [string, string];
  const long = (letters: string) => [...letters].filter((l) => size(l) !== 1n).join("");
  const [a, b] = left.split(",").map(long) as [string, string];
  const out = long(output);
  const shared = only(a, (l) => b.includes(l));
  const batch = only(shared, (l) => out.includes(l));
  const inner = only(shared, (l) => !out.includes(l));
  const [rows, columns] = [only(a, (l) => !shared.includes(l)), only(b, (l) => !shared.includes(l))];
  const count = (letters: string) => [...letters].reduce((product, l) => product * size(l), 1n);
  let best: Moves = { operands: [true, true], result: true };
  let least: bigint | undefined;
  for (const stack of orders(batch, a, b, out))
    for (const depth of orders(inner, a, b))
      for (const down of orders(rows, a, out))
        for (const across of orders(columns, b, out)) {
          for (const first of [true, false]) {
            const [p, q] = first ? [down + depth, depth + across] : [depth + down, across + depth];
            const [p2, q2] = first ? [depth + down, across + depth] : [down + depth, depth + across];
            const is = (letters: string, order: string, swapped: string) =>
              letters === stack + order || (swaps && letters === stack + swapped);
            const moves: Moves = {
              operands: [!is(a, p, p2), !is(b, q, q2)],
              result: out !== stack + (first ? down + across : across + down),
            };
            const price =
              (moves.operands[0] ? count(a) : 0n) +
              (moves.operands[1] ? count(b) : 0n) +
              (moves.result ? count(out) : 0n);
            if (least === undefined || price < least) [best, least] = [moves, price];
          }
        }
  return best;
}

function only(letters: string, keep: (letter: string) => boolean): string {
  return [...letters].filter(keep).join("");
}

/** The letters of a group in the orders in which they stand somewhere. */
function orders(group: string, ...places: readonly string[]): readonly string[] {
  return [...new Set(places.map((letters) => only(letters, (l) => group.includes(l))))];
}
