import { describe, expect, it } from "vitest";
import { figure } from "../parity/models.js";

// As in parameters.test.ts, no number here is read off the specs.

describe("specs/llama.arch", () => {
  const [L, d, V, kv, hidden] = [22n, 2048n, 32_000n, 4n * 64n, 5632n];

  it("TinyLlama has the parameters of its checkpoint, which are those of the closed form", () => {
    const block = 2n * d * d + 2n * d * kv + 3n * d * hidden + 2n * d;
    expect(figure("specs/llama.arch", "TinyLlama", "params.total")).toBe(2n * V * d + L * block + d);
    expect(2n * V * d + L * block + d).toBe(1_100_048_384n);
  });

  it("takes 2 FLOPs for each weight of a product, and 4 d for each pair of positions in each block", () => {
    const weights = L * (2n * d * d + 2n * d * kv + 3n * d * hidden) + d * V;
    for (const seq of [1n, 7n, 2048n]) {
      const due = 2n * seq * weights + L * 4n * seq * seq * d;
      expect(figure("specs/llama.arch", "TinyLlama", "flops.forward", { batch: 1n, seq })).toBe(due);
    }
  });

  it("keeps keys and values of 4 heads of 64 in each block", () => {
    expect(figure("specs/llama.arch", "TinyLlama", "memory.cache", { batch: 1n, seq: 1n, past: 100n })).toBe(
      100n * L * 2n * kv * 4n,
    );
  });
});
