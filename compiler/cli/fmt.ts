import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { safe } from "../diagnostics/render-text.js";
import { Diagnostics } from "../diagnostics/sink.js";
import { replaceText } from "../emit/replace-file.js";
import { MAX_FILE_BYTES } from "../node-host.js";
import { exit, exitCodeOf, Failure, fail, writeFailure } from "./exit.js";
import { expand, expandAll } from "./glob.js";
import { open } from "./open.js";
import { choice, formatOption } from "./options.js";
import { printDiagnostics, printJson } from "./print.js";
import type { Session } from "./session.js";

/** `archc fmt [FILE…]`: writes specs in the one layout that they have. */
export function fmtCommand(session: Session): Command {
  return new Command("fmt")
    .description("format specs: indentation, spaces, columns, line ends; comments and meaning stay the same")
    .argument(
      "[spec...]",
      "files, folders or patterns, or `-` for standard input (default: everything in this folder)",
    )
    .option("--check", "change nothing; exit with 1 if a file would change")
    .addOption(formatOption(["text", "json"]))
    .action(async (args: string[], options: { check?: true; format: string }) => {
      const check = options.check === true;
      const json = choice("--format", options.format, ["text", "json"]) === "json";
      if (args.includes("-")) {
        if (args.length > 1) {
          const why = "`-` reads one spec from standard input and cannot be combined with files";
          throw fail("usage/arguments", { why, usage: "archc fmt [options] [spec...]" });
        }
        session.code = await formatInput(session, check, json);
        return;
      }
      session.code = await formatFiles(session, filesOf(args), check, json);
    });
}

/** The files meant. Those with syntax errors stay as they are, and their diagnostics are told. */
async function formatFiles(
  { io }: Session,
  files: readonly string[],
  check: boolean,
  json: boolean,
): Promise<number> {
  const { format } = await import("../../grammar/format.js");
  const problems: Diagnostic[] = [];
  const texts = new Map<string, string>();
  const told: Told[] = [];
  for (const file of files) {
    const sink = new Diagnostics();
    let text: string;
    try {
      text = await textOf(file);
    } catch (error) {
      // One file that is no text leaves the others to be formatted.
      if (!(error instanceof Failure)) throw error;
      if (!json) printDiagnostics(io, error.diagnostics, error.sources);
      problems.push(...error.diagnostics);
      told.push({ file, state: "not read" });
      continue;
    }
    const formatted = format(unmarked(text), file, sink);
    if (!json) printDiagnostics(io, sink.list, { source: () => unmarked(text) });
    else if (sink.list.length > 0) texts.set(file, unmarked(text));
    problems.push(...sink.list);
    const state = stateOf(text, formatted, check);
    told.push({ file, state });
    if (formatted === undefined || formatted === text) continue;
    if (!check) {
      if ((await textOf(file)) !== text) {
        const why = "another program changed it meanwhile; run `archc fmt` again";
        throw fail("usage/cannot-write", { file, why });
      }
      await replaceText(file, formatted).catch((e: unknown) => Promise.reject(writeFailure(e, file)));
    }
    if (!json) io.out(`${state} ${safe(file)}\n`);
  }
  if (json) printJson(io, { files: told }, problems, { source: (file) => texts.get(file) });
  const counted = (state: Told["state"]): number => told.filter((t) => t.state === state).length;
  const changed = counted(check ? "would format" : "formatted");
  const rest = counted("unchanged");
  const unread = counted("not read");
  const parts = [
    `${count(changed)} ${check ? "to format" : "formatted"}`,
    `${count(rest)} unchanged`,
    ...(unread > 0 ? [`${count(unread)} skipped because of errors`] : []),
  ];
  if (!json) io.out(`${parts.join(", ")}\n`);
  const code = exitCodeOf(problems);
  return code === exit.clean && check && changed > 0 ? exit.violated : code;
}

interface Told {
  readonly file: string;
  readonly state: "unchanged" | "formatted" | "would format" | "not read";
}

function stateOf(text: string, formatted: string | undefined, check: boolean): Told["state"] {
  if (formatted === undefined) return "not read";
  if (formatted === text) return "unchanged";
  return check ? "would format" : "formatted";
}

function count(files: number): string {
  return `${files} ${files === 1 ? "file" : "files"}`;
}

async function formatInput({ io }: Session, check: boolean, json: boolean): Promise<number> {
  const { format } = await import("../../grammar/format.js");
  const text = decode(await whole(io.input()), "<stdin>");
  const sink = new Diagnostics();
  const formatted = format(unmarked(text), "-", sink);
  const sources = { source: () => unmarked(text), display: () => "<stdin>" };
  if (json) {
    const told = { file: "<stdin>", state: stateOf(text, formatted, check) };
    printJson(io, { files: [told], ...(check ? {} : { text: formatted ?? null }) }, sink.list, sources);
  } else printDiagnostics(io, sink.list, sources);
  if (formatted === undefined) return exitCodeOf(sink.list);
  if (check) {
    if (!json && formatted !== text) io.out("would format <stdin>\n");
    return formatted === text ? exit.clean : exit.violated;
  }
  if (!json) io.out(formatted);
  return exit.clean;
}

async function whole(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of input) {
    chunks.push(new Uint8Array(chunk));
    bytes += chunk.length;
    if (bytes > MAX_FILE_BYTES) {
      const why = `it has more than ${MAX_FILE_BYTES} bytes, the limit for a spec`;
      throw fail("usage/not-a-spec", { file: "<stdin>", why });
    }
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function filesOf(args: readonly string[]): readonly string[] {
  return args.length === 0 ? expand(".") : expandAll(args);
}

async function textOf(file: string): Promise<string> {
  await open(file);
  return decode(new Uint8Array(readFileSync(file)), file);
}

/** The text of a file's bytes; what is no UTF-8 would be lost in writing it back, and is refused. */
function decode(bytes: Uint8Array, file: string): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    throw fail("usage/not-a-spec", { file, why: "it is not UTF-8 text" });
  }
  throw fail("usage/not-a-spec", { file, why: "it contains NUL characters, so it is not text" });
}

/** Without the mark that some editors put before UTF-8; the layout has none. */
function unmarked(text: string): string {
  return text.replace(/^\ufeff/, "");
}
