import { describe, expect, it } from "vitest";
import { checkProgram } from "../../compiler/check/check.js";
import { loadProgram } from "../../compiler/check/program.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";

const library = createNodeHost(".");
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

/** A model whose heads do not divide its width. */
const model = (name: string, dim: number) => `model ${name} : decoder {
  vocab = 256
  seq   = 64
  dim   = ${dim}
  heads = 4
  blocks 12 {
    attn = attention(heads, causal = true)
    ffn  = mlp()
  }
}
`;

function checked(...models: readonly string[]) {
  const text = `import { decoder } from "std"\n${models.join("\n")}`;
  const sink = new Diagnostics();
  const program = loadProgram(createMemoryHost({ "a.arch": text }, std), "a.arch", sink);
  checkProgram(program, sink);
  return { text, list: sink.list, trials: program.spent.trials };
}

describe("models of the same text under other names", () => {
  const one = checked(model("M", 30));
  const names = ["M", "Second", "TheThird", "D"];

  it("share what is tried for one of them", () => {
    expect(one.trials).toBeGreaterThan(1000);
    expect(checked(...names.map((name) => model(name, 30))).trials).toBe(one.trials);
    expect(checked(model("M", 30), model("N", 34)).trials).toBeGreaterThan(one.trials);
  });

  it("are told the same, each at its own places", () => {
    const { text, list } = checked(...names.map((name) => model(name, 30)));
    expect(list).toHaveLength(names.length);
    for (const [i, { helps, labels, fixes, span }] of list.entries()) {
      expect(helps).toEqual(one.list[0]!.helps);
      expect(helps[0]).toBe("`heads = 3` or `heads = 5` fits");
      const start = text.indexOf(`model ${names[i]} `);
      const own = (from: { start: number; end: number }) =>
        from.start > start && from.end < text.indexOf("\n}\n", start);
      const written = labels.filter((l) => l.span.file === "a.arch");
      expect(written.map((l) => text.slice(l.span.start, l.span.end))).toEqual(["4", "30"]);
      expect([span!, ...written.map((l) => l.span), ...fixes.map((f) => f.span)].every(own)).toBe(true);
      // The fix mends this model alone.
      const { start: from, end } = fixes[0]!.span;
      const mended = text.slice(0, from) + fixes[0]!.replacement + text.slice(end);
      const sink = new Diagnostics();
      checkProgram(loadProgram(createMemoryHost({ "a.arch": mended }, std), "a.arch", sink), sink);
      expect(sink.list.map((d) => own(d.span!))).toEqual([false, false, false]);
    }
  });
});
