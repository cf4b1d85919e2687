import { expect } from "vitest";

/** Holds numbers against expected ones: relative to the largest of them, NaN only where NaN is expected. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let scale = 0;
  for (const value of Array.from(expected))
    if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const [a, e] = [actual[i]!, expected[i]!];
    if (Object.is(a, e) || a === e) continue;
    const difference = Math.abs(a - e);
    if (!(difference <= tolerance * Math.max(scale, 1e-3)))
      expect.fail(`element ${i} is ${a}, not ${e} (difference ${difference}, largest ${scale})`);
  }
}
