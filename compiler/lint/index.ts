import type { Verdict } from "../check/constraints.js";
import type { ModelInstance } from "../check/instance.js";
import type { Program } from "../check/program.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { commentsOf } from "./comments.js";
import type { Level, LintContext, LintRule, Report } from "./rule.js";
import { deadWeight } from "./rules/dead-weight.js";
import { expectSource } from "./rules/expect-source.js";
import { headSize } from "./rules/head-size.js";
import { idleTopk } from "./rules/idle-topk.js";
import { looseBudget } from "./rules/loose-budget.js";
import { missingBudget } from "./rules/missing-budget.js";
import { suppression } from "./rules/suppression.js";
import { tableSize } from "./rules/table-size.js";
import { unusedImport } from "./rules/unused-import.js";
import { unusedLayer } from "./rules/unused-layer.js";
import { unusedName } from "./rules/unused-name.js";
import { unusedParam } from "./rules/unused-param.js";
import { unusedProfile } from "./rules/unused-profile.js";
import { unusedSlot } from "./rules/unused-slot.js";
import { vocabSize } from "./rules/vocab-size.js";
import { width } from "./rules/width.js";
import { suppress } from "./suppressions.js";

/** All rules, in the order they run. */
export const lintRules: readonly LintRule[] = [
  headSize,
  width,
  vocabSize,
  idleTopk,
  tableSize,
  deadWeight,
  unusedImport,
  unusedProfile,
  unusedLayer,
  unusedParam,
  unusedName,
  unusedSlot,
  expectSource,
  missingBudget,
  looseBudget,
  suppression,
];

/** What a project decides about its lint: `archc.config.json`. */
export interface LintSettings {
  readonly levels?: Readonly<Record<string, Level>> | undefined;
  /** Tokens of training data, where a file's profiles do not say (`data = 300B`). */
  readonly dataTokens?: bigint | undefined;
}

export interface Linted {
  readonly program: Program;
  /** Of the main file. */
  readonly text: string;
  /** Does it compile? Else rules that look at models are silent. */
  readonly whole: boolean;
  readonly models: readonly ModelInstance[];
  readonly verdicts: readonly Verdict[];
}

/** What the rules find in a spec's main file, less what its comments suppress, at the levels of the settings. */
export function lint(spec: Linted, settings: LintSettings = {}): readonly Diagnostic[] {
  const comments = commentsOf(spec.text, spec.program.path);
  const dataTokens = profileTokens(spec.program) ?? settings.dataTokens;
  const context: LintContext = { ...spec, comments, dataTokens };
  const level = (rule: LintRule) => settings.levels?.[rule.name] ?? rule.level;
  const sink = new Diagnostics();
  const report: Report = (code, data, place) => sink.report(code, data, place);
  const ran = new Set<string>();
  for (const rule of lintRules) {
    if (level(rule) === "off" || (rule.models && !spec.whole)) continue;
    if (rule !== tableSize || dataTokens !== undefined) ran.add(rule.name);
    rule.check(context, report);
  }
  const known = lintRules.map((rule) => rule.name);
  const meta = new Diagnostics();
  const tell: Report = (code, data, place) => meta.report(code, data, place);
  const kept = suppress(sink.list, spec.text, comments, { known, ran }, tell);
  const told = level(suppression) === "off" ? [] : meta.list;
  const severe = new Set(lintRules.filter((rule) => level(rule) === "error").map((rule) => rule.name));
  return [...kept, ...told]
    .map((d): Diagnostic => (severe.has(ruleOf(d.code)) ? { ...d, severity: "error" } : d))
    .sort((a, b) => (a.span?.start ?? 0) - (b.span?.start ?? 0));
}

/** The rule that a code `lint/NAME` belongs to. */
export function ruleOf(code: string): string {
  const name = code.replace(/^lint\//, "");
  return name.startsWith("suppression-") ? "suppression" : name;
}

/** The largest `data` of the file's profiles. */
function profileTokens({ ast }: Program): bigint | undefined {
  const sizes = ast.items.flatMap((item) => {
    if (item.kind !== "profile") return [];
    return item.fields.flatMap(({ path, value }) => {
      const said = path.length === 1 && path[0]?.text === "data" && value.kind === "number" && value.whole;
      return said ? [value.exact[0]] : [];
    });
  });
  return sizes.length === 0 ? undefined : sizes.reduce((a, b) => (a > b ? a : b));
}
