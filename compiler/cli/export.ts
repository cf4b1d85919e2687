import { existsSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { safe } from "../diagnostics/render-text.js";
import { sizeText } from "./build.js";
import { exit, exitCodeOf, fail } from "./exit.js";
import { inWords } from "./model-folder.js";
import { choice, formatOption } from "./options.js";
import { printDiagnostics, printJson } from "./print.js";
import { progress } from "./progress.js";
import type { Session } from "./session.js";

interface Options {
  readonly out: string;
  readonly checkpoint?: string;
  readonly format: string;
}

/** `archc export DIR -o FILE`: a build's weights as others name and lay them out. */
export function exportCommand(session: Session): Command {
  return new Command("export")
    .description("write a build's weights under the names of a `checkpoint`")
    .argument("<build>", "the folder of a build")
    .requiredOption("-o, --out <file>", "the .safetensors file to write")
    .option("--checkpoint <name>", "the checkpoint whose names to use; `archc` for the weights' own names")
    .addOption(formatOption(["text", "json"]))
    .action(async (folder: string, options: Options) => {
      const format = choice("--format", options.format, ["text", "json"]);
      if (!existsSync(join(folder, "manifest.json")))
        throw fail("usage/not-a-build", { folder, why: "it has no manifest.json" });
      const { readManifest } = await import("../../runtime/folder.js");
      const manifest = await readManifest(folder).catch(async (error: unknown) => {
        throw await inWords(error, folder);
      });
      const { exportWeights } = await import("../emit/export.js");
      const bar = progress(session.io, `weights of ${safe(manifest.model)}`);
      const { value, diagnostics } = await exportWeights({
        folder,
        manifest,
        out: options.out,
        checkpoint: options.checkpoint,
        progress: bar.step,
      });
      bar.end();
      session.code = exitCodeOf(diagnostics);
      if (value === undefined && session.code === exit.clean) session.code = exit.wrong;
      const sources = { source: () => undefined };
      if (format === "json") printJson(session.io, { exported: value ?? null }, diagnostics, sources);
      else printDiagnostics(session.io, diagnostics, sources);
      if (value === undefined || format === "json") return;
      session.io.out(
        `wrote ${value.tensors} tensors of ${safe(manifest.model)} (${safe(value.checkpoint)}) to ${safe(options.out)}, ${sizeText(value.bytes)}\n`,
      );
    });
}
