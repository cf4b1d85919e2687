import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { essence, format, lineWidth } from "../../grammar/format.js";
import { parse } from "../../grammar/parse.js";
import { dump } from "./dump.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const numRuns = Number(process.env.RUNS ?? 200);

function specs(folder: string): string[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".arch"))
    .map((name) => join(folder, name));
}

const own = [...specs("compiler/layers"), ...specs("specs"), ...specs("test/cli/specs")];
const fixtures = ["test/grammar/fixtures", "test/check/fixtures", "test/parity/fixtures"].flatMap(specs);
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const samples = [...own, ...fixtures].map(read);

function tree(text: string): string | undefined {
  const sink = new Diagnostics();
  const file = parse(text, "a.arch", sink);
  return sink.hasErrors ? undefined : dump(file);
}

/** Formats a text without faults, and holds the result against all that is promised of it. */
function formatted(text: string): string {
  const sink = new Diagnostics();
  const result = format(text, "a.arch", sink);
  expect(sink.list).toEqual([]);
  if (result === undefined) throw new Error("not formatted");
  expect(essence(result)).toBe(essence(text));
  expect(withoutDocs(tree(result)!)).toBe(withoutDocs(tree(text)!));
  expect(format(result, "a.arch", sink)).toBe(result);
  expect(result).not.toMatch(/[ \t]$|^ *\t|\r/m);
  expect(`\n${result}`).not.toMatch(/\n\n\n|^\n\n|[{([]\n\n|\n\n *[})\]]|\n\n$/);
  return result;
}

/** A comment that moves to a line's end may document something else. */
const withoutDocs = (dumped: string): string => dumped.replace(/ doc=("(?:[^"\\]|\\.)*")/g, "");

describe("the repository's specs", () => {
  test.each(own)("%s is formatted", (file) => {
    expect(formatted(read(file))).toBe(read(file));
  });

  test.each([...own, ...fixtures])("%s keeps all it says, and no line is too wide", (file) => {
    for (const line of formatted(read(file)).split("\n")) {
      const code = line.replace(/\s*\/\/.*$/, "");
      if (!/"/.test(code)) expect(code.length, line).toBeLessThanOrEqual(lineWidth);
    }
  });
});

const fixture = (name: string): string =>
  readFileSync(new URL(`./fixtures/format/${name}`, import.meta.url), "utf8");
const pairs = readdirSync(new URL("./fixtures/format", import.meta.url))
  .filter((name) => name.endsWith(".in"))
  .map((name) => name.slice(0, -3));

test.each(pairs)("fixture %s", async (name) => {
  const result = formatted(fixture(`${name}.in`));
  await expect(result).toMatchFileSnapshot(`./fixtures/format/${name}.out`);
});

test("a file with syntax errors is refused, with its diagnostics", () => {
  const sink = new Diagnostics();
  expect(format("model M {\n  dim: 3\n", "a.arch", sink)).toBeUndefined();
  expect(sink.list.map((d) => d.code)).toEqual(["syntax/unclosed", "syntax/colon"]);
});

describe(`formatting keeps tokens and comments, and is idempotent (SEED=${seed})`, () => {
  test("whatever stood between the words", () => {
    const between = fc.constantFrom(
      "",
      " ",
      "   ",
      "\t",
      "\n",
      "\n\n\n",
      "\r\n",
      " // c\n",
      "\n// c\n",
      "\n\n  /// d\n\n",
    );
    const edit = fc.tuple(fc.nat(), between, fc.boolean());
    let changed = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(edit, { minLength: 1, maxLength: 12 }),
        (sample, edits) => {
          let text = sample;
          for (const [at, insert, cut] of edits) {
            const gaps = [...text.matchAll(/[ \n]+|(?<=[()[\]{},=+*])/g)];
            const gap = gaps[at % gaps.length]!;
            const next =
              text.slice(0, gap.index) + (cut ? "" : gap[0]) + insert + text.slice(gap.index + gap[0].length);
            if (tree(next) !== undefined) text = next;
          }
          if (text === sample) return;
          changed++;
          formatted(text);
        },
      ),
      { seed, numRuns },
    );
    expect(changed).toBeGreaterThan(numRuns / 2);
  });

  test("whatever words were changed, where the file is still right", () => {
    const words = [
      "x",
      "D",
      "1",
      "-",
      "not",
      "next",
      "..",
      "T -> S",
      "f(x)",
      "(a, b)",
      "[D, E = 3]",
      "? in 1..3",
      ",",
      "+",
      "{ }",
      "// c\n",
    ];
    let changed = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...words), fc.boolean()), { minLength: 1, maxLength: 8 }),
        (sample, edits) => {
          let text = sample;
          for (const [at, word, keep] of edits) {
            const all = [...text.matchAll(/[A-Za-z_]\w*|\d+|[()[\]{},=+*]/g)];
            const old = all[at % all.length]!;
            const next = `${text.slice(0, old.index)}${keep ? old[0] : ""} ${word} ${text.slice(old.index + old[0].length)}`;
            if (tree(next) !== undefined) text = next;
          }
          if (text === sample) return;
          changed++;
          formatted(text);
        },
      ),
      { seed, numRuns },
    );
    expect(changed).toBeGreaterThan(numRuns / 10);
  });
});

test("formats a file of comments alone in a moment", () => {
  const text = "// x\n".repeat(90_000);
  const began = performance.now();
  expect(format(text, "comments.arch", new Diagnostics())).toBe(text);
  // Searching the whole file for each comment's line took six seconds.
  expect(performance.now() - began).toBeLessThan(4000);
}, 60_000);
