import type { Diagnostic } from "./diagnostic.js";
import { type JsonOptions, toJson } from "./render-json.js";
import { safe } from "./render-text.js";

/** Workflow commands that GitHub shows beside the lines of a pull request, one per line. */
export function toGithub(diagnostics: readonly Diagnostic[], options: JsonOptions): string {
  const rows = toJson(diagnostics, options).map((d) => {
    const at = d.place;
    const properties = [
      ...(at === null ? [] : [`file=${property(at.file)}`, `line=${at.line}`, `endLine=${at.endLine}`]),
      // GitHub takes columns only where the place lies in one line.
      ...(at !== null && at.line === at.endLine ? [`col=${at.column}`, `endColumn=${at.endColumn}`] : []),
      `title=${property(d.code)}`,
    ];
    const body = [
      d.message,
      ...(at === null || at.text === "" ? [] : [at.text]),
      ...d.notes.map((n) => `note: ${n}`),
      ...d.helps.map((h) => `help: ${h}`),
    ].join("\n");
    return `::${d.severity} ${properties.join(",")}::${data(safe(body, true))}`;
  });
  return rows.length === 0 ? "" : `${rows.join("\n")}\n`;
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(safe(text, true)).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
