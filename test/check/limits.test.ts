import { describe, expect, it } from "vitest";
import { check } from "./support.js";

const layer = (body: string) => `layer f(x: [.. D]) -> [.. D] {\n${body}\n  return x\n}
model M { slot f: layer = f()\n  forward(x: [B T D = 4]) -> [B T D] { return f(x) } }`;

/** Specs that would never end, or never fit: each a clear word, soon. */
describe("every evaluation ends", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      "a billion blocks",
      'import { decoder } from "std"\nmodel M : decoder { vocab = 8\n seq = 8\n dim = 8\n heads = 2\n blocks 1_000_000_000 { attn = attention(heads)\n ffn = mlp() } }',
      "limit/blocks",
    ],
    ["a billion rounds", layer("  y = for i in 0 ..< 1_000_000_000 { i }"), "limit/rounds"],
    [
      "rounds within rounds",
      layer("  y = for i in 0 ..< 4000 { for j in 0 ..< 4000 { i * j } }"),
      "limit/steps",
    ],
    [
      "a count that is squared for ever",
      layer("  n = 3\n  y = for i in 0 ..< 4000 { n = n * n }"),
      "limit/count",
    ],
    ["a tower of powers", layer("  n = ((((2 ^ 60) ^ 60) ^ 60) ^ 60) ^ 60"), "limit/count"],
    [
      "a size that grows for ever",
      layer("  n = D + size(..)\n  y = for i in 0 ..< 4000 { n = n * n + size(..) }"),
      "limit/count",
    ],
    ["a layer inside itself", "layer f(x: [.. D]) -> [.. D] { return f(x) }", "layer/too-deep"],
    [
      "a function inside itself",
      "fn g(x) = g(x)\nlayer f(x: [.. D]) -> [.. D] { return g(x) }",
      "layer/too-deep",
    ],
    ["a model on itself", "model A : B { }\nmodel B : A { }", "model/cycle-of-bases"],
    ["division by zero", layer("  n = 4 / 0"), "count/divided-by-zero"],
    ["an axis of no size", layer("  weight w: [N = 0 - 1]"), "count/negative"],
  ];
  for (const [name, text, code] of cases) {
    it(name, () => {
      const started = performance.now();
      const { said } = check(text);
      expect(said.map((s) => s.split(":")[0])).toContain(code);
      expect(performance.now() - started).toBeLessThan(10_000);
    });
  }

  it("named stacks are told from counts", () => {
    const base = `model Two {
  blocks first { slot wiring: layer = identity() }
  blocks second 3 { slot wiring: layer = identity() }
  forward(x: [B T D = 4]) -> [B T D] { return second(first(x)) } }
`;
    const { said, models } = check(`${base}model M : Two { blocks first 2 }`);
    expect(said).toEqual([]);
    expect(models.get("M")?.blocks.map((b) => b.path)).toEqual([
      "first.0",
      "first.1",
      "second.0",
      "second.1",
      "second.2",
    ]);
  });
});
