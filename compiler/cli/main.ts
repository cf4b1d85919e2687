#!/usr/bin/env node
import module from "node:module";
import { setFlagsFromString } from "node:v8";

const { enableCompileCache } = module as { enableCompileCache?: () => unknown };
// From Node 22 on, compiled code is kept between runs. Node 20 at least optimises later (its default is 132 KB): most
// commands end before optimised code pays for itself, and one of seconds notices nothing. The flag is the whole
// process's, so it is set here, where the process is ours, and never in the library.
if (enableCompileCache) enableCompileCache();
else setFlagsFromString("--interrupt-budget=1056000");
const { start } = await import("./start.js");
await start();
