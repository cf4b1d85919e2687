import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageFile } from "../package-file.js";

/** What `archc explain` says of one code. */
export interface Page {
  readonly code: string;
  /** Markdown without its heading. */
  readonly text: string;
}

/** A fenced block of a page. */
export interface Fence {
  /** The words behind the opening fence: `arch model error`. */
  readonly words: readonly string[];
  readonly text: string;
}

/** Every page: `explain/*.md` hold one under each heading of the second level. */
export function readPages(): ReadonlyMap<string, Page> {
  const folder = packageFile("compiler/diagnostics/explain");
  const pages = new Map<string, Page>();
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith(".md")) continue;
    const [, ...parts] = readFileSync(join(folder, name), "utf8").split(/^## /m);
    for (const part of parts) {
      const end = part.indexOf("\n");
      const code = part.slice(0, end).trim();
      pages.set(code, { code, text: part.slice(end).trim() });
    }
  }
  return pages;
}

export function fencesOf(markdown: string): readonly Fence[] {
  const found = markdown.matchAll(/^```([^\n]*)\n([\s\S]*?)^```$/gm);
  return [...found].map(([, words, text]) => ({ words: words!.split(" "), text: text! }));
}

const tiny = `import { decoder } from "std"

model Tiny : decoder {
  vocab = 256
  seq   = 64
  dim   = 32
  heads = 4
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp(act = gelu)
  }
}
`;

/** The whole file of an example: `arch model` shows lines of a variant of `Tiny`, `arch layer` lines of a layer. */
export function wholeExample({ words, text }: Fence): string {
  if (words.includes("model")) return `${tiny}\nmodel Mine : Tiny {\n${text}}\n`;
  if (words.includes("layer")) {
    const end = /^\s*return\b/m.test(text) ? "" : "  return x\n";
    return `layer mine(x: [.. T D]) -> [.. T D] {\n${text}${end}}\n`;
  }
  return words.includes("tiny") ? `${tiny}\n${text}` : text;
}
