import { Command } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { tally } from "../diagnostics/render.js";
import type { Session } from "./app.js";
import { exitCodeOf, fail } from "./exit.js";
import { expand, isPattern } from "./glob.js";
import { type OpenSpec, open } from "./open.js";
import { choice, formatOption } from "./options.js";
import { printDiagnostics, printGithub, printJson } from "./print.js";

/** Models of a file that its verdict names. */
const MOST_NAMES = 20;

/** `archc check FILE…`: every problem of the specs, their budgets included. */
export function checkCommand(session: Session): Command {
  return new Command("check")
    .description("find every problem of specs: text, names, shapes, budgets and expectations")
    .argument("<spec...>", "files, folders or patterns")
    .addOption(formatOption(["text", "json", "github"]))
    .action(async (files: string[], options: { format: string }) => {
      const format = choice("--format", options.format, ["text", "json", "github"]);
      const specs = await openAll(files);
      const results = specs.map((spec) => ({ spec, diagnostics: spec.service.diagnostics(spec.path) }));
      report(session, format, results);
      session.code = exitCodeOf(results.flatMap((r) => r.diagnostics));
    });
}

interface Result {
  readonly spec: OpenSpec;
  readonly diagnostics: readonly Diagnostic[];
}

function report({ io }: Session, format: "text" | "json" | "github", results: readonly Result[]): void {
  if (format === "json") {
    const files = results.map(({ spec }) => ({ file: spec.file, models: spec.service.models(spec.path) }));
    const diagnostics = results.flatMap((r) => r.diagnostics);
    printJson(io, { files }, diagnostics, sourcesOf(results));
    return;
  }
  for (const { spec, diagnostics } of results) {
    if (format === "github") printGithub(io, diagnostics, spec.sources);
    else printDiagnostics(io, diagnostics, spec.sources);
  }
  if (format === "github") return;
  for (const { spec, diagnostics } of results) {
    const models = [...new Set(spec.service.models(spec.path))];
    const more = models.length > MOST_NAMES ? ` and ${models.length - MOST_NAMES} more` : "";
    const names = models.length === 0 ? "no model" : `${models.slice(0, MOST_NAMES).join(", ")}${more}`;
    io.out(`${spec.file}: ${names}: ${diagnostics.length === 0 ? "no problems" : tally(diagnostics)}\n`);
  }
}

/** One lookup over specs of several roots: a file is read in the first that has it. */
export function sourcesOf(results: readonly Result[]): OpenSpec["sources"] {
  const first = results[0]?.spec.sources;
  const owner = (file: string) =>
    results.find((r) => r.diagnostics.some((d) => d.span?.file === file))?.spec.sources ?? first;
  return {
    source: (file) => owner(file)?.source(file),
    display: (file) => owner(file)?.display?.(file) ?? file,
  };
}

/** Every spec that the arguments name, each once. */
export async function openAll(args: readonly string[]): Promise<readonly OpenSpec[]> {
  const files = new Set<string>();
  for (const argument of args) {
    const found = expand(argument);
    if (found.length === 0 && isPattern(argument)) throw fail("usage/no-match", { pattern: argument });
    // A name that is no file goes on to `open`, which says so.
    for (const file of found.length === 0 ? [argument] : found) files.add(file);
  }
  return Promise.all([...files].map(open));
}
