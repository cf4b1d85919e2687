import { Command } from "commander";
import pc from "picocolors";
import { type CodeName, codes } from "../diagnostics/codes.js";
import { fencesOf, readPages, wholeExample } from "../diagnostics/pages.js";
import { CONFIG_FILE } from "../lint/config-file.js";
import { fail } from "./exit.js";
import { choice, formatOption } from "./options.js";
import { printJson } from "./print.js";
import type { Session } from "./session.js";

/** `archc explain CODE`: what a diagnostic means, why it is reported, and how to fix it. */
export function explainCommand(session: Session): Command {
  return new Command("explain")
    .description("explain what a diagnostic means and how to fix it, with an example")
    .argument(
      "[code]",
      "a code as printed, `shape/dim-mismatch`, or an area, `shape`; without one, lists all codes",
    )
    .addOption(formatOption(["text", "json"]))
    .action((given: string | undefined, options: { format: string }) => {
      const { io } = session;
      const known = Object.keys(codes);
      const format = choice("--format", options.format, ["text", "json"]);
      if (given === undefined && format === "json") {
        printJson(io, { codes: known.sort().map(rowOf) }, [], { source: () => undefined });
        return;
      }
      if (given === undefined) {
        io.out(`${known.sort().join("\n")}\n`);
        return;
      }
      const area = known.filter((code) => code.startsWith(`${given}/`)).sort();
      if (area.length > 0) {
        if (format === "json") printJson(io, { codes: area.map(rowOf) }, [], { source: () => undefined });
        else io.out(`${area.join("\n")}\n`);
        return;
      }
      const code = meant(given, known);
      if (code === undefined) throw fail("usage/unknown-code", { name: given, known });
      const text = readPages().get(code)?.text ?? "";
      if (format === "json") {
        const examples = fencesOf(text).map((f) => ({
          right: !f.words.includes("error"),
          text: wholeExample(f),
        }));
        printJson(io, { ...rowOf(code), text, examples }, [], { source: () => undefined });
        return;
      }
      const { bold, dim } = pc.createColors(io.color && io.terminal);
      io.out(`${bold(code)}\n\n${shown(text, dim)}\n`);
    });
}

/** A code and how much it weighs. */
function rowOf(code: string): { readonly code: string; readonly severity: string } {
  return { code, severity: codes[code as CodeName].severity };
}

/** The code itself, `error[code]`, or a code's last part where only one has it. */
function meant(given: string, known: readonly string[]): string | undefined {
  const name = (/\[(.+)\]/.exec(given)?.[1] ?? given).toLowerCase();
  if (known.includes(name)) return name;
  const ends = known.filter((code) => code.endsWith(`/${name}`));
  return ends.length === 1 ? ends[0] : undefined;
}

const where: Record<string, string> = { model: "in a model", layer: "in a layer" };

/** A page for a terminal: examples indented, and named by what they show. */
function shown(markdown: string, dim: (text: string) => string): string {
  return markdown.replace(/^```([^\n]*)\n([\s\S]*?)^```$/gm, (_, head: string, body: string) => {
    const words = head.split(" ");
    const place = words[0] === "json" ? `in ${CONFIG_FILE}` : (where[words[1] ?? ""] ?? "");
    const title = [words.includes("error") ? "wrong" : "right", place];
    const lines = body.trimEnd().split("\n");
    return [
      dim(`${title.filter((t) => t !== "").join(", ")}:`),
      ...lines.map((l) => `    ${l}`.trimEnd()),
    ].join("\n");
  });
}
