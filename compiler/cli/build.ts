import { Command } from "commander";
import { columns } from "../columns.js";
import { safe } from "../diagnostics/render-text.js";
import { inBytes, quantityText } from "../dim/quantity.js";
import type { BuildOptions, Target } from "../emit/build.js";
import { learnedText } from "../learned-text.js";
import { exit, exitCodeOf } from "./exit.js";
import { open } from "./open.js";
import { choice, formatOption, modelOption, weightsOf, weightsOptions, wholeNumber } from "./options.js";
import { printDiagnostics, printJson } from "./print.js";
import { progress } from "./progress.js";
import type { Session } from "./session.js";
import { readBeside, readTokenizer } from "./tokenizer.js";

interface Options {
  readonly out: string;
  readonly model?: string;
  readonly seed: string;
  readonly target: string;
  readonly profile: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly tokenizer?: string;
  readonly format: string;
}

/** `archc build FILE -o DIR`: manifest, weights, and a program for each target. */
export function buildCommand(session: Session): Command {
  return weightsOptions(modelOption(new Command("build")))
    .description("build a model: write its weights, model.onnx, model.js and a manifest")
    .argument("<spec>", "an .arch file")
    .requiredOption("-o, --out <dir>", "the folder to write; an earlier build in it is replaced")
    .option("--seed <n>", "the seed of the initial weights", "0")
    .option(
      "--tokenizer <file>",
      "a tokenizer.json to store in the build, for `archc run` (default: the one beside `--weights`)",
    )
    .option("--target <targets>", "what to build: onnx, tfjs or onnx,tfjs", "onnx,tfjs")
    .option("--profile <name>", "the ONNX opset: default (20) or modern (23)", "default")
    .addOption(formatOption(["text", "json"]))
    .action(async (file: string, options: Options) => {
      const format = choice("--format", options.format, ["text", "json"]);
      const seed = wholeNumber("--seed", options.seed, 0);
      const profile: BuildOptions["profile"] = choice("--profile", options.profile, ["default", "modern"]);
      const targets = options.target
        .split(",")
        .map((t): Target => choice("--target", t.trim(), ["onnx", "tfjs"]));
      const spec = await open(file);
      const tokenizer =
        options.tokenizer === undefined
          ? await readBeside(options.weights, session.io)
          : await readTokenizer(options.tokenizer);
      const bar = progress(session.io, `weights of ${safe(file)}`);
      const { value, diagnostics } = await spec.service.build(spec.path, {
        model: options.model,
        out: options.out,
        seed,
        targets,
        profile,
        weights: weightsOf(options),
        tokenizer,
        progress: bar.step,
      });
      bar.end();
      session.code = exitCodeOf(diagnostics);
      if (value === undefined && session.code === exit.clean) session.code = exit.wrong;
      if (format === "json") {
        printJson(
          session.io,
          { out: value?.out ?? null, manifest: value?.manifest ?? null },
          diagnostics,
          spec.sources,
        );
        return;
      }
      printDiagnostics(session.io, diagnostics, spec.sources);
      if (value === undefined) return;
      const rows = value.manifest.files.map((f) => [f.name, sizeText(f.bytes), f.sha256.slice(0, 12)]);
      const learned = learnedText(value.manifest.learned ?? []);
      session.io.out(`${value.manifest.model} in ${safe(options.out)}\n${learned}${columns(rows, [1])}`);
    });
}

export function sizeText(bytes: number): string {
  return quantityText({ value: [BigInt(bytes), 1n], unit: inBytes });
}
