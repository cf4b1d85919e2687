import { Command } from "commander";
import type { Session } from "./app.js";
import { exitCodeOf } from "./exit.js";
import { open } from "./open.js";
import { choice, formatOption, modelOption } from "./options.js";
import { printDiagnostics, printJson } from "./print.js";

/** `archc graph FILE`: the graph's stable text form. */
export function graphCommand(session: Session): Command {
  return modelOption(new Command("graph"))
    .description("print a model's graph as text")
    .argument("<spec>", "an .arch file")
    .option("--part <part>", "start: whole sequences from nothing; step: continuing from states", "start")
    .addOption(formatOption(["text", "json"]))
    .action(async (file: string, options: { model?: string; part: string; format: string }) => {
      const part = choice("--part", options.part, ["start", "step"]);
      const format = choice("--format", options.format, ["text", "json"]);
      const spec = await open(file);
      const { value, diagnostics } = spec.service.graph(spec.path, { model: options.model, part });
      if (format === "json") {
        printJson(session.io, { part, graph: value ?? null }, diagnostics, spec.sources);
      } else {
        printDiagnostics(session.io, diagnostics, spec.sources);
        if (value !== undefined) session.io.out(value.endsWith("\n") ? value : `${value}\n`);
      }
      session.code = exitCodeOf(diagnostics);
    });
}
