import { Command } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { tally } from "../diagnostics/render.js";
import { safe } from "../diagnostics/render-text.js";
import type { BuildOptions } from "../emit/build.js";
import { exitCodeOf, Failure, fail } from "./exit.js";
import { expandAll } from "./glob.js";
import { type OpenSpec, open } from "./open.js";
import { choice, formatOption, modelOption, weightsOf, weightsOptions } from "./options.js";
import { printDiagnostics, printGithub, printJson } from "./print.js";
import type { Session } from "./session.js";

/** Models of a file that its verdict names. */
const MOST_NAMES = 20;

interface Options {
  readonly model?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly format: string;
}

/** `archc check FILE…`: every problem of the specs, their budgets included. */
export function checkCommand(session: Session): Command {
  return weightsOptions(modelOption(new Command("check")))
    .description("find every problem in specs: syntax, names, shapes, budgets and expectations")
    .argument("<spec...>", "files, folders or patterns")
    .addOption(formatOption(["text", "json", "github"]))
    .action(async (files: string[], options: Options) => {
      const format = choice("--format", options.format, ["text", "json", "github"]);
      const weights = weightsOf(options);
      if (options.model !== undefined && weights === undefined) {
        const want = "it needs `--weights FILE`; without weights, all models are checked";
        throw fail("usage/bad-value", { option: "--model", value: options.model, want });
      }
      const specs = await openAll(files);
      if (weights !== undefined && specs.length > 1) {
        const want = `it belongs to one model, but you named ${specs.length} specs`;
        throw fail("usage/bad-value", { option: "--weights", value: weights.file, want });
      }
      const results = await Promise.all(
        specs.map(async (spec) => ({ spec, diagnostics: await problems(spec, options.model, weights) })),
      );
      report(session, format, results);
      session.code = exitCodeOf(results.flatMap((r) => r.diagnostics));
    });
}

/**
 * Every problem of a spec. With weights, the file must fit the model, and the model's budgets are held against what
 * the weights make of it.
 */
async function problems(
  { service, path }: OpenSpec,
  model: string | undefined,
  weights: BuildOptions["weights"],
): Promise<readonly Diagnostic[]> {
  if (weights === undefined) return service.diagnostics(path);
  const found = service.instances(path).diagnostics;
  if (found.some((d) => d.severity === "error")) return found;
  const { value, diagnostics } = await service.fitted(path, { model, weights });
  const more = diagnostics.filter((d) => !found.includes(d));
  return [...found, ...more, ...(value ? service.budgets(value).diagnostics : [])];
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
    const names = models.length === 0 ? "" : `${models.slice(0, MOST_NAMES).join(", ")}${more}: `;
    io.out(`${safe(spec.file)}: ${names}${diagnostics.length === 0 ? "no problems" : tally(diagnostics)}\n`);
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

/** Every spec that the arguments name, each once. Fails with all that cannot be opened. */
export async function openAll(args: readonly string[]): Promise<readonly OpenSpec[]> {
  const results = await Promise.allSettled(expandAll(args).map(open));
  const problems: Diagnostic[] = [];
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof Failure)) throw result.reason;
    problems.push(...result.reason.diagnostics);
  }
  if (problems.length > 0) throw new Failure(problems);
  return results.flatMap((r) => (r.status === "fulfilled" ? [r.value] : []));
}
