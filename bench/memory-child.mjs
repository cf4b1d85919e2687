/**
 * One process of `bench/memory.mjs`: loads a build, runs one pass and a decode step, and prints the peak of the resident
 * set in bytes after each. `node bench/memory-child.mjs FOLDER BACKEND BATCH SEQ`; without FOLDER's model (`-`) only
 * the runtime is loaded.
 */
import { openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { loadOnnx, loadTfjs, openBackend } from "../dist/runtime/index.js";
import { evaluateSize } from "../dist/runtime/size-expression.js";

const [folder, backend, batch, seq] = process.argv.slice(2);
const peak = () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]);
/** Forgets the peak so far: the kernel counts anew from what is resident now. */
const forget = () => writeFileSync("/proc/self/clear_refs", "5");

if (folder === "-") {
  if (backend === "onnx") await import("onnxruntime-node");
  else await openBackend(backend);
  console.log(JSON.stringify({ idle: peak() }));
  process.exit();
}

const manifest = JSON.parse(readFileSync(`${folder}/manifest.json`, "utf8"));
const model = backend === "onnx" ? await loadOnnx(folder) : await loadTfjs(folder, { backend });
const load = peak();

/** Ids spread over the table, everything seen, one segment. */
function inputs(sizes) {
  const given = {};
  let seed = 1;
  for (const { name, dtype, shape } of manifest.inputs) {
    const dims = shape.map((size) => (typeof size === "number" ? size : evaluateSize(size, sizes)));
    const count = dims.reduce((a, b) => a * b, 1);
    const next = () => (seed = (seed * 48_271) % 2_147_483_647);
    const ids = /ids$/.test(name);
    const below = /type|segment/.test(name) ? 1 : vocabulary;
    const data =
      dtype === "f32"
        ? new Float32Array(count)
        : dtype === "bool"
          ? new Uint8Array(count).fill(1)
          : Int32Array.from({ length: count }, () => (ids ? next() % below : /mask/.test(name) ? 1 : 0));
    given[name] = { dtype, shape: dims, data };
  }
  return given;
}

/** Rows of the table that ids are looked up in, where one is called so; else the width of the outputs. */
function idsBelow() {
  const file = openSync(`${folder}/weights.safetensors`);
  const length = Buffer.alloc(8);
  readSync(file, length, 0, 8, 0);
  const header = Buffer.alloc(Number(length.readBigUInt64LE()));
  readSync(file, header, 0, header.length, 8);
  const tables = Object.entries(JSON.parse(header)).filter(([name]) => /^embed\b/.test(name));
  const rows = tables.map(([, { shape }]) => shape[0]);
  return rows.length > 0
    ? Math.min(...rows)
    : Math.max(2, ...manifest.outputs.map((o) => Number(o.shape.at(-1)) || 2));
}
const vocabulary = idsBelow();

const sizes = {
  // What a model has besides is 1, as the forecast takes it.
  ...Object.fromEntries(manifest.symbols.map(({ name }) => [name, 1])),
  ...{ batch: Number(batch), seq: Number(seq), past: 0, source: Number(seq) },
};
forget();
const first = await model.run("start", inputs(sizes));
const pass = peak();
first.outputs = undefined;
let step;
if (manifest.states.length > 0) {
  forget();
  await model.run("step", inputs({ ...sizes, seq: 1, past: sizes.seq }), first.state);
  step = peak();
}
console.log(JSON.stringify({ load, pass, step }));
