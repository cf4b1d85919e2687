import type { Program } from "../check/program.js";
import type { CodeName } from "../diagnostics/codes.js";
import type { DataOf, Place } from "../diagnostics/sink.js";

/** Tells what a rule found; the code's words are in `diagnostics/codes/lint.ts`. */
export type Report = <K extends CodeName & `lint/${string}`>(code: K, data: DataOf<K>, place: Place) => void;

/** One thing that `archc lint` looks for in a spec's main file. It never throws, and never looks at other files. */
export interface LintRule {
  /** As in its code: `lint/NAME`. */
  readonly name: string;
  check(program: Program, report: Report): void;
}
