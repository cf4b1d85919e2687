import { Command } from "commander";
import { type ConventionName, conventionNames } from "../cost/conventions.js";
import { runtimeNames } from "../cost/runtime-names.js";
import type { Stored } from "../cost/stored.js";
import { optimizers } from "../train/optimizer-names.js";
import { exit, exitCodeOf } from "./exit.js";
import { fittedTo } from "./fitted.js";
import { open } from "./open.js";
import {
  choice,
  formatOption,
  modelOption,
  parseAt,
  sizesOption,
  weightsOf,
  weightsOptions,
} from "./options.js";
import { jsonText, printDiagnostics, printJson } from "./print.js";
import type { Session } from "./session.js";

interface Options {
  readonly model?: string;
  readonly at?: string;
  readonly profile?: string;
  readonly by?: string;
  readonly convention?: string;
  readonly dtype?: string;
  readonly backend?: string;
  readonly train?: string | true;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly format: string;
}

/** `archc cost FILE`: every figure of a model at a point, exactly. */
export function costCommand(session: Session): Command {
  return weightsOptions(modelOption(new Command("cost")))
    .description("print a model's parameters, FLOPs and memory")
    .argument("<spec>", "an .arch file")
    .addOption(
      sizesOption("--at <sizes>", "run-time sizes: batch=1,seq=1024,past=0 (default: the model's own)"),
    )
    .option("--profile <name>", "use the sizes of a profile in the file")
    .option("--by <what>", "print only one table: block or op")
    .option(
      "--convention <name>",
      `count FLOPs the way another tool does: ${[...conventionNames, "all"].join(", ")}`,
    )
    .option("--dtype <type>", "store weights and activations as f32, f16, bf16 or int8 (weights only)")
    .option("--backend <name>", `also estimate the memory of a process on it: ${runtimeNames.join(", ")}`)
    .option("--train [optimizer]", `also cost a training step with ${optimizers.join(", ")} (default: adam)`)
    .addOption(formatOption(["text", "json"]))
    .action(async (file: string, options: Options) => {
      const format = choice("--format", options.format, ["text", "json"]);
      const by = options.by === undefined ? undefined : choice("--by", options.by, ["block", "op"]);
      const at = options.at === undefined ? undefined : parseAt(options.at);
      const conventions = conventionsOf(options.convention);
      const stored = options.dtype === undefined ? undefined : await dtypeOf(options.dtype);
      const backend =
        options.backend === undefined ? undefined : choice("--backend", options.backend, runtimeNames);
      const { train } = options;
      const optimizer = typeof train === "string" ? choice("--train", train, optimizers) : train && "adam";
      const weights = weightsOf(options);
      const spec = await open(file);
      const { model, profile } = options;
      const fitted = await fittedTo(spec, model, weights);
      const question = { model, profile, at, conventions, stored, backend, optimizer, ...fitted };
      const { value, diagnostics } = spec.service.cost(spec.path, question);
      session.code = exitCodeOf(diagnostics);
      if (value === undefined) {
        if (format === "json") printJson(session.io, {}, diagnostics, spec.sources);
        else printDiagnostics(session.io, diagnostics, spec.sources);
        if (session.code === exit.clean) session.code = exit.wrong;
        return;
      }
      const { costJson, costText } = await import("../cost/report-text.js");
      printDiagnostics(session.io, diagnostics, spec.sources);
      session.io.out(format === "json" ? `${jsonText(costJson(value))}\n` : costText(value, by));
    });
}

function conventionsOf(name: string | undefined): readonly ConventionName[] {
  if (name === undefined) return [];
  const chosen = choice("--convention", name, [...conventionNames, "all"]);
  return chosen === "all" ? conventionNames : [chosen];
}

async function dtypeOf(word: string): Promise<Stored> {
  const { storedNames, storedType } = await import("../cost/stored.js");
  return storedType(word) ?? choice("--dtype", word, storedNames as readonly Stored[]);
}
