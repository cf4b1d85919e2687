import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { format } from "../../grammar/format.js";
import { lex } from "../../grammar/lex.js";
import { parse } from "../../grammar/parse.js";
import { Reports } from "../../grammar/reports.js";
import * as t from "../../grammar/tokens.js";
import { dump } from "./dump.js";

const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const numRuns = Number(process.env.RUNS ?? 1000);

/** Every declaration of the library and of the specs, as a text of its own; the longest would only be slow. */
const declarations = ["compiler/layers", "specs", "test/grammar/fixtures", "test/check/fixtures"].flatMap(
  (folder) => {
    const path = fileURLToPath(new URL(`../../${folder}/`, import.meta.url));
    return readdirSync(path)
      .filter((name) => name.endsWith(".arch"))
      .flatMap((name) => {
        const text = readFileSync(`${path}${name}`, "utf8");
        const { items, imports } = parse(text, name, new Diagnostics());
        return [...items, ...imports].map(({ span }) => `${text.slice(span.start, span.end)}\n`);
      })
      .filter((text) => text.length < 4000 && tree(text) !== undefined);
  },
);

/** The tree without what documents it: a comment may come to stand above something else. */
function tree(text: string): string | undefined {
  const sink = new Diagnostics();
  const file = parse(text, "a.arch", sink);
  return sink.hasErrors ? undefined : dump(file).replace(/ doc=("(?:[^"\\]|\\.)*")/g, "");
}

/** Words and comments of a text, in their order. */
function words(text: string) {
  const { tokens, comments } = lex({ text, file: "", sink: new Reports(text), broken: new Set<number>() });
  return { tokens: tokens.filter((token) => token.tokenType !== t.Eol), comments };
}

/** Each comment, with how many words come before it, and whether it is alone on its line. Commas only lay out. */
function places(text: string) {
  const { tokens, comments } = words(text);
  const said = tokens.filter((token) => token.tokenType !== t.Comma);
  return comments.map(({ image, startOffset }) => ({
    image: image.trimEnd(),
    after: said.filter((token) => token.startOffset < startOffset).length,
    isAlone: /(^|\n)[ \t,]*$/.test(text.slice(0, startOffset)),
  }));
}

/** Puts comments between words: each at a gap, at the end of a line or on lines of its own. */
function commented(text: string, edits: readonly (readonly [number, string])[]): string {
  const gaps = [...words(text).tokens.map((token) => token.startOffset), text.length];
  const sorted = edits.map(([at, put]) => [gaps[at % gaps.length]!, put] as const).sort(([a], [b]) => b - a);
  return sorted.reduce((now, [at, put]) => now.slice(0, at) + put + now.slice(at), text);
}

const forms = [
  " // c\n",
  "\n// c\n",
  " //\n",
  "\n\n// c\n\n// d\n\n",
  "\n/// doc\n",
  " /// doc\n",
  ' // a "b" // {[( \n',
];

describe(`a comment between any two words (SEED=${seed})`, () => {
  test("is kept where it is, and nothing else changes", () => {
    let right = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...declarations),
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...forms)), { minLength: 1, maxLength: 5 }),
        (declaration, edits) => {
          const text = commented(declaration, edits);
          const meaning = tree(declaration);
          // A comment ends its line, so between some words it changes or breaks what is said.
          if (tree(text) !== meaning) return;
          right++;
          const sink = new Diagnostics();
          const once = format(text, "a.arch", sink)!;
          expect(sink.list.filter((d) => d.severity === "error")).toEqual([]);
          expect(tree(once)).toBe(meaning);
          expect(format(once, "a.arch", sink)).toBe(once);
          expect(places(once)).toEqual(places(text));
        },
      ),
      { seed, numRuns },
    );
    expect(right).toBeGreaterThan(numRuns / 4);
  });
});
