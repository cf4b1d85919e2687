import { Command, CommanderError } from "commander";
import { archcVersion } from "../version.js";
import { internalDiagnostic } from "./crash.js";
import { exit, exitCodeOf, Failure, fail } from "./exit.js";
import type { Io } from "./io.js";
import { printDiagnostics, printGithub, printJson } from "./print.js";
import type { Session } from "./session.js";

/** Runs one command line; never throws. The answer is the exit code: design §9. */
export async function main(words: readonly string[], io: Io): Promise<number> {
  const [first, ...rest] = words;
  // `archc help cost`, as other tools have it.
  const isHelp = first === "help" && (rest.length === 0 || Object.hasOwn(commands, rest[0]!));
  const argv = isHelp ? [...rest.slice(0, 1), "--help"] : first === "help" ? rest : words;
  const session: Session = { io, code: exit.clean };
  const program = await build(session, argv[0]);
  try {
    await program.parseAsync(argv, { from: "user" });
    return session.code;
  } catch (error) {
    const failure = error instanceof CommanderError ? usageFailure(error, program, argv) : error;
    if (failure === undefined) return exit.clean;
    const told =
      failure instanceof Failure
        ? failure
        : (failure as NodeJS.ErrnoException | null)?.syscall === "uv_cwd"
          ? fail("usage/no-folder", {})
          : new Failure([internalDiagnostic(failure, argv)]);
    await printFailure(told, argv, io);
    return exitCodeOf(told.diagnostics);
  }
}

/** In the order of the help. */
const commands: Readonly<Record<string, () => Promise<(session: Session) => Command>>> = {
  check: async () => (await import("./check.js")).checkCommand,
  fmt: async () => (await import("./fmt.js")).fmtCommand,
  explain: async () => (await import("./explain.js")).explainCommand,
  cost: async () => (await import("./cost.js")).costCommand,
  lint: async () => (await import("./lint.js")).lintCommand,
  diff: async () => (await import("./diff.js")).diffCommand,
  graph: async () => (await import("./graph.js")).graphCommand,
  build: async () => (await import("./build.js")).buildCommand,
  export: async () => (await import("./export.js")).exportCommand,
  run: async () => (await import("./run.js")).runCommand,
  backends: async () => (await import("./backends.js")).backendsCommand,
  demo: async () => (await import("./demo.js")).demoCommand,
};

async function build(session: Session, named: string | undefined): Promise<Command> {
  const program = new Command("archc")
    .description(
      "A compiler for model architectures: turns a short .arch spec into exact costs, a tfjs model and an ONNX model",
    )
    .version(archcVersion())
    .helpCommand(false);
  // A command that is named pays for no other.
  const meant = Object.hasOwn(commands, named ?? "") ? [commands[named!]!] : Object.values(commands);
  for (const load of meant) program.addCommand((await load())(session));
  program.addHelpText(
    "after",
    "\nExit codes: 0 success; 1 a budget, expectation or lint rule failed; 2 an error in the spec or the command;\n3 no data for what you asked; 4 a crash of archc.",
  );
  const quiet = { writeOut: (text: string) => session.io.out(text), writeErr: () => undefined };
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput(quiet).showSuggestionAfterError(false);
  for (const command of program.commands) refuseEmpty(command);
  // Without a command there is nothing to do but to say what there is.
  program.action(() => {
    const [name] = program.args;
    if (name === undefined) session.io.out(program.helpInformation());
    else throw fail("usage/unknown-command", { name, known: program.commands.map((c) => c.name()) });
  });
  program.allowExcessArguments();
  return program;
}

/** A value that is empty comes from a variable that is not set, and is never meant. */
function refuseEmpty(command: Command): void {
  for (const option of command.options)
    command.on(`option:${option.name()}`, (value: unknown) => {
      if (value !== "") return;
      const want = "give it a value, or leave it out";
      throw fail("usage/bad-value", { option: option.long ?? option.name(), value, want });
    });
}

/** What ends a command, in the form that its reader waits for: a machine is not helped by words beside an empty output. */
async function printFailure(
  { diagnostics, sources }: Failure,
  argv: readonly string[],
  io: Io,
): Promise<void> {
  const at = argv.findIndex((word) => word === "--format" || word.startsWith("--format="));
  const format = argv[at]?.split("=")[1] ?? argv[at + 1];
  if (at < 0) printDiagnostics(io, diagnostics, sources);
  else if (format === "json") printJson(io, {}, diagnostics, sources);
  else if (format === "github") printGithub(io, diagnostics, sources);
  else if (format === "sarif") {
    const { toSarif } = await import("../diagnostics/render-sarif.js");
    const file = argv.slice(1).find((word) => !word.startsWith("-")) ?? ".";
    io.out(toSarif([{ file, diagnostics, options: sources }], { version: archcVersion() }));
  } else printDiagnostics(io, diagnostics, sources);
}

/** Commander's complaint in our words; undefined for help and version, which are no complaint. */
function usageFailure(error: CommanderError, program: Command, argv: readonly string[]): Failure | undefined {
  if (error.exitCode === 0) return undefined;
  const command = program.commands.find((c) => argv.includes(c.name())) ?? program;
  const name = command === program ? "archc" : `archc ${command.name()}`;
  const quoted = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const [first = ""] = argv;
  if (command === program && first !== "" && !first.startsWith("-"))
    return fail("usage/unknown-command", { name: first, known: program.commands.map((c) => c.name()) });
  if (error.code === "commander.unknownOption") {
    const known = command.options.flatMap((o) => (o.long === undefined ? [] : [o.long]));
    return fail("usage/unknown-option", { name: quoted, command: name, known: [...known, "--help"] });
  }
  return fail("usage/arguments", { why: whyOf(error, name, quoted), usage: `${name} ${command.usage()}` });
}

/** What Commander complains of, in our words. */
function whyOf(error: CommanderError, command: string, quoted: string): string {
  const flag = /--[\w-]+/.exec(quoted)?.[0] ?? quoted;
  switch (error.code) {
    case "commander.optionMissingArgument":
      return `\`${flag}\` needs a value: \`${quoted}\``;
    case "commander.missingMandatoryOptionValue":
      return `\`${command}\` needs the option \`${quoted}\``;
    case "commander.missingArgument":
      return `\`${command}\` needs the argument \`<${quoted}>\``;
    default: {
      const why = error.message
        .replace(/^error: /, "")
        .replaceAll("'", "`")
        .replace(/\.$/, "");
      return why.charAt(0).toLowerCase() + why.slice(1);
    }
  }
}
