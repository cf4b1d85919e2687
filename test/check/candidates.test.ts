import { describe, expect, it } from "vitest";
import { candidates, numbersIn } from "../../compiler/check/candidates.js";
import { checkProgram } from "../../compiler/check/check.js";
import { loadProgram } from "../../compiler/check/program.js";
import { limits } from "../../compiler/check/tracer.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";

describe("the numbers that an error names", () => {
  it("are whole, each once, in the order they stand", () => {
    expect(numbersIn("`k` as 32, `keys` as 16, and 32 again")).toEqual([32n, 16n]);
    expect(numbersIn("[8, 24] of 1.5, v2, 2x, 3 and x.4")).toEqual([8n, 24n, 3n]);
  });

  it("are eight at most, and none is beyond 15 digits", () => {
    expect(numbersIn(Array.from({ length: 20 }, (_, i) => i).join(" ")).length).toBe(8);
    expect(numbersIn(`${"9".repeat(16)} 7`)).toEqual([7n]);
  });
});

describe("candidates", () => {
  const side = (now: bigint, atHand: readonly bigint[], below: boolean) =>
    candidates(now, atHand)
      .filter((v) => v < now === below)
      .slice(0, 16);

  it("are never 0, nor the number itself, nor the same one twice", () => {
    for (const now of [0n, 1n, 2n, 7n, 32n, 50_257n, 2n ** 52n])
      for (const atHand of [[], [0n], [1n, now], [16n, 32n, 3n], [2n ** 49n, 5n]]) {
        const found = candidates(now, atHand);
        expect(found.every((v) => v > 0n && v !== now && v < 1n << 50n)).toBe(true);
        expect(new Set(found).size).toBe(found.length);
      }
  });

  it("hold what fits most often among the first 16 of a side", () => {
    // As many as there are.
    expect(side(32n, [32n, 16n, 256n], true)).toContain(16n);
    // Divisors of a width on both sides, and multiples of a step.
    expect(side(5n, [32n], true)).toContain(4n);
    expect(side(5n, [32n], false)).toContain(8n);
    expect(side(100n, [64n], false)).toContain(128n);
    expect(side(100n, [64n], true)).toContain(64n);
    expect(side(20n, [1000n, 20n], false)).toContain(25n);
    // What is lacking for a sum.
    expect(candidates(24n, [100n, 32n])).toContain(92n);
  });

  it("stand nearest first in each of their two parts", () => {
    const found = candidates(10n, [64n]);
    const distance = (v: bigint) => (v < 10n ? 10n - v : v - 10n);
    const falls = found.filter((v, i) => i > 0 && distance(v) < distance(found[i - 1]!));
    expect(falls.length).toBe(1);
    expect(found.slice(0, 2)).toEqual([9n, 11n]);
  });

  it("are few, whatever the numbers", () => {
    const many = [2n ** 40n, 999_983n, 720_720n, 1n, 2n, 3n, 5n, 7n];
    expect(candidates(500_000n, many).length).toBeLessThan(600);
  });
});

describe("the search for values that fit", () => {
  const library = createNodeHost(".");
  const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));
  const run = (text: string) => {
    const sink = new Diagnostics();
    const program = loadProgram(createMemoryHost({ "main.arch": text }, std), "main.arch", sink);
    checkProgram(program, sink);
    return { sink, trials: program.spent.trials };
  };
  const failing = (name: string, blocks: number, ffn: string) =>
    `model ${name} : decoder {\n vocab = 256\n seq = 64\n dim = 32\n heads = 4\n blocks ${blocks} {\n  attn = attention(heads, causal = true)\n  ffn = ${ffn} } }\n`;
  const pkm = (k: number) => `pkm(keys = 16, k = ${k}, key_dim = 8)`;
  const head = 'import { decoder } from "std"\n';

  it("ends at its budget for a file of many models that fail, and helps the first of them", () => {
    const models = Array.from({ length: 40 }, (_, i) => failing(`M${i}`, 12, pkm(17 + i)));
    const { sink, trials } = run(head + models.join(""));
    // The trial that is on its way when the budget is spent ends where the file's steps do.
    expect(trials).toBeLessThan(limits.trialsOfFirst + 5000);
    expect(sink.list.filter((d) => d.severity === "error").length).toBe(40);
    expect(sink.list[0]!.helps).toContain("`k = 16` fits");
  });

  it("spends no more on one error than its part", () => {
    const one = run(head + failing("M", 12, pkm(99)));
    expect(one.trials).toBeGreaterThan(0);
    expect(one.trials).toBeLessThan(limits.trialsOfError + limits.trialsOfFirst / 10);
    const deep = run(head + failing("M", 400, pkm(99)));
    expect(deep.trials).toBeLessThan(limits.trialsOfError + limits.trialsOfFirst / 3);
    expect(deep.sink.list.map((d) => d.code)).toContain("require/failed");
  });

  it("spends nothing where nothing is wrong, or no number would mend it", () => {
    expect(run(head + failing("M", 2, pkm(4))).trials).toBe(0);
    expect(run(head + failing("M", 2, "mpl()")).trials).toBe(0);
  });
});
