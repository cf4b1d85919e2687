/**
 * The command in few files: to find and compile 230 modules takes Node longer than to check a spec. What `check` and
 * `cost` need comes in three chunks, the packages that they need in them; what only other commands need stays in chunks
 * of its own, loaded when it is asked for. `npm run build`
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const modules = fileURLToPath(new URL("../node_modules/", import.meta.url));
/** Packages that every run of the command loads; their licences go with them. */
const carried = ["chevrotain", "commander", "picocolors"];

const bundle = await rolldown({
  input: {
    archc: `${dist}compiler/cli/main.js`,
    // Threads load it by its name, beside the code that starts them.
    worker: `${dist}compiler/weights/worker.js`,
  },
  platform: "node",
  external: (id) => /^[^./]/.test(id) && !carried.includes(id),
  // The chunks below are by group, so an `import()` within one splits nothing: it still loads nothing early.
  checks: { ineffectiveDynamicImport: false },
  plugins: [
    {
      name: "chevrotain",
      // What this module looks for when it is loaded stands in the bundle.
      load: (id) =>
        id.endsWith("/grammar/chevrotain.js")
          ? `export * from ${JSON.stringify(`${modules}chevrotain/lib/chevrotain.mjs`)};`
          : undefined,
    },
  ],
});
await bundle.write({
  dir: `${dist}bin`,
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  // Each with all that it imports, but what a group before it has.
  codeSplitting: {
    groups: [
      // First, so that threads load what draws weights and not what checks specs.
      { name: "weights", test: /\/compiler\/weights\/range\.js$/ },
      { name: "front", test: /\/compiler\/cli\/(start|check|cost)\.js$/ },
      { name: "grammar", test: /\/grammar\/parse\.js$/ },
      { name: "check", test: /\/compiler\/(cost\/report-text|service)\.js$/ },
    ],
  },
  // Node reads every character of a chunk before it runs; names of functions stay, so that a crash can be understood.
  minify: {
    compress: false,
    mangle: { toplevel: false, keepNames: true },
    codegen: { removeWhitespace: true },
  },
});
const licences = carried.map((name) => {
  const file = readdirSync(`${modules}${name}`).find((entry) => /^licen[cs]e/i.test(entry));
  return `${name}\n\n${readFileSync(`${modules}${name}/${file}`, "utf8").trim()}\n`;
});
writeFileSync(`${dist}bin/licences.txt`, licences.join(`\n${"-".repeat(80)}\n\n`));
