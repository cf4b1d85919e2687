/**
 * The command in few files: to find and compile 230 modules takes Node longer than to check a spec. What only some
 * commands need stays in chunks of its own, loaded when it is asked for; packages stay outside. `npm run build`
 */
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const bundle = await rolldown({
  input: {
    archc: `${dist}compiler/cli/main.js`,
    // Threads load it by its name, beside the code that starts them.
    worker: `${dist}compiler/weights/worker.js`,
  },
  platform: "node",
  external: /^[^./]/,
});
await bundle.write({
  dir: `${dist}bin`,
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
  // Node reads every character of a chunk before it runs; names stay, so that a crash can be understood.
  minify: { compress: false, mangle: false, codegen: { removeWhitespace: true } },
});
