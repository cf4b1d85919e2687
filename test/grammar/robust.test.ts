import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import type { Span } from "../../grammar/ast.js";
import { parse } from "../../grammar/parse.js";

const folder = fileURLToPath(new URL("fixtures", import.meta.url));
const samples = [folder, join(folder, "errors")].flatMap((place) =>
  readdirSync(place)
    .filter((name) => name.endsWith(".arch"))
    .map((name) => readFileSync(join(place, name), "utf8")),
);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const numRuns = Number(process.env.RUNS ?? 300);

function isSpan(value: object): value is Span {
  return "start" in value && "end" in value && "file" in value;
}

/** Parses, and fails on a span outside the text or a tree deeper than later phases follow. */
function check(text: string): Diagnostics {
  const sink = new Diagnostics();
  const spans: Span[] = [];
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return;
    expect(depth).toBeLessThan(3000);
    if (isSpan(value)) spans.push(value);
    for (const child of Object.values(value)) visit(child, depth + 1);
  };
  visit(parse(text, "a.arch", sink), 0);
  for (const d of sink.list) {
    if (d.span !== undefined) spans.push(d.span);
    spans.push(...d.fixes.map((fix) => fix.span), ...d.labels.map((label) => label.span));
  }
  const bad = spans.filter((s) => !(s.start >= 0 && s.start <= s.end && s.end <= text.length));
  expect(bad).toEqual([]);
  return sink;
}

const words = [
  ..."(){}[],:;=.?<>-+*/%^!#\"'\n \\",
  "..",
  "..<",
  "->",
  "<=",
  "==",
  "//",
  "/*",
  "*/",
  "///",
  "\u0000",
];
const terms = [
  ..."ADTx17",
  "if",
  "then",
  "else",
  "for",
  "in",
  "weight",
  "next",
  "einsum",
  "blocks",
  "at",
  "16 gb",
];
const piece = fc.oneof(fc.constantFrom(...words), fc.constantFrom(...terms), fc.string({ maxLength: 3 }));
const units = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((c) => String.fromCharCode(c)) });

describe(`any text parses (SEED=${seed})`, () => {
  test("any string, lone surrogates and NUL included", () => {
    fc.assert(
      fc.property(units, (text) => void check(text)),
      { seed, numRuns },
    );
  });

  test("any sequence of tokens", () => {
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 60 }),
        fc.constantFrom("", " "),
        (parts, between) => void check(parts.join(between)),
      ),
      { seed, numRuns },
    );
  });

  test("an import without its file, at the end of the text", () => {
    expect(check("} from std").list.map((d) => d.code)).toContain("syntax/import-form");
    check("import std");
  });

  test("any mutation of the samples", () => {
    const edit = fc.tuple(fc.nat(), fc.nat(12), fc.oneof(fc.constant(""), piece));
    fc.assert(
      fc.property(
        fc.constantFrom(...samples),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        (sample, edits) => {
          let text = sample;
          for (const [at, cut, insert] of edits) {
            const start = at % (text.length + 1);
            text = text.slice(0, start) + insert + text.slice(start + cut);
          }
          check(text);
        },
      ),
      { seed, numRuns },
    );
  });
});

describe("hostile texts end quickly", () => {
  const many = 20_000;
  const hostile: Record<string, string> = {
    parentheses: "(".repeat(many),
    "nested calls": `layer a(x: [D]) -> [D] {\n y = ${"f(".repeat(many)}`,
    "nested braces": "if x {\n".repeat(many),
    closers: ")]}".repeat(many),
    lists: `fn a(x) = ${"[".repeat(many)}${"]".repeat(many)}`,
    "long sum": `fn a(x) = ${"x + ".repeat(many)}x`,
    "sum over lines": `fn a(x) = ${"x +\n".repeat(many)}x`,
    "unary operators": `fn a(x) = ${"-".repeat(many)}x`,
    "not chain": `fn a(x) = ${"not ".repeat(many)}x`,
    powers: `fn a(x) = ${"x ^ ".repeat(many)}x`,
    members: `fn a(x) = x${".y".repeat(many)}`,
    calls: `fn a(x) = f${"()".repeat(many)}`,
    "if chain": `fn a(x) = ${"if x then x else ".repeat(many)}x`,
    "else chain": `layer a(x: [D]) -> [D] {\n${"if x {\n}\nelse ".repeat(many)} { }\n}`,
    "faults in a list": `fn a(x) = [${"1 2, ".repeat(many)}]`,
    "faults in a call": `fn a(x) = f(${"1 2 ".repeat(many)})`,
    "faults in lines": "1 2\n".repeat(many),
    "faults in a line": "1 2 ".repeat(many),
    "long number": `fn a(x) = ${"9".repeat(many)}`,
    "long name": `model ${"a".repeat(many)} : ${"b".repeat(many)} { c: ${"d".repeat(many)} }`,
    commas: ",".repeat(many),
    semicolons: ";".repeat(many),
    quotes: '"'.repeat(many + 1),
    stars: "/*".repeat(many),
    docs: "/// a\n".repeat(many),
    headers: "model M\n  layer a\n}\n".repeat(many / 10),
    "lines of nothing but a colon": ":\n".repeat(30_000),
    "strange characters": "@ ".repeat(many),
    "strange words": "ö ä ".repeat(many),
    "a strange word": "aö".repeat(many),
    "conflicts that never end": "<<<<<<< \n".repeat(many),
    conflicts: "<<<<<<< a\n=======\n>>>>>>> b\n".repeat(many),
    "models of one name": "model M : M { }\n".repeat(many / 10),
  };

  test.each(Object.entries(hostile))("%s", (_, text) => {
    const start = performance.now();
    check(text);
    expect(performance.now() - start).toBeLessThan(5000);
  });

  test("a text of nothing but faults is left after many of them, which are said", () => {
    const codes = check(":\n".repeat(30_000)).list.map((d) => d.code);
    expect(new Set(codes)).toEqual(new Set(["syntax/expected"]));
    expect(codes.length).toBeGreaterThan(16);
  });

  test("nesting and length beyond the limits are said, not followed", () => {
    const codes = (text: string): string[] => check(text).list.map((d) => d.code);
    expect(codes(`fn a(x) = ${"(".repeat(200)}x${")".repeat(200)}`)).toEqual(["syntax/too-deep"]);
    expect(codes(`fn a(x) = ${"x + ".repeat(600)}x`)).toEqual(["syntax/too-deep"]);
    expect(codes(`fn a(x) = ${"(".repeat(140)}x${")".repeat(140)}`)).toEqual([]);
    expect(codes(`fn a(x) = ${"x + ".repeat(400)}x`)).toEqual([]);
    expect(codes("x".repeat(2 * 1024 * 1024))).toEqual(["syntax/too-large"]);
  });

  test("declarations beyond the limit are refused at the first of them", () => {
    const file = (n: number): string => {
      const rest = Array.from({ length: n - 4 }, (_, i) => `fn f${i}(x) = x\n`).join("");
      return `import { a } from "std"\nlayer l(\n  b: layer,\n  layer: count,\n) { }\nprofile p { }\nmodel M {\n  layer = 1\n  model = 2\n}\n${rest}`;
    };
    const sink = check(file(4096));
    expect(sink.list.map((d) => d.code)).not.toContain("syntax/too-many-declarations");
    const [found, ...others] = check(file(4097)).list;
    expect(others).toEqual([]);
    expect(found).toMatchObject({ code: "syntax/too-many-declarations", severity: "error" });
    const text = file(4097);
    expect(text.slice(found!.span!.start, found!.span!.end)).toBe("f4092");
    expect(found!.label).toContain("`f4092`");
  });
});
