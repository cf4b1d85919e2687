/**
 * Memory predicted against measured: for every model of specs/ that fits, on every backend and several shapes, the
 * peak of the resident set of a fresh process that loads the build, runs a pass and then a step, against
 * `memory.inference(BACKEND)`. `npm run build && node bench/memory.mjs [FOLDER] [--most GIB] [--only MODEL,…]`; builds
 * are made in FOLDER and removed. Last come the runtimes' own constants: a process with the smallest model.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createService, openSpec } from "../dist/compiler/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { most: { type: "string", default: "10" }, only: { type: "string" } },
});
const most = Number(values.most) * 2 ** 30;
const only = values.only?.split(",");
const backends = ["onnx", "tensorflow", "wasm"];
/** Batch and positions, as far as the context goes. */
function shapesOf(context) {
  const most = (context ?? 2048) - 1;
  const shapes = [
    [1, 64],
    [1, 500],
    [4, 128],
  ].filter(([, seq]) => seq <= most);
  return shapes.length > 0 ? shapes : [[4, most >> 1]];
}
const MiB = (bytes) => (Number(bytes) / 2 ** 20).toFixed(0).padStart(7);

function node(...args) {
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
}

function measure(folder, backend, [batch, seq]) {
  const { status, stdout, stderr } = node("bench/memory-child.mjs", folder, backend, `${batch}`, `${seq}`);
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1));
  const why = stderr.split("\n").find((line) => /Error: /.test(line));
  console.log(
    `${folder.split("/").at(-1)} on ${backend} at ${batch} x ${seq}: ${why ?? `ended with ${status}`}`,
  );
  return undefined;
}

/** Of the whole process, and of what is beyond the runtime's own constant. */
const errors = new Map();
const constants = new Map();

function compare(name, backend, what, predicted, constant, measured) {
  const error = Number(predicted) / measured - 1;
  const label = `${backend}, ${what}`;
  const list = errors.get(label) ?? [];
  errors.set(label, list);
  const beyond = measured - constant;
  list.push({
    whole: Math.abs(error),
    beyond: Math.abs((Number(predicted) - constant) / beyond - 1),
    big: beyond > 50e6,
  });
  const percent = `${(100 * error).toFixed(1)} %`.padStart(8);
  console.log(`${name.padEnd(24)} ${label.padEnd(18)} ${MiB(predicted)} ${MiB(measured)} ${percent}`);
}

const work = mkdtempSync(join(positionals[0] ?? tmpdir(), "archc-memory-"));
console.log(`${"model, batch x seq".padEnd(24)} ${"backend".padEnd(18)} predicted measured (MiB)  error`);
try {
  for (const file of readdirSync(join(root, "specs")).filter((f) => f.endsWith(".arch"))) {
    const { host, path } = openSpec(join(root, "specs", file));
    const service = createService(host);
    for (const model of service.models(path)) {
      if (only && !only.includes(model)) continue;
      const cost = (backend, at) => service.cost(path, { model, backend, at }).value?.process;
      // What no machine holds is not built to find its context.
      const least = cost("wasm", { batch: 1n, seq: 16n });
      if (!least || Number(least.total) > most) continue;
      const folder = join(work, model);
      const built = node("dist/bin/archc.js", "build", `specs/${file}`, "--model", model, "-o", folder);
      if (built.status !== 0) throw new Error(built.stderr);
      const { context } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
      for (const [batch, seq] of shapesOf(context)) {
        const at = { batch: BigInt(batch), seq: BigInt(seq) };
        const largest = cost("wasm", at);
        if (!largest || Number(largest.total) > most) continue;
        for (const backend of backends) {
          const measured = measure(folder, backend, [batch, seq]);
          if (!measured) continue;
          const name = `${model} ${batch} x ${seq}`;
          const pass = cost(backend, at);
          const whole = Math.max(measured.load, measured.pass);
          compare(name, backend, "pass", pass.total, Number(pass.runtime), whole);
          constants.set(backend, Math.min(constants.get(backend) ?? Number.POSITIVE_INFINITY, whole));
          const step = cost(backend, { ...at, seq: 1n, past: BigInt(seq) });
          if (measured.step && step)
            compare(name, backend, "step", step.total, Number(step.runtime), measured.step);
        }
      }
      rmSync(folder, { recursive: true, force: true });
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

const at = (list, part) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];
const percent = (x) => (x === undefined ? "-" : `${(100 * x).toFixed(1)} %`).padStart(8);
console.log(
  `\n${"".padEnd(18)} runs   median      p95   median beyond the constant, where that is above 50 MB`,
);
for (const [label, list] of errors) {
  const whole = list.map((e) => e.whole);
  const beyond = list.filter((e) => e.big).map((e) => e.beyond);
  const row = [
    `${list.length}`.padStart(4),
    percent(at(whole, 0.5)),
    percent(at(whole, 0.95)),
    percent(at(beyond, 0.5)),
  ];
  console.log(`${label.padEnd(18)} ${row.join(" ")}`);
}
for (const [backend, bytes] of constants)
  console.log(`${backend}: the smallest process took ${MiB(bytes).trim()} MiB`);
