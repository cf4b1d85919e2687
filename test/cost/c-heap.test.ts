import { describe, expect, test } from "vitest";
import { CHeap } from "../../compiler/cost/c-heap.js";

const MiB = 2n ** 20n;

describe("what the C library holds", () => {
  test("large blocks come and go; one that went raises the size from which blocks do", () => {
    const heap = new CHeap();
    heap.give(heap.take(16n * MiB, true));
    heap.forget();
    expect(heap.peak).toBe(0n);
    // Of that size and below, what is freed under something that stays is not given back.
    const low = heap.take(8n * MiB, true);
    heap.take(MiB, true);
    heap.give(low);
    heap.forget();
    expect(heap.peak).toBe(9n * MiB);
  });

  test("an aligned block does not fit a hole of its size, another one does", () => {
    const peakWith = (aligned: boolean) => {
      const heap = new CHeap();
      heap.give(heap.take(16n * MiB, true));
      const low = heap.take(8n * MiB, true);
      heap.take(MiB, true);
      heap.give(low);
      heap.take(8n * MiB, aligned);
      return heap.peak;
    };
    expect(peakWith(false)).toBe(16n * MiB);
    expect(peakWith(true)).toBe(17n * MiB);
  });

  test("blocks above 32 MiB are always their own", () => {
    const heap = new CHeap();
    for (let i = 0; i < 3; i++) heap.give(heap.take(64n * MiB, true));
    heap.forget();
    expect(heap.peak).toBe(0n);
  });

  test("holes beside each other are one, and the end of the stretch is given back", () => {
    const heap = new CHeap();
    heap.give(heap.take(MiB, true));
    const blocks = Array.from({ length: 8 }, () => heap.take(MiB / 2n, true));
    const [first, second] = blocks as [(typeof blocks)[0], (typeof blocks)[0]];
    heap.give(first);
    heap.give(second);
    heap.take(MiB, false);
    expect(heap.peak).toBe(4n * MiB);
    for (const block of blocks.slice(2)) heap.give(block);
    heap.forget();
    expect(heap.peak).toBe(MiB);
  });
});
