/**
 * How long checking and costing GPT-2 XL takes: in one process, first and warm, and as a whole command, against Node
 * doing nothing. `npm run build && node bench/check.mjs`
 */
import { spawnSync } from "node:child_process";
import { availableParallelism, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { createService, openSpec } from "../dist/compiler/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { host, path } = openSpec(`${root}specs/gpt2.arch`);

const sorted = (list) => list.toSorted((a, b) => a - b);
const median = (list) => sorted(list)[Math.floor(list.length / 2)];

function once() {
  const began = performance.now();
  const service = createService(host);
  const cost = service.cost(path, { model: "Gpt2XL", at: { batch: 1n, seq: 1024n } });
  if (!cost.value) throw new Error("no cost");
  return performance.now() - began;
}

const first = once();
for (let i = 0; i < 60; i++) once();
const warm = Array.from({ length: 60 }, once);

function command(...args) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - began;
}

const cost = ["dist/bin/archc.js", "cost", "specs/gpt2.arch", "--model", "Gpt2XL"];
const cold = [];
const idle = [];
for (let i = 0; i < 10; i++) {
  cold.push(command(...cost));
  idle.push(command("-e", "0"));
}

const row = (name, list, target) => {
  const [least, middle] = [sorted(list)[0], median(list)].map((ms) => ms.toFixed(0).padStart(5));
  const held =
    target === undefined ? "" : `   target ${target} ms, ratio ${(median(list) / target).toFixed(2)}`;
  console.log(`${name.padEnd(28)} least ${least} ms, median ${middle} ms${held}`);
};
console.log(
  `check and cost of GPT-2 XL (load ${loadavg()[0].toFixed(1)} on ${availableParallelism()} cores)`,
);
row("in one process, first", [first], 300);
row("in one process, warm", warm, 20);
row("whole command", cold, 300);
row("node doing nothing", idle);
