import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { type RenderOptions, renderAll } from "../diagnostics/render.js";
import { toGithub } from "../diagnostics/render-github.js";
import { JSON_VERSION, toJson } from "../diagnostics/render-json.js";
import type { Io } from "./io.js";

export type Sources = Pick<RenderOptions, "source" | "display">;

/** For a person, on standard error. */
export function printDiagnostics(io: Io, diagnostics: readonly Diagnostic[], sources: Sources): void {
  io.err(renderAll(diagnostics, { ...sources, color: io.color, width: io.width }));
}

/** One object, diagnostics among its fields, on standard output. */
export function printJson(
  io: Io,
  fields: object,
  diagnostics: readonly Diagnostic[],
  sources: Sources,
): void {
  io.out(jsonOf(fields, diagnostics, sources));
}

/** What `--format json` writes: the fields, and the problems behind them. */
export function jsonOf(fields: object, diagnostics: readonly Diagnostic[], sources: Sources): string {
  const body = { version: JSON_VERSION, ...fields, diagnostics: toJson(diagnostics, sources) };
  return `${jsonText(body)}\n`;
}

export function printGithub(io: Io, diagnostics: readonly Diagnostic[], sources: Sources): void {
  io.out(toGithub(diagnostics, sources));
}

/** JSON with exact numbers: a bigint is a number up to 2^53 and a string of digits above. */
export function jsonText(value: unknown): string {
  const exact = (_: string, field: unknown) => {
    if (typeof field !== "bigint") return field;
    const safe = field <= BigInt(Number.MAX_SAFE_INTEGER) && field >= -BigInt(Number.MAX_SAFE_INTEGER);
    return safe ? Number(field) : field.toString();
  };
  return JSON.stringify(value, exact, 2);
}
