/**
 * Memory predicted against measured: the peak of the resident set of a process of its own that loads a build, runs a
 * pass and then a step, against `memory.inference(BACKEND)`. `npm run build && node bench/memory.mjs [FOLDER]`: every
 * model of specs/ that fits (`--most GIB`, 3 unless told; models that cost alike once), each at one of three shapes in
 * turn, until `--minutes` (10) are over; in an order, the same each time, of which any beginning is an even sample of
 * sizes. No build or process may outlast that by more than half a minute. `--only MODEL,…` measures these at all shapes.
 * Builds are made in FOLDER and removed.
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
  options: {
    most: { type: "string", default: "3" },
    minutes: { type: "string", default: "10" },
    only: { type: "string" },
    backends: { type: "string", default: "onnx,tensorflow,wasm" },
  },
});
const most = Number(values.most) * 2 ** 30;
const only = values.only?.split(",");
const backends = values.backends.split(",");
const until = Date.now() + Number(values.minutes) * 60_000;
/** What a process may take, and how long one that was begun in time may go on after the end. */
const LONGEST = 90_000;
const GRACE = 30_000;
/** A peak that is no more than this above the runtime alone says little of the model. */
const LARGE = 50 * 2 ** 20;
const shapes = [
  [1, 500],
  [4, 128],
  [1, 64],
];

/** Those as far as the context goes. */
function shapesOf(context, turn) {
  const most = (context ?? 2048) - 1;
  const fit = shapes.filter(([, seq]) => seq <= most);
  if (fit.length === 0) fit.push([4, most >> 1]);
  return only ? fit : [fit[turn % fit.length]];
}
const MiB = (bytes) => (Number(bytes) / 2 ** 20).toFixed(0).padStart(7);

function node(...args) {
  const timeout = Math.max(1, Math.min(LONGEST, until + GRACE - Date.now()));
  return spawnSync(process.execPath, args, { cwd: root, encoding: "utf8", timeout, killSignal: "SIGKILL" });
}

/** The models that fit, each with a function of its costs; those that cost alike at two points are one. */
function models() {
  const found = new Map();
  for (const file of readdirSync(join(root, "specs")).filter((f) => f.endsWith(".arch"))) {
    const { host, path } = openSpec(join(root, "specs", file));
    const service = createService(host);
    for (const model of service.models(path)) {
      if (only && !only.includes(model)) continue;
      const cost = (backend, at) => service.cost(path, { model, backend, at }).value?.process;
      const sizes = [16n, 40n].map((seq) => cost("wasm", { batch: 1n, seq }));
      if (!sizes[0] || Number(sizes[0].total) > most) continue;
      const key = sizes
        .map((size) => size && [size.total, size.weights, size.states, size.activations])
        .join();
      if (!found.has(key)) found.set(key, { file, model, cost, least: Number(sizes[0].total) });
    }
  }
  const sorted = [...found.values()].sort((a, b) => a.least - b.least);
  if (only) return sorted;
  let stride = Math.round(sorted.length * 0.618);
  while (gcd(stride, sorted.length) > 1) stride++;
  return sorted.map((_, i) => sorted[((i + 1) * stride) % sorted.length]);
}

const gcd = (a, b) => (b === 0 ? a : gcd(b, a % b));

/** Pages of a file are mapped by the pieces that it was written or read in; this makes them 128 KiB, as docs/cost.md says. */
function settle(folder) {
  const file = join(folder, "weights.safetensors");
  spawnSync("dd", [`if=${file}`, `of=${file}.settled`, "bs=128k"]);
  spawnSync("mv", [`${file}.settled`, file]);
}

function measure(folder, backend, [batch, seq]) {
  const { status, signal, stdout, stderr } = node(
    "bench/memory-child.mjs",
    folder,
    backend,
    `${batch}`,
    `${seq}`,
  );
  if (status === 0) return JSON.parse(stdout.trim().split("\n").at(-1));
  const why = stderr.split("\n").find((line) => /Error: /.test(line));
  console.log(
    `${folder.split("/").at(-1)} on ${backend} at ${batch} x ${seq}: ${why ?? (signal ? "took too long" : `ended with ${status}`)}`,
  );
  return undefined;
}

const points = [];

function compare(name, backend, what, { total, runtime }, measured) {
  const error = Number(total) / measured - 1;
  const percent = `${(100 * error).toFixed(1)} %`.padStart(8);
  const line = `${name.padEnd(38)} ${`${backend}, ${what}`.padEnd(18)} ${MiB(total)} ${MiB(measured)} ${percent}`;
  console.log(line);
  points.push({
    backend,
    what,
    error,
    line,
    beyond: (Number(total) - Number(runtime)) / (measured - Number(runtime)) - 1,
    large: measured - Number(runtime) > LARGE,
  });
}

const at = (list, part) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))];
const percent = (x) => (x === undefined ? "-" : `${(100 * x).toFixed(1)} %`).padStart(8);
const median = (list, of) => percent(at(list.map(of), 0.5));
const off = ({ error }) => Math.abs(error);

/** Medians so far in one line, so that a run that is cut off has told something. */
function soFar() {
  const parts = backends.map((backend) => {
    const own = points.filter((p) => p.backend === backend);
    return `${backend} ${median(own, off).trim()} (${own.length})`;
  });
  return `  median so far: ${parts.join(", ")}`;
}

const work = mkdtempSync(join(positionals[0] ?? tmpdir(), "archc-memory-"));
const fitting = models();
console.log(`${"model, batch x seq".padEnd(38)} ${"backend".padEnd(18)} predicted measured (MiB)  error`);
let taken = 0;
try {
  for (const [turn, { file, model, cost }] of fitting.entries()) {
    if (Date.now() > until) break;
    const folder = join(work, model);
    const built = node("dist/bin/archc.js", "build", `specs/${file}`, "--model", model, "-o", folder);
    if (built.status !== 0) {
      console.log(`${model}: ${built.signal ? "the build took too long" : built.stderr}`);
      continue;
    }
    settle(folder);
    const { context } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    for (const [batch, seq] of shapesOf(context, turn)) {
      const at = { batch: BigInt(batch), seq: BigInt(seq) };
      for (const backend of backends) {
        const pass = cost(backend, at);
        if (!pass || Number(pass.total) > 2 * most) continue;
        if (Date.now() > until) continue;
        const measured = measure(folder, backend, [batch, seq]);
        if (!measured) continue;
        const name = `${model} ${batch} x ${seq}`;
        compare(name, backend, "pass", pass, Math.max(measured.load, measured.pass));
        const step = cost(backend, { ...at, seq: 1n, past: BigInt(seq) });
        if (measured.step && step) compare(name, backend, "step", step, measured.step);
      }
    }
    rmSync(folder, { recursive: true, force: true });
    taken++;
    console.log(soFar());
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

console.log(
  `\n${points.length} points of ${taken} models of ${fitting.length} that fit; large: those that take 50 MiB more than the runtime alone`,
);
console.log(`${"".padEnd(18)} runs   median      p95   signed    large   median   beyond the runtime`);
for (const backend of backends) {
  for (const what of ["pass", "step", undefined]) {
    const own = points.filter((p) => p.backend === backend && (!what || p.what === what));
    if (own.length === 0) continue;
    const large = own.filter((p) => p.large);
    const row = [
      `${own.length}`.padStart(4),
      median(own, off),
      percent(at(own.map(off), 0.95)),
      median(own, (p) => p.error),
      `${large.length}`.padStart(8),
      median(large, off),
      median(large, (p) => Math.abs(p.beyond)),
    ];
    console.log(`${`${backend}, ${what ?? "both"}`.padEnd(18)} ${row.join(" ")}`);
  }
}
console.log("\nthe ten worst");
for (const { line } of points.toSorted((a, b) => off(b) - off(a)).slice(0, 10)) console.log(line);
