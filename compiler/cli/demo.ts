import { relative } from "node:path";
import { Command } from "commander";
import { packageFile } from "../package-file.js";
import { exit, Failure } from "./exit.js";
import { modelFolder } from "./model-folder.js";
import { open } from "./open.js";
import { wholeNumber } from "./options.js";
import { printDiagnostics } from "./print.js";
import { generateText, seconds } from "./run.js";
import type { Session } from "./session.js";

const PROMPT = "A memory of product keys grows without a token paying for it: ";

/** `archc demo`, what `npm start` runs: the sample compiled, costed, and run on both targets. */
export function demoCommand(session: Session): Command {
  return new Command("demo")
    .description("compile the sample spec, print its cost and generate text on both targets")
    .option("--prompt <text>", "the text to continue", PROMPT)
    .option("--tokens <n>", "the number of tokens to generate on each target", "12")
    .action(async (options: { prompt: string; tokens: string }) => {
      await demo(session, options.prompt, wholeNumber("--tokens", options.tokens, 1));
    });
}

async function demo(session: Session, prompt: string, tokens: number): Promise<void> {
  const { io } = session;
  const heading = (text: string) => io.out(`\n== ${text}\n`);
  const began = performance.now();
  const file = sampleSpec();
  const spec = await open(file);
  const { diagnostics, value } = spec.service.verdicts(spec.path);
  heading(`check ${file} (${seconds(performance.now() - began)})`);
  printDiagnostics(io, diagnostics, spec.sources);
  for (const v of value ?? [])
    io.out(`${v.outcome}: ${v.text}${v.actual === undefined ? "" : ` (actual: ${v.actual})`}\n`);

  const model = "PkmLM";
  const cost = spec.service.cost(spec.path, { model });
  if (cost.value === undefined) throw new Failure(cost.diagnostics, spec.sources);
  const { costText } = await import("../cost/report-text.js");
  heading("cost");
  io.out(costText(cost.value, "block"));

  heading("build: one weight file for both targets");
  const building = performance.now();
  const folder = await modelFolder(file, { model, seed: 0 }, io);
  io.out(`${folder} (${seconds(performance.now() - building)})\n`);

  const results = [];
  const { whyAbsent } = await import("../../runtime/backends.js");
  const absent = await whyAbsent("onnx");
  if (absent !== undefined) {
    heading("run on onnx: left out");
    io.out(`${absent}\n`);
  }
  for (const target of absent === undefined ? (["onnx", "tfjs"] as const) : (["tfjs"] as const)) {
    heading(
      `run on ${target}: ${tokens} tokens, sampled from the top 50; the weights are untrained, so the text is random`,
    );
    const sampling = { tokens, temperature: 1, topK: 50, seed: 1 };
    results.push(await generateText(folder, { target, backend: undefined }, prompt, sampling, io));
  }
  if (absent !== undefined) return;
  const [onnx, tfjs] = results;
  const agree = onnx?.tokens.join() === tfjs?.tokens.join();
  heading(
    agree ? `both targets generated the same ${tokens} tokens` : "the targets generated different tokens",
  );
  io.out(`onnx: ${onnx?.tokens.join(" ")}\ntfjs: ${tfjs?.tokens.join(" ")}\n`);
  if (!agree) session.code = exit.internal;
}

/** The packed sample, named from the working folder. */
function sampleSpec(): string {
  return relative(process.cwd(), packageFile("specs/pkm-lm.arch"));
}
