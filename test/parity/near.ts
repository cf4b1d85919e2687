import { expect } from "vitest";
import type { HostTensor } from "../../runtime/model.js";

/**
 * Holds a tensor against the expected one: same dtype and shape, and no element further off than `tolerance` times
 * the larger of its own size and the root mean square of all. (An element near 0 is a difference of larger ones, so
 * its own size alone says nothing about the error that it may have.)
 */
export function expectNear(
  actual: HostTensor | undefined,
  expected: HostTensor,
  tolerance: number,
  what: string,
): void {
  expect(actual, what).toBeDefined();
  expect([actual!.dtype, ...actual!.shape], `${what}: dtype and shape`).toEqual([
    expected.dtype,
    ...expected.shape,
  ]);
  const wanted = Array.from(expected.data);
  const typical = Math.sqrt(wanted.reduce((sum, v) => sum + v * v, 0) / Math.max(1, wanted.length));
  let worst = 0;
  let at = 0;
  for (const [i, e] of wanted.entries()) {
    const a = actual!.data[i]!;
    if (a === e) continue;
    const off = Math.abs(a - e) / Math.max(Math.abs(e), typical);
    // NaN compares as not within any bound.
    if (!(off <= worst)) [worst, at] = [off, i];
    if (Number.isNaN(off)) break;
  }
  if (worst <= tolerance) return;
  expect.fail(
    `${what}: element ${at} is ${actual!.data[at]}, not ${wanted[at]} (off by ${worst.toExponential(1)}, allowed ${tolerance})`,
  );
}

/** What each row of an axis holds from `from` on, `count` of them: a tensor of its own. */
export function slice(tensor: HostTensor, axis: number, from: number, count: number): HostTensor {
  const { dtype, shape, data } = tensor;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const step = shape[axis]! * inner;
  const rows = Array.from({ length: data.length / step }, (_, row) =>
    Array.from(data.subarray(row * step + from * inner, row * step + (from + count) * inner)),
  );
  const kind = dtype === "f32" ? Float32Array : dtype === "i32" ? Int32Array : Uint8Array;
  return { dtype, shape: shape.with(axis, count), data: kind.from(rows.flat()) };
}
