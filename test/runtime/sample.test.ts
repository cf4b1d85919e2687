import { describe, expect, it } from "vitest";
import { random, type Sampling, sample } from "../../runtime/sample.js";

const logits = Float32Array.from([0, 1, 3, 2, 3, -1].map((x) => x / 2));
const shares = (weights: readonly number[]) => weights.map((w) => w / weights.reduce((a, b) => a + b));

/** How often each token is drawn. */
function drawn(sampling: Sampling, of = logits, count = 20_000): number[] {
  const counts = new Array<number>(of.length).fill(0);
  for (let i = 0; i < count; i++) counts[sample(of, sampling, i)]!++;
  return counts.map((c) => c / count);
}

/** Five standard deviations of a share. */
const near = (actual: readonly number[], wanted: readonly number[], count = 20_000) => {
  wanted.forEach((p, i) => {
    expect(Math.abs(actual[i]! - p), `token ${i}`).toBeLessThanOrEqual(5 * Math.sqrt((p * (1 - p)) / count));
  });
};

describe("random", () => {
  it("is known for a seed and a counter, whatever was drawn before", () => {
    expect(random(1, 5)).toBe(random(1, 5));
    expect(random(1, 5)).not.toBe(random(1, 6));
    expect(random(1, 5)).not.toBe(random(2, 5));
    expect(random(-3, 0)).toBeGreaterThanOrEqual(0);
  });

  it("is uniform, and has no serial correlation", () => {
    const xs = Array.from({ length: 40_000 }, (_, i) => random(7, i));
    const bins = new Array<number>(16).fill(0);
    for (const x of xs) bins[Math.floor(x * 16)]!++;
    near(
      bins.map((b) => b / xs.length),
      new Array(16).fill(1 / 16),
      xs.length,
    );
    let product = 0;
    for (let i = 1; i < xs.length; i++) product += (xs[i]! - 0.5) * (xs[i - 1]! - 0.5);
    expect(Math.abs((12 * product) / xs.length)).toBeLessThan(5 / Math.sqrt(xs.length));
    const seeds = Array.from({ length: 20_000 }, (_, seed) => random(seed, 0));
    expect(Math.abs(seeds.reduce((a, b) => a + b) / seeds.length - 0.5)).toBeLessThan(0.0103);
  });
});

describe("sample", () => {
  it("takes the likeliest token at temperature 0, the lowest among equals", () => {
    expect(sample(logits, {}, 0)).toBe(2);
    expect(sample(logits, { temperature: 0, seed: 9 }, 3)).toBe(2);
    expect(sample(logits, { temperature: 5, topK: 1 }, 3)).toBe(2);
  });

  it("draws by the softmax of the logits over the temperature", () => {
    for (const temperature of [0.5, 1, 3])
      near(drawn({ temperature, seed: 1 }), shares([...logits].map((x) => Math.exp(x / temperature))));
  });

  it("draws from the k likeliest, the lowest among equals first", () => {
    near(drawn({ temperature: 1, topK: 1 }), [0, 0, 1, 0, 0, 0]);
    near(drawn({ temperature: 1, topK: 2 }), [0, 0, 0.5, 0, 0.5, 0]);
    const three = drawn({ temperature: 1, topK: 3 });
    near(three, shares([0, 0, Math.exp(1.5), Math.exp(1), Math.exp(1.5), 0]));
    expect(three[1]).toBe(0);
    near(drawn({ temperature: 1, topK: 99 }), shares([...logits].map(Math.exp)));
  });

  it("draws from the likeliest that together reach p", () => {
    const uneven = Float32Array.from([0.5, 0.3, 0.15, 0.05].map(Math.log));
    near(drawn({ temperature: 1, topP: 0.4 }, uneven), [1, 0, 0, 0]);
    near(drawn({ temperature: 1, topP: 0.7 }, uneven), [0.625, 0.375, 0, 0]);
    near(drawn({ temperature: 1, topP: 1 }, uneven), [0.5, 0.3, 0.15, 0.05]);
    near(drawn({ temperature: 1, topP: 0.99, topK: 2 }, uneven), [0.625, 0.375, 0, 0]);
  });

  it("bears masked logits, and refuses NaN", () => {
    const masked = Float32Array.from([Number.NEGATIVE_INFINITY, 0, Number.NEGATIVE_INFINITY]);
    near(drawn({ temperature: 1 }, masked, 100), [0, 1, 0], 100);
    expect(() => sample(Float32Array.from([0, Number.NaN]), { temperature: 1 }, 0)).toThrow(
      "NaN as the logit of token 1",
    );
  });
});
