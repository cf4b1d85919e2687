import { cleanUpOnSignals } from "../emit/unfinished.js";
import { main } from "./app.js";
import { exit, exitCodeOf, fail, lostOutput } from "./exit.js";
import { processIo } from "./io.js";
import { isTooOld, LEAST_NODE } from "./node-version.js";
import { printDiagnostics } from "./print.js";

/** Runs the command line of this process, and ends it with the command's exit code. */
export async function start(): Promise<void> {
  const io = processIo();
  if (isTooOld(process.versions.node)) {
    const old = fail("usage/old-node", { found: process.versions.node, least: LEAST_NODE });
    printDiagnostics(io, old.diagnostics, old.sources);
    process.exit(exit.wrong);
  }
  cleanUpOnSignals();

  /** A reader that went away (`archc cost x.arch | head`) is no error; a full disk behind `> file` is the user's. */
  const lost = (error: NodeJS.ErrnoException): void => {
    if (error.code === "EPIPE") process.exit(exit.clean);
    const { diagnostics, sources } = lostOutput(error);
    printDiagnostics(io, diagnostics, sources);
    process.exit(exitCodeOf(diagnostics));
  };
  process.stdout.on("error", lost);
  // Nobody is left to be told.
  process.stderr.on("error", () => undefined);

  const code = await main(process.argv.slice(2), io);
  // Backends may leave workers behind; what was printed goes out first.
  process.stdout.write("", () => {
    const { errored } = process.stdout;
    if (errored) lost(errored);
    else process.stderr.write("", () => process.exit(code));
  });
}
