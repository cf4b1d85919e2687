#!/usr/bin/env node
import module from "node:module";
import { processIo } from "./io.js";

// From Node 22 on, compiled code is kept between runs.
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();
const { main } = await import("./app.js");

// A reader that went away (`archc cost x.arch | head`) is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const code = await main(process.argv.slice(2), processIo());
// Backends may leave workers behind; what was printed goes out first.
process.stdout.write("", () => process.stderr.write("", () => process.exit(code)));
