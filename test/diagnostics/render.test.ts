import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.js";
import { render, renderAll } from "../../compiler/diagnostics/render.js";
import { toGithub } from "../../compiler/diagnostics/render-github.js";
import { toJson } from "../../compiler/diagnostics/render-json.js";
import { expectGolden } from "../support/golden.js";

type Sources = Readonly<Record<string, string>>;

/** A span of the `nth` place where `text` stands in a file. */
function at(sources: Sources, file: string, text: string, nth = 0) {
  let start = -1;
  for (let i = 0; i <= nth; i++) start = sources[file]!.indexOf(text, start + 1);
  if (start < 0) throw new Error(`${file} has no ${text}`);
  return { file, start, end: start + text.length };
}

function problem(over: Partial<Diagnostic>): Diagnostic {
  const none = { label: "", labels: [], trace: [], notes: [], helps: [], fixes: [] };
  return {
    code: "test/case",
    severity: "error",
    message: "something is wrong",
    span: undefined,
    ...none,
    ...over,
  };
}

const golden = (name: string) => fileURLToPath(new URL(`./fixtures/${name}.txt`, import.meta.url));

function check(name: string, sources: Sources, diagnostics: readonly Diagnostic[], width?: number) {
  const options = { source: (file: string) => sources[file], color: false };
  expectGolden(renderAll(diagnostics, width === undefined ? options : { ...options, width }), golden(name));
}

const pkm: Sources = {
  "pkm.arch": [
    'import { decoder } from "std"',
    "",
    "model PkmLM : decoder {",
    "  vocab = 50_257",
    "  seq   = 1024",
    "  budget {",
    "    memory.train(adam, batch = 8) <= 16 GiB",
    "  }",
    "  blocks 12 {",
    "    attn = attention(",
    "      heads,",
    "      causal = true",
    "    )",
    "    ffn = swiglu(3)",
    "  }",
    "}",
  ].join("\n"),
  "my.arch":
    "layer swiglu(x: [.. D], hidden: count) -> [.. D] {\n  weight up: [D, hidden]\n  return x * up\n}\n",
};

describe("the terminal renderer", () => {
  it("lays a failed budget out as the design shows", () => {
    check("budget", pkm, [
      problem({
        code: "budget/exceeded",
        message: "`memory.train` is 28.0 GiB, 12.0 GiB over its budget",
        span: at(pkm, "pkm.arch", "memory.train(adam, batch = 8)"),
        label: "28.0 GiB = activations 18.0 + Adam 3.47",
        labels: [{ span: at(pkm, "pkm.arch", "16 GiB"), text: "the limit" }],
        notes: ["with `seq` as 1024 (pkm.arch:5), `batch` as 8"],
        helps: ["`seq = 512` gives 14.5 GiB; or recompute activations with `remat blocks`"],
      }),
    ]);
  });

  it("shows several lines, other files and the trace into a library layer", () => {
    const step = (text: string) => ({ span: at(pkm, "my.arch", "x * up"), text });
    check("files", pkm, [
      problem({
        message: "the axes of `x * up` do not meet",
        span: at(pkm, "pkm.arch", "swiglu(3)"),
        label: "in this call",
        labels: [
          { span: at(pkm, "pkm.arch", "vocab"), text: "far above" },
          { span: at(pkm, "my.arch", "up: [D, hidden]"), text: "declared here" },
        ],
        trace: [step("`hidden` is not in `[.. D]`")],
      }),
      problem({
        severity: "warning",
        message: "a warning with a long trace",
        span: at(pkm, "pkm.arch", "blocks"),
        trace: [1, 2, 3, 4, 5, 6].map((n) => step(`step ${n}`)),
        fixes: [{ title: "write it so", span: at(pkm, "pkm.arch", "blocks"), replacement: "blocks 12" }],
      }),
    ]);
  });

  it("draws spans of several lines with rails", () => {
    check("rails", pkm, [
      problem({
        span: at(
          pkm,
          "pkm.arch",
          pkm["pkm.arch"]!.slice(pkm["pkm.arch"]!.indexOf("attention("), pkm["pkm.arch"]!.indexOf("    ffn")),
        ),
        label: "this call",
        labels: [
          { span: at(pkm, "pkm.arch", "causal = true"), text: "this argument" },
          {
            span: at(
              pkm,
              "pkm.arch",
              pkm["pkm.arch"]!.slice(
                pkm["pkm.arch"]!.indexOf("blocks"),
                pkm["pkm.arch"]!.lastIndexOf("}") - 1,
              ),
            ),
            text: "in these blocks",
          },
        ],
      }),
    ]);
  });

  it("hangs labels that share a line, right to left", () => {
    const sources = { "a.arch": "y = einsum[.. T D, D H -> .. H](x, query)\n" };
    check("hanging", sources, [
      problem({
        span: at(sources, "a.arch", "D H"),
        label: "`D` is 12",
        labels: [
          { span: at(sources, "a.arch", "T D"), text: "`D` is 16" },
          { span: at(sources, "a.arch", "einsum"), text: "here" },
          { span: at(sources, "a.arch", "query"), text: "" },
        ],
      }),
    ]);
  });

  it("aligns tabs and wide characters, and cuts long lines", () => {
    const sources = {
      "wide.arch": `\tname\t= "漢字 ok é" + wrong // 語`,
      "long.arch": `x = ${"a + ".repeat(80)}wrong${" + b".repeat(80)}`,
    };
    check(
      "wide",
      sources,
      [
        problem({ span: at(sources, "wide.arch", "wrong"), label: "here" }),
        problem({ span: at(sources, "wide.arch", "字"), label: "one wide character" }),
        problem({ span: at(sources, "long.arch", "wrong"), label: "far to the right" }),
      ],
      72,
    );
  });

  it("passes nothing on that a terminal would obey", () => {
    const hostile = "\u001b[31mred\u001b]0;title\u0007 \u009b2J \u202egnol\u202c \u200b\r\0";
    const sources: Sources = { [`${hostile}.arch`]: `x = "${hostile}"` };
    const file = `${hostile}.arch`;
    const text = render(
      problem({
        message: hostile,
        span: { file, start: 4, end: 30 },
        label: hostile,
        labels: [{ span: { file, start: 0, end: 1 }, text: hostile }],
        trace: [{ span: { file, start: 0, end: 1 }, text: hostile }],
        notes: [hostile],
        helps: [`two\n${hostile}`],
        fixes: [{ title: hostile, span: { file, start: 0, end: 1 }, replacement: hostile }],
      }),
      { source: (f) => sources[f], color: false },
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
    expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u200b]/);
    expect(text).toContain("␛[31mred");
  });

  it("answers for any spans over any text", () => {
    const text = fc.string({ unit: "binary", maxLength: 60 });
    const span = fc.record({
      file: fc.constantFrom("a", "b"),
      start: fc.integer({ min: -3, max: 70 }),
      end: fc.integer({ min: -3, max: 70 }),
    });
    const label = fc.record({ span, text });
    fc.assert(
      fc.property(
        text,
        span,
        fc.array(label, { maxLength: 4 }),
        fc.array(label, { maxLength: 6 }),
        (source, main, labels, trace) => {
          const one = problem({ span: main, labels, trace });
          const out = render(one, {
            source: (file) => (file === "a" ? source : undefined),
            color: false,
            width: 40,
          });
          expect(out.startsWith("error[test/case]")).toBe(true);
          toJson([one], { source: () => source });
        },
      ),
      { numRuns: 300 },
    );
  });

  it("colours only when told to", () => {
    const one = problem({ span: at(pkm, "pkm.arch", "blocks") });
    const options = { source: (file: string) => pkm[file] };
    expect(render(one, { ...options, color: true })).toContain("\u001b[31m");
    expect(render(one, { ...options, color: false })).not.toContain("\u001b");
  });
});

describe("long remarks", () => {
  const noted = (note: string) =>
    render(problem({ message: "m", notes: [note] }), { source: () => undefined });

  it("shows a list of a model's tensors whole, and of a hostile file the first 2,000", () => {
    const tensors = (n: number) =>
      Array.from({ length: n }, (_, i) => `  layers.${i}.weight: expected [64, 64]`);
    const all = tensors(1500);
    const shown = noted(["missing:", ...all].join("\n"));
    for (const line of all) expect(shown).toContain(line);
    const cut = noted(["missing:", ...tensors(5000)].join("\n"));
    expect(cut).toContain("layers.1998.weight");
    expect(cut).not.toContain("layers.1999.weight");
    expect(cut).toContain("… and 3001 more; `--format json` has all of them");
  });

  it("leaves out the middle of a line without end", () => {
    expect(noted("x".repeat(10_000)).length).toBeLessThan(2200);
    expect(noted(`list:\n${"x".repeat(10_000)}`).length).toBeLessThan(600);
  });
});

describe("renderers for machines", () => {
  const one = problem({
    message: "100% wrong,\nreally",
    span: at(pkm, "pkm.arch", "seq   = 1024"),
    label: "here: now",
    helps: ["write `seq = 512`"],
  });
  const options = { source: (file: string) => pkm[file], display: (file: string) => `specs/${file}` };

  it("gives GitHub one escaped row", () => {
    expect(toGithub([one], options)).toBe(
      "::error file=specs/pkm.arch,line=5,endLine=5,col=3,endColumn=15,title=test/case::" +
        "100%25 wrong,%0Areally%0Ahere: now%0Ahelp: write `seq = 512`\n",
    );
  });

  it("gives lines, columns and offsets as data", () => {
    const [row] = toJson([one], options);
    expect(row?.place).toEqual({
      file: "specs/pkm.arch",
      line: 5,
      column: 3,
      endLine: 5,
      endColumn: 15,
      start: one.span!.start,
      end: one.span!.end,
      text: "here: now",
    });
  });
});
