/**
 * What it saves that a mixture of experts multiplies matrix by matrix: one layer of 8 experts against the same layer
 * with a matrix gathered for each token (as `gather` and `einsum` read, and as archc ran it before), in turn in one
 * process for each backend, with the same weights. `npm run build && node bench/experts.mjs [--backends onnx,wasm]
 * [--rounds 5]` prints ratios of medians, and the memory that both are predicted to take beside their weights.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createService, openSpec } from "../dist/compiler/index.js";
import { loadOnnx, loadTfjs } from "../dist/runtime/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: flags } = parseArgs({
  options: {
    backends: { type: "string", default: "onnx,tensorflow,wasm" },
    rounds: { type: "string", default: "5" },
    // Of the process of one backend.
    folder: { type: "string" },
  },
});
const lengths = [1, 16, 128, 512];
/** A matrix for each token of a longer pass takes gigabytes, and on wasm minutes. */
const mostGathered = { onnx: 128, tensorflow: 128, wasm: 16 };

if (flags.folder === undefined) table();
else await rows(flags.folder, flags.backends);

/** The library's layer, and one whose gathered matrices are kept as they are. */
function spec() {
  const text = readFileSync(join(root, "compiler/layers/experts.arch"), "utf8");
  const gathered = text
    .replace("layer experts(", "layer gathered_experts(")
    .replaceAll(/\b(gate|up|down)\[E = chosen\]/g, "stop_gradient($1[E = chosen])");
  return `import { decoder } from "std"

${gathered}
model Grouped : decoder {
  vocab = 256
  seq   = 1024
  dim   = 512
  heads = 8
  positions = no_positions()
  blocks 1 {
    attn = identity()
    ffn  = experts(experts = 8, k = 2, hidden = 1792)
  }
}

model Gathered : Grouped {
  blocks { ffn = gathered_experts(experts = 8, k = 2, hidden = 1792) }
}
`;
}

function command(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  return stdout;
}

function table() {
  const folder = mkdtempSync(join(tmpdir(), "archc-experts-"));
  try {
    const file = join(folder, "experts.arch");
    writeFileSync(file, spec());
    const { host, path } = openSpec(file);
    for (const model of ["Grouped", "Gathered"])
      command("dist/compiler/cli/main.js", "build", file, "--model", model, "-o", join(folder, model));
    console.log("8 experts, 2 for each token, dim 512, hidden 1792; milliseconds are medians");
    console.log("backend     tokens  grouped  gathered  ratio   MiB beside weights: grouped  gathered");
    for (const backend of flags.backends.split(",")) {
      const args = ["--folder", folder, "--backends", backend, "--rounds", flags.rounds];
      for (const row of JSON.parse(
        command("bench/experts.mjs", ...args)
          .split("\n")
          .at(-2),
      )) {
        const memory = ["Grouped", "Gathered"].map((model) => {
          const at = { batch: 1n, seq: BigInt(row.tokens) };
          return (beside(createService(host).cost(path, { model, at }).value) / 2 ** 20).toFixed(1);
        });
        const ms = (n) => (n === undefined ? "-" : n.toFixed(2));
        const ratio = row.gathered === undefined ? "-" : (row.grouped / row.gathered).toFixed(3);
        console.log(
          [
            backend.padEnd(11),
            `${row.tokens}`.padStart(6),
            ms(row.grouped).padStart(8),
            ms(row.gathered).padStart(9),
            ratio.padStart(6),
            memory[0].padStart(29),
            memory[1].padStart(9),
          ].join(" "),
        );
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Bytes of a run beside the weights. */
function beside({ metrics }) {
  const [inference, weights] = ["memory.inference", "memory.weights"].map((name) => {
    const [bytes, of] = metrics.get(name).value;
    return Number(bytes / of);
  });
  return inference - weights;
}

/** One backend: both models in turn at each length; they must agree. */
async function rows(folder, backend) {
  const load = (model) =>
    backend === "onnx" ? loadOnnx(join(folder, model)) : loadTfjs(join(folder, model), { backend });
  const [grouped, gathered] = [await load("Grouped"), await load("Gathered")];
  const found = [];
  for (const tokens of lengths) {
    const data = Int32Array.from({ length: tokens }, (_, i) => (i * 37 + 11) % 256);
    const once = async (model) => {
      const began = performance.now();
      const { outputs, state } = await model.run("start", {
        input_ids: { dtype: "i32", shape: [1, tokens], data },
      });
      const ms = performance.now() - began;
      state.dispose();
      return { ms, logits: outputs.logits.data };
    };
    const both = tokens <= (mostGathered[backend] ?? 16) ? [grouped, gathered] : [grouped];
    const [first, other = first] = [await once(both[0]), both[1] && (await once(both[1]))];
    const worst = first.logits.reduce((most, v, i) => Math.max(most, Math.abs(v - other.logits[i])), 0);
    if (!(worst < 1e-4)) throw new Error(`at ${tokens} tokens the two differ by ${worst}`);
    const times = both.map(() => []);
    for (let round = 0; round < Number(flags.rounds); round++)
      for (const [i, model] of both.entries()) times[i].push((await once(model)).ms);
    const [a, b] = times.map((list) => list.toSorted((x, y) => x - y)[list.length >> 1]);
    found.push({ tokens, grouped: a, gathered: b });
  }
  console.log(JSON.stringify(found));
}
