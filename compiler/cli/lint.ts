import { lstatSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { Verdict } from "../check/constraints.js";
import { columns } from "../columns.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { tally } from "../diagnostics/render.js";
import { safe } from "../diagnostics/render-text.js";
import { Diagnostics } from "../diagnostics/sink.js";
import type { Config } from "../lint/config.js";
import { CONFIG_FILE } from "../lint/config-file.js";
import { archcVersion } from "../version.js";
import { openAll, sourcesOf } from "./check.js";
import { exit, exitCodeOf, Failure, fail } from "./exit.js";
import { type OpenSpec, whyUnread } from "./open.js";
import { choice, wholeNumber } from "./options.js";
import { printDiagnostics, printGithub, printJson } from "./print.js";
import type { Session } from "./session.js";

interface Linted {
  readonly spec: OpenSpec;
  readonly verdicts: readonly Verdict[];
  readonly diagnostics: readonly Diagnostic[];
}

/** `text` is another word for `pretty`, as other commands call it. */
const FORMATS = ["pretty", "text", "json", "github", "sarif"] as const;

/** `archc lint SPEC…`: the verdict on every budget and expectation of the specs named, and the lint rules. */
export function lintCommand(session: Session): Command {
  return new Command("lint")
    .description("check every budget and expectation, and find mistakes that cost money or time")
    .argument("<spec...>", "files, folders or patterns (`specs/**/*.arch`)")
    .option("--format <format>", "how to print: pretty, json, github, sarif", "pretty")
    .option(
      "--max-warnings <n>",
      "exit with 1 if there are more warnings (default: the project's `lint.maxWarnings`)",
    )
    .action(async (files: string[], options: { format: string; maxWarnings?: string }) => {
      const format = choice("--format", options.format, FORMATS);
      const most =
        options.maxWarnings === undefined ? undefined : wholeNumber("--max-warnings", options.maxWarnings, 0);
      const specs = await openAll(files);
      const configs = await configsOf(specs);
      const results = specs.map((spec): Linted => {
        const { value, diagnostics } = spec.service.lint(spec.path, configs.get(spec.host.root));
        return { spec, verdicts: value ?? [], diagnostics };
      });
      const diagnostics = results.flatMap((r) => r.diagnostics);
      if (format === "json") {
        printJson(session.io, { verdicts: results.flatMap(rows) }, diagnostics, sourcesOf(results));
      } else if (format === "github") {
        for (const { spec, diagnostics: found } of results) printGithub(session.io, found, spec.sources);
      } else if (format === "sarif") session.io.out(await sarif(results));
      else printText(session, results);
      const limits = [...configs.values()].flatMap((c) =>
        c.maxWarnings === undefined ? [] : [c.maxWarnings],
      );
      const limit = most ?? (limits.length === 0 ? undefined : Math.min(...limits));
      const warnings = diagnostics.filter((d) => d.severity === "warning").length;
      session.code = exitCodeOf(diagnostics);
      if (limit !== undefined && warnings > limit) {
        session.io.err(`${warnings} warning${warnings === 1 ? "" : "s"}, but at most ${limit} allowed\n`);
        if (session.code === exit.clean) session.code = exit.violated;
      }
    });
}

/** The configuration of each project that the specs lie in, by its root; a wrong one ends the command. */
async function configsOf(specs: readonly OpenSpec[]): Promise<ReadonlyMap<string, Config>> {
  const configs = new Map<string, Config>();
  for (const { host, sources } of specs) {
    if (configs.has(host.root)) continue;
    const text = host.read(CONFIG_FILE);
    if (text === undefined) {
      // Whoever put it there would think that it holds.
      const path = join(host.root, CONFIG_FILE);
      if (isThere(path)) throw fail("config/unreadable", { why: whyUnread(path, host.root) });
      continue;
    }
    const { parseConfig } = await import("../lint/config.js");
    const sink = new Diagnostics();
    const config = parseConfig(text, CONFIG_FILE, sink);
    if (config === undefined) throw new Failure(sink.list, sources);
    configs.set(host.root, config);
  }
  return configs;
}

/** A link counts, wherever it leads. */
const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

async function sarif(results: readonly Linted[]): Promise<string> {
  const { toSarif } = await import("../diagnostics/render-sarif.js");
  const { lintRules, ruleOf } = await import("../lint/index.js");
  const sources = results.map(({ spec, diagnostics }) => ({
    file: spec.file,
    diagnostics,
    options: spec.sources,
  }));
  const about = (code: string) =>
    code.startsWith("lint/") ? lintRules.find((rule) => rule.name === ruleOf(code))?.about : undefined;
  return toSarif(sources, { version: archcVersion(), about });
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
  const found = results.flatMap((r) => r.diagnostics).filter((d) => d.code.startsWith("lint/"));
  const ruled = found.length === 0 ? "" : `lint rules: ${tally(found)}\n`;
  if (verdicts.length === 0) {
    io.out(`no budgets or expectations\n${ruled}`);
    return;
  }
  const body = verdicts.map((v) => [
    SIGNS[v.outcome],
    `${safe(v.file)} ${v.model}${v.profile === undefined ? "" : ` (${v.profile})`}`,
    safe(v.text),
    v.actual ?? "not available",
  ]);
  io.out(columns([["", "model", "constraint", "is"], ...body], [3]));
  const count = (outcome: Verdict["outcome"]) => verdicts.filter((v) => v.outcome === outcome).length;
  const unchecked = count("not checked");
  const rest = unchecked === 0 ? "" : `, ${unchecked} not checked`;
  io.out(`\n${count("held")} held, ${count("violated")} violated${rest}\n${ruled}`);
}
