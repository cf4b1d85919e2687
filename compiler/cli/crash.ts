import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { archcVersion } from "../version.js";

/** Writes what a bug report needs, and gives the file's path; undefined where not even that can be written. */
export function writeCrashReport(error: unknown, argv: readonly string[]): string | undefined {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const report = [
    `archc ${archcVersion()}, Node ${process.version}, ${process.platform} ${process.arch}`,
    `command: archc ${argv.join(" ")}`,
    "",
    detail,
    ...causes(error),
    "",
  ].join("\n");
  const path = join(tmpdir(), `archc-report-${process.pid}-${Date.now()}.txt`);
  try {
    writeFileSync(path, report);
    return path;
  } catch {
    return undefined;
  }
}

function causes(error: unknown): readonly string[] {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause === undefined) return [];
  const detail = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  return ["", `caused by: ${detail}`, ...causes(cause)];
}

/** A bug of ours as a diagnostic: one line and the path of the report. */
export function internalDiagnostic(error: unknown, argv: readonly string[]): Diagnostic {
  const sink = new Diagnostics();
  const what = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
  sink.report("internal/bug", { what, report: writeCrashReport(error, argv) });
  return sink.list[0]!;
}
