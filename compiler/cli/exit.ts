import type { CodeName } from "../diagnostics/codes.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { type DataOf, Diagnostics, type Place } from "../diagnostics/sink.js";
import { refusedBecause } from "../emit/refused.js";
import { CannotWrite } from "../emit/replace-file.js";
import type { Sources } from "./print.js";

/** What the shell is told. */
export const exit = { clean: 0, violated: 1, wrong: 2, noData: 3, internal: 4 } as const;

export type ExitCode = (typeof exit)[keyof typeof exit];

/** Codes that say that something asked for is not there, though the question was right. */
const NO_DATA = new Set<string>(["usage/no-backend", "budget/no-data", "diff/no-merge-base"]);

/** The worst of the diagnostics decides; warnings leave it clean. A wrong spec outweighs a budget it breaks. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): ExitCode {
  const found = diagnostics.filter((d) => d.severity === "error").map((d) => d.code);
  // That there are very many says nothing of their kind.
  const codes = found.filter((code) => code !== "limit/errors");
  if (codes.length === 0) return exit.clean;
  if (codes.some((c) => c.startsWith("internal/"))) return exit.internal;
  if (codes.some((c) => !isViolation(c) && !NO_DATA.has(c))) return exit.wrong;
  return codes.some(isViolation) ? exit.violated : exit.noData;
}

function isViolation(code: string): boolean {
  return (
    code === "budget/exceeded" ||
    code === "budget/expectation" ||
    code === "diff/rise" ||
    code.startsWith("lint/")
  );
}

/** Ends a command with diagnostics; only the command line throws it, and only `main` catches it. */
export class Failure extends Error {
  constructor(
    readonly diagnostics: readonly Diagnostic[],
    /** Where their spans can be read again. */
    readonly sources: Sources = { source: () => undefined },
  ) {
    super(diagnostics.map((d) => d.message).join("; "));
  }
}

/** A failure with one problem. */
export function fail<K extends CodeName>(code: K, data: DataOf<K>, place?: Place): Failure {
  const sink = new Diagnostics();
  sink.report(code, data, place);
  return new Failure(sink.list);
}

/** What hindered the writing of a file, as a failure; other errors stay what they are: bugs. */
export function writeFailure(error: unknown, file: string): unknown {
  return error instanceof CannotWrite ? fail("usage/cannot-write", { file, why: error.message }) : error;
}

/** Standard output that did not take what was printed. */
export function lostOutput(error: Error): Failure {
  return fail("usage/output-lost", { why: refusedBecause(error) ?? error.message });
}
