import type { Program } from "../check/program.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import type { LintRule } from "./rule.js";
import { unusedImport } from "./unused-import.js";
import { unusedProfile } from "./unused-profile.js";

/** All rules, in the order they run. */
export const lintRules: readonly LintRule[] = [unusedImport, unusedProfile];

/** Runs every rule on a spec's main file. */
export function lint(program: Program, sink: Diagnostics): void {
  for (const rule of lintRules) {
    rule.check(program, (code, data, place) => sink.report(code, data, place));
  }
}
