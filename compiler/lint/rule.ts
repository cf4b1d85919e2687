import type { Verdict } from "../check/constraints.js";
import type { ModelInstance } from "../check/instance.js";
import type { Program } from "../check/program.js";
import type { CodeName } from "../diagnostics/codes.js";
import type { DataOf, Place } from "../diagnostics/sink.js";
import type { Comment } from "./comments.js";

export type Level = "off" | "warn" | "error";

/** Tells what a rule found; the code's words are in `diagnostics/codes/lint.ts`. */
export type Report = <K extends CodeName & `lint/${string}`>(code: K, data: DataOf<K>, place: Place) => void;

/** What rules look at: a spec's main file as it was read, and its models where they could be made. */
export interface LintContext {
  readonly program: Program;
  readonly text: string;
  readonly comments: readonly Comment[];
  readonly models: readonly ModelInstance[];
  readonly verdicts: readonly Verdict[];
  /** How many tokens the models will be trained on, where someone says so. */
  readonly dataTokens: bigint | undefined;
}

/** One thing that `archc lint` looks for in a spec's main file. It never throws, and places all it finds in that file. */
export interface LintRule {
  /** As in its code: `lint/NAME`. */
  readonly name: string;
  /** What is wrong with what it finds, in a line. */
  readonly about: string;
  /** Unless `archc.config.json` says otherwise. */
  readonly level: Level;
  /** Looks at models: it is silent where the spec does not compile. */
  readonly models?: boolean;
  check(context: LintContext, report: Report): void;
}
