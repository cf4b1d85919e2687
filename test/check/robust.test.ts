import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { check, fixture } from "./support.js";

const spec = (name: string): string =>
  readFileSync(new URL(`../../specs/${name}.arch`, import.meta.url), "utf8");
const std = (name: string): string =>
  readFileSync(new URL(`../../compiler/layers/${name}.arch`, import.meta.url), "utf8");

/** Specs small enough to be traced many times, in words: names, numbers, operators. */
const small = `import { decoder } from "std"
model M : decoder { vocab = 16
 seq = 8
 dim = 8
 heads = 2
 blocks 2 { attn = attention(heads, causal = true)
  ffn = mlp(hidden = 2 * dim, act = gelu)
  at 1 { ffn = pkm(heads = 2, keys = 4, k = 2, key_dim = 4) } }
 budget { params.total <= 1M } }
`;
const texts = [
  small,
  spec("small"),
  fixture("hard-layers.arch"),
  std("attention"),
  std("pkm"),
  std("wiring"),
];
const words = (text: string): string[] => text.match(/\w+|\s+|[^\w\s]+/g) ?? [];
const seed = Number(process.env.SEED ?? Date.now() % 1e9);
const numRuns = Number(process.env.RUNS ?? 150);

/** Words of real specs dropped, doubled, swapped or replaced by words of others. */
const mutated = fc
  .tuple(
    fc.constantFrom(...texts),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom("drop", "double", "swap", "other", "number"), fc.nat()), {
      minLength: 1,
      maxLength: 5,
    }),
  )
  .map(([text, edits]) => {
    const list = words(text);
    const pool = words(texts.join("\n"));
    for (const [at, kind, by] of edits) {
      const i = at % list.length;
      if (kind === "drop") list.splice(i, 1);
      else if (kind === "double") list.splice(i, 0, list[i]!);
      else if (kind === "number") list[i] = String(by % 100);
      else if (kind === "other") list[i] = pool[by % pool.length]!;
      else {
        const j = by % list.length;
        [list[i], list[j]] = [list[j]!, list[i]!];
      }
    }
    return list.join("");
  });

describe("the checker is total", () => {
  it(`never throws on mutated specs (seed ${seed}, ${numRuns} runs)`, { timeout: 240_000 }, () => {
    fc.assert(
      fc.property(mutated, (text) => {
        const { problems } = check(text);
        for (const p of problems) expect(p.message.length).toBeGreaterThan(0);
      }),
      { seed, numRuns },
    );
  });
});
