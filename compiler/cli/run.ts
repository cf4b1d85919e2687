import { join } from "node:path";
import { Command } from "commander";
import type { GenerateOptions } from "../../runtime/generate.js";
import type { Manifest } from "../../runtime/manifest.js";
import type { TextTokenizer } from "../../runtime/tokenizer.js";
import { safe } from "../diagnostics/render-text.js";
import { learnedText } from "../learned-text.js";
import { fail } from "./exit.js";
import type { Io } from "./io.js";
import { inWords, loadModel, modelFolder, type Where, whereToRun } from "./model-folder.js";
import {
  choice,
  formatOption,
  modelOption,
  numberIn,
  parseAt,
  sizesOption,
  weightsOf,
  weightsOptions,
  wholeNumber,
} from "./options.js";
import { jsonText } from "./print.js";
import type { Session as Cli } from "./session.js";
import { namedTokenizer, tokenizerBeside } from "./tokenizer.js";

interface Options {
  readonly model?: string;
  readonly prompt: string;
  readonly tokenizer?: string;
  readonly target?: string;
  readonly backend?: string;
  readonly tokens: string;
  readonly at?: string;
  readonly seed: string;
  readonly weightsSeed: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly temperature?: string;
  readonly topK?: string;
  readonly topP?: string;
  readonly greedy?: boolean;
  readonly format: string;
}

/** `archc run DIR|FILE`: generates text, in the tokens of a tokenizer.json or byte by byte. */
export function runCommand(cli: Cli): Command {
  return weightsOptions(modelOption(new Command("run")))
    .description("generate text with a build, or with a spec, which is built into a cache first")
    .argument("<build>", "the folder of a build, or an .arch file")
    .option("--prompt <text>", "the text to continue, or `-` for standard input", "Once upon a time")
    .option(
      "--tokenizer <file>",
      "a tokenizer.json (default: the one beside `--weights` or in the build; if there is none, each byte is a token)",
    )
    .option("--target <target>", "onnx or tfjs (default: onnx, or tfjs where ONNX Runtime is not installed)")
    .option("--backend <name>", "tensorflow, webgpu, wasm, cpu or onnx (default: the fastest installed)")
    .option("--tokens <n>", "the number of tokens to generate", "64")
    .addOption(sizesOption("--at <counts>", "counts that the model takes as inputs: `latents=256`"))
    .option("--seed <n>", "the seed for sampling tokens", "0")
    .option("--weights-seed <n>", "the seed of a spec's initial weights", "0")
    .option("--temperature <t>", "divide the logits by this; 0 is greedy (default: 1)")
    .option("--top-k <k>", "sample from the k most likely tokens")
    .option("--top-p <p>", "sample from the most likely tokens that together reach this probability")
    .option("--greedy", "always take the most likely token")
    .addOption(formatOption(["text", "json"]))
    .action(async (argument: string, options: Options) => {
      const format = choice("--format", options.format, ["text", "json"]);
      const sampling = samplingOf(options);
      const seed = wholeNumber("--weights-seed", options.weightsSeed, 0);
      const where = await whereToRun(options.target, options.backend);
      const weights = weightsOf(options);
      const prompt = options.prompt === "-" ? await standardInput(cli.io) : options.prompt;
      // A slip in its name is told before a build takes its time.
      const file = options.tokenizer ?? (weights && tokenizerBeside(weights.file));
      const named = file === undefined ? undefined : await namedTokenizer(file);
      const folder = await modelFolder(argument, { model: options.model, seed, weights }, cli.io);
      const io = format === "json" ? { ...cli.io, out: () => undefined } : cli.io;
      const counts = Object.fromEntries(
        Object.entries(options.at === undefined ? {} : parseAt(options.at)).map(([name, value]) => [
          name,
          Number(value),
        ]),
      );
      const given = { tokenizer: named, counts };
      const result = await generateText(folder, where, prompt, sampling, io, given);
      if (format === "json") cli.io.out(`${jsonText({ version: 1, ...result })}\n`);
    });
}

type Sampling = Omit<GenerateOptions, "prompt">;

function samplingOf(options: Options): Sampling {
  const temperature =
    options.temperature === undefined
      ? undefined
      : numberIn("--temperature", options.temperature, (t) => t >= 0, "a number of at least 0");
  if (options.greedy === true && temperature !== undefined && temperature !== 0) {
    const want = "`--greedy` means a temperature of 0; remove one of the two options";
    throw fail("usage/bad-value", { option: "--temperature", value: options.temperature!, want });
  }
  return {
    tokens: wholeNumber("--tokens", options.tokens, 0),
    seed: wholeNumber("--seed", options.seed, 0),
    temperature: options.greedy === true ? 0 : (temperature ?? 1),
    topK: options.topK === undefined ? undefined : wholeNumber("--top-k", options.topK, 1),
    topP:
      options.topP === undefined
        ? undefined
        : numberIn("--top-p", options.topP, (p) => p > 0 && p <= 1, "a number above 0 and of at most 1"),
  };
}

/** What a run gave, and how fast. */
export interface Generated {
  readonly model: string;
  readonly target: "onnx" | "tfjs";
  readonly backend: string;
  readonly prompt: string;
  readonly tokens: readonly number[];
  readonly text: string;
  /** Seconds to load, to the first token, and for all tokens after it. */
  readonly seconds: { readonly load: number; readonly first: number; readonly rest: number };
}

/** Loads a build and continues a prompt, printing as it goes; the backend is named on standard error. */
export async function generateText(
  folder: string,
  where: Where,
  prompt: string,
  sampling: Sampling,
  io: Io,
  given: {
    readonly tokenizer?: TextTokenizer | undefined;
    readonly counts?: Readonly<Record<string, number>>;
  } = {},
): Promise<Generated> {
  const runtime = await import("../../runtime/index.js");
  const began = performance.now();
  const tokenizer = given.tokenizer ?? (await ownTokenizer(folder));
  const { model, manifest } = await loadModel(folder, where, io);
  const loaded = performance.now();
  const place = where.target === model.backend ? where.target : `${where.target} on ${model.backend}`;
  io.err(`${safe(manifest.model)}: ${place}, loaded in ${seconds(loaded - began)}\n`);
  io.err(safe(learnedText(manifest.learned ?? []), true));
  const session = new runtime.Session(model, manifest);
  session.counts = given.counts ?? {};
  const decoder = tokenizer ? new runtime.TokenDecoder(tokenizer) : new runtime.ByteDecoder();
  // A model may say anything, escape sequences included.
  const print = (text: string) => io.out(io.terminal ? safe(text, true) : text);
  const tokens: number[] = [];
  let text = "";
  let first = loaded;
  try {
    if (tokenizer) checkVocabulary(tokenizer, manifest);
    const options = tokenizer
      ? { prompt: tokenizer.encode(prompt), stop: tokenizer.ends }
      : { prompt: runtime.encodeBytes(prompt) };
    print(prompt);
    for await (const id of runtime.generate(session, { ...sampling, ...options })) {
      if (tokens.length === 0) first = performance.now();
      tokens.push(id);
      const part = decoder.push([id]);
      text += part;
      print(part);
    }
    const end = decoder.end();
    text += end;
    print(`${end}\n`);
  } catch (error) {
    throw await inWords(error, folder);
  } finally {
    await session.dispose();
  }
  const rest = performance.now() - first;
  const speed =
    tokens.length > 1 ? `, then ${((1000 * (tokens.length - 1)) / rest).toFixed(1)} tokens / s` : "";
  io.err(`first token after ${seconds(first - loaded)}${speed}\n`);
  return {
    model: manifest.model,
    target: where.target,
    backend: model.backend,
    prompt,
    tokens,
    text,
    seconds: { load: (loaded - began) / 1000, first: (first - loaded) / 1000, rest: rest / 1000 },
  };
}

export function seconds(milliseconds: number): string {
  return milliseconds < 950 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** A prompt from standard input; the line end that shells and editors put after it is no part of it. */
async function standardInput(io: Io): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of io.input()) {
    chunks.push(new Uint8Array(chunk));
    bytes += chunk.length;
    if (bytes > MAX_PROMPT)
      throw fail("usage/run-failed", { why: `the prompt has more than ${MAX_PROMPT} bytes` });
  }
  return Buffer.concat(chunks)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}

/** Longer than any context; what comes in without end is not kept. */
const MAX_PROMPT = 16 * 1024 * 1024;

/** The tokenizer that the build keeps; undefined where there is none. */
async function ownTokenizer(folder: string): Promise<TextTokenizer | undefined> {
  const { loadTokenizer, readManifest, TOKENIZER } = await import("../../runtime/index.js");
  try {
    const { files } = await readManifest(folder);
    return files.some((f) => f.name === TOKENIZER) ? await loadTokenizer(join(folder, TOKENIZER)) : undefined;
  } catch (error) {
    throw await inWords(error, folder);
  }
}

/** Ids beyond the model's vocabulary would read beside its table. */
function checkVocabulary(tokenizer: TextTokenizer, manifest: Manifest): void {
  const vocab = manifest.outputs.find((o) => o.name === "logits")?.shape[2];
  if (typeof vocab !== "number" || tokenizer.size <= vocab) return;
  const why = `the tokenizer has ${tokenizer.size} tokens, but \`${manifest.model}\` has a vocabulary of ${vocab}`;
  throw fail("usage/run-failed", { why });
}
