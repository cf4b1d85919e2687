import { Command } from "commander";
import type { Verdict } from "../check/constraints.js";
import { columns } from "../columns.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { safe } from "../diagnostics/render-text.js";
import type { Session } from "./app.js";
import { openAll, sourcesOf } from "./check.js";
import { exit, exitCodeOf } from "./exit.js";
import type { OpenSpec } from "./open.js";
import { choice, formatOption } from "./options.js";
import { printDiagnostics, printGithub, printJson } from "./print.js";

interface Linted {
  readonly spec: OpenSpec;
  readonly verdicts: readonly Verdict[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `archc lint SPEC…`: the verdict on every budget and expectation of the specs named, and the lint rules. */
export function lintCommand(session: Session): Command {
  return new Command("lint")
    .description("evaluate every budget and expectation of specs, and look for what they leave unused")
    .argument("<spec...>", "files, folders or patterns (`specs/**/*.arch`)")
    .addOption(formatOption(["text", "json", "github"]))
    .action(async (files: string[], options: { format: string }) => {
      const format = choice("--format", options.format, ["text", "json", "github"]);
      const specs = await openAll(files);
      const results = specs.map((spec): Linted => {
        const { value, diagnostics } = spec.service.lint(spec.path);
        return { spec, verdicts: value ?? [], diagnostics };
      });
      const diagnostics = results.flatMap((r) => r.diagnostics);
      if (format === "json") {
        printJson(session.io, { verdicts: results.flatMap(rows) }, diagnostics, sourcesOf(results));
      } else if (format === "github") {
        for (const { spec, diagnostics: found } of results) printGithub(session.io, found, spec.sources);
      } else printText(session, results);
      const code = exitCodeOf(diagnostics);
      const ruled = diagnostics.some((d) => d.code.startsWith("lint/"));
      session.code = code === exit.clean && ruled ? exit.violated : code;
    });
}

function rows({ spec, verdicts }: Linted): readonly object[] {
  return verdicts.map((v) => ({
    file: spec.file,
    model: v.model,
    kind: v.kind,
    statedBy: v.statedBy,
    profile: v.profile ?? null,
    constraint: v.text,
    outcome: v.outcome,
    actual: v.actual ?? null,
    limit: v.limit ?? null,
    exact:
      v.exact === undefined ? null : { actual: fraction(v.exact.actual), limit: fraction(v.exact.limit) },
    at: v.at,
  }));
}

function fraction([numerator, denominator]: readonly [bigint, bigint]): bigint | string {
  return denominator === 1n ? numerator : `${numerator}/${denominator}`;
}

const SIGNS = { held: "ok", violated: "FAIL", "not checked": "??" } as const;

function printText({ io }: Session, results: readonly Linted[]): void {
  for (const { spec, diagnostics } of results) printDiagnostics(io, diagnostics, spec.sources);
  const verdicts = results.flatMap((r) => r.verdicts.map((v) => ({ ...v, file: r.spec.file })));
  if (verdicts.length === 0) {
    io.out("no budget or expectation\n");
    return;
  }
  const body = verdicts.map((v) => [
    SIGNS[v.outcome],
    `${v.file} ${v.model}${v.profile === undefined ? "" : ` (${v.profile})`}`,
    safe(v.text),
    v.actual ?? "not available",
  ]);
  io.out(columns([["", "model", "constraint", "is"], ...body], [3]));
  const count = (outcome: Verdict["outcome"]) => verdicts.filter((v) => v.outcome === outcome).length;
  const unchecked = count("not checked");
  const rest = unchecked === 0 ? "" : `, ${unchecked} not checked`;
  io.out(`\n${count("held")} held, ${count("violated")} violated${rest}\n`);
}
