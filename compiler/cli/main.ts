#!/usr/bin/env node
import module from "node:module";
import { setFlagsFromString } from "node:v8";
import { processIo } from "./io.js";
import { isTooOld, LEAST_NODE } from "./node-version.js";

const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
// From Node 22 on, compiled code is kept between runs. Node 20 at least optimises later (its default is 132 KB): most
// commands end before optimised code pays for itself, and one of seconds notices nothing. The flag is the whole
// process's, so it is set here, where the process is ours, and never in the library.
if (enableCompileCache) enableCompileCache();
else setFlagsFromString("--interrupt-budget=1056000");
const { exit, exitCodeOf, fail, lostOutput } = await import("./exit.js");
const { printDiagnostics } = await import("./print.js");
const io = processIo();
if (isTooOld(process.versions.node)) {
  const old = fail("usage/old-node", { found: process.versions.node, least: LEAST_NODE });
  printDiagnostics(io, old.diagnostics, old.sources);
  process.exit(exit.wrong);
}
const [{ main }, { cleanUpOnSignals }] = await Promise.all([
  import("./app.js"),
  import("../emit/unfinished.js"),
]);
cleanUpOnSignals();

/** A reader that went away (`archc cost x.arch | head`) is no error; a full disk behind `> file` is the user's. */
function lost(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(exit.clean);
  const { diagnostics, sources } = lostOutput(error);
  printDiagnostics(io, diagnostics, sources);
  process.exit(exitCodeOf(diagnostics));
}

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
