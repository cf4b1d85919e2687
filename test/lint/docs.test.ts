import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parseConfig } from "../../compiler/lint/config.js";
import { lintRules } from "../../compiler/lint/index.js";
import { findings } from "./support.js";

const text = readFileSync(new URL("../../docs/lint.md", import.meta.url), "utf8");
const fences = (word: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${word}\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map((m) => m[1]!);

describe("docs/lint.md", () => {
  it("has a row for every rule, with its level and what it finds", () => {
    const rows = [...text.matchAll(/^\| `([\w-]+)` \| (\w+) \| (.*) \|$/gm)].map((m) => m.slice(1));
    expect(rows).toEqual(lintRules.map((r) => [r.name, r.level, r.about]));
  });

  it("shows a configuration that is one", () => {
    const sink = new Diagnostics();
    const config = parseConfig(fences("json")[0]!, "archc.config.json", sink);
    expect(sink.list).toEqual([]);
    expect(config).toMatchObject({ maxWarnings: 0, dataTokens: 300_000_000_000n });
  });

  it("shows a suppression and budgets that work as it says", () => {
    const [suppression = "", budgets = ""] = fences("arch");
    const rest = `  seq = 64\n  dim = 32\n  heads = 4\n  blocks 1 {
    attn = attention(heads, causal = true)
    ffn  = mlp(hidden = 4 * dim)\n  }\n`;
    const head = 'import { decoder } from "std"\n';
    expect(findings(`${head}${suppression}${rest}}\n`)).toEqual([]);
    const served = budgets.replace(/\n\}\n$/, `\n  vocab = 256\n${rest}}\n`);
    const found = findings(`${head}${served.replace("seq = 64", "seq = 1024")}`);
    expect(found.map((d) => [d.code, d.notes[0]])).toEqual([
      ["budget/exceeded", "serving cost must stay linear in the prompt"],
    ]);
  });
});
