import { realpathSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import type { ModelInstance } from "../check/instance.js";
import { replaceText } from "../emit/replace-file.js";
import { exitCodeOf, fail, writeFailure } from "./exit.js";
import { fittedTo } from "./fitted.js";
import { type OpenSpec, open } from "./open.js";
import {
  choice,
  formatOption,
  modelOption,
  parseAt,
  sizesOption,
  weightsOf,
  weightsOptions,
} from "./options.js";
import { jsonOf, printDiagnostics } from "./print.js";
import type { Session } from "./session.js";

interface Options {
  readonly model?: string;
  readonly part: string;
  readonly svg?: boolean;
  readonly out?: string;
  readonly at?: string;
  readonly weights?: string;
  readonly checkpoint?: string;
  readonly format: string;
}

/** `archc graph FILE`: the graph's stable text form, or a picture of the model. */
export function graphCommand(session: Session): Command {
  return weightsOptions(modelOption(new Command("graph")))
    .description("print a model's graph as text, or draw it as a picture")
    .argument("<spec>", "an .arch file")
    .option(
      "--part <part>",
      "start: whole sequences from scratch; step: continue from the saved states",
      "start",
    )
    .option(
      "--svg",
      "draw the model: its blocks and layers, their shapes and cost (also meant by `-o FILE.svg`)",
    )
    .addOption(sizesOption("--at <sizes>", "the sizes for the costs in a picture: `seq=128`"))
    .option("-o, --out <file>", "the file to write (default: standard output)")
    .addOption(formatOption(["text", "json"]))
    .action(async (file: string, options: Options) => {
      const part = choice("--part", options.part, ["start", "step"]);
      const format = choice("--format", options.format, ["text", "json"]);
      const picture = options.svg === true || /\.svg$/i.test(options.out ?? "");
      if (picture) {
        const want = "`--svg` always draws the whole model as SVG: remove one of the two options";
        if (part !== "start") throw fail("usage/bad-value", { option: "--part", value: part, want });
        if (format !== "text") throw fail("usage/bad-value", { option: "--format", value: format, want });
      } else if (options.at !== undefined) {
        const want = "only a picture (`--svg`) needs sizes; the text form keeps them symbolic";
        throw fail("usage/bad-value", { option: "--at", value: options.at, want });
      }
      const weights = weightsOf(options);
      const spec = await open(file);
      keepSpecs(spec, options.out);
      const fitted = await fittedTo(spec, options.model, weights);
      if (picture) {
        await draw(session, spec, options, fitted.instance);
        return;
      }
      const { value, diagnostics } = spec.service.graph(spec.path, { model: options.model, part, ...fitted });
      if (format === "json") {
        const text = jsonOf({ part, graph: value ?? null }, diagnostics, spec.sources);
        await emit(session, text, options.out);
      } else {
        printDiagnostics(session.io, diagnostics, spec.sources);
        if (value !== undefined)
          await emit(session, value.endsWith("\n") ? value : `${value}\n`, options.out);
      }
      session.code = exitCodeOf(diagnostics);
    });
}

async function draw(
  session: Session,
  spec: OpenSpec,
  options: Options,
  fitted: ModelInstance | undefined,
): Promise<void> {
  const at = options.at === undefined ? undefined : parseAt(options.at);
  const value = fitted ?? spec.service.instance(spec.path, options.model).value;
  const question = { model: options.model, at, instance: fitted };
  const { value: cost, diagnostics } = spec.service.cost(spec.path, question);
  printDiagnostics(session.io, diagnostics, spec.sources);
  session.code = exitCodeOf(diagnostics);
  if (value === undefined || cost === undefined) return;
  // Loaded when asked for: other commands start sooner.
  const [{ pictureOf }, { svgText }] = await Promise.all([
    import("../draw/picture.js"),
    import("../draw/svg.js"),
  ]);
  await emit(session, svgText(pictureOf(value, cost.point)), options.out);
}

/** A graph in the place of a spec would be a spec lost. */
function keepSpecs({ service, host, path }: OpenSpec, out: string | undefined): void {
  if (out === undefined) return;
  const real = (file: string): string | undefined => {
    try {
      return realpathSync(file);
    } catch {
      return undefined;
    }
  };
  service.models(path);
  const target = real(out);
  const isRead = service
    .texts()
    .some(([file]) => target !== undefined && real(join(host.root, file)) === target);
  if (!isRead && !/\.arch$/i.test(out)) return;
  const why = "that is the name of a spec, and a graph is not one; choose another name, such as `graph.txt`";
  throw fail("usage/cannot-write", { file: out, why });
}

/** To a file, whole or not at all, or to standard output. */
async function emit({ io }: Session, text: string, out: string | undefined): Promise<void> {
  if (out === undefined) io.out(text);
  else await replaceText(out, text).catch((error: unknown) => Promise.reject(writeFailure(error, out)));
}
