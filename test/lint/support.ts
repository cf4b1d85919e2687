import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.js";
import type { LintSettings } from "../../compiler/lint/index.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";

const library = createNodeHost(".");
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

/** What `archc lint` finds in a file beside `b.arch`, which has a layer `b`. */
export function findings(text: string, settings?: LintSettings): readonly Diagnostic[] {
  const files = { "a.arch": text, "b.arch": "layer b(x: [.. D]) -> [.. D] { return x }\n" };
  const service = createService(createMemoryHost(files, std));
  return service.lint("a.arch", settings).diagnostics;
}

/** The same as `NAME text under it`. */
export function lint(text: string, settings?: LintSettings): readonly string[] {
  return findings(text, settings).map((d) => {
    const under = d.span ? text.slice(d.span.start, d.span.end) : "";
    return `${d.code.replace(/^lint\//, "")} ${under}`;
  });
}

/** A small decoder that no rule objects to. */
export function decoder(
  options: { fields?: string; attn?: string; ffn?: string; more?: string } = {},
): string {
  const {
    fields = "vocab = 256\n  seq = 64\n  dim = 32\n  heads = 4",
    attn = "attention(heads, causal = true)",
    ffn = "mlp(hidden = 4 * dim)",
    more = "",
  } = options;
  return `import { decoder } from "std"
model Small : decoder {
  ${fields}
  blocks 3 {
    attn = ${attn}
    ffn  = ${ffn}
  }
  ${more}
}
`;
}
