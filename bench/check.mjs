/**
 * How long checking and costing GPT-2 XL takes: in one process, first and warm, and as a whole command, against Node
 * doing nothing. `npm run build && node bench/check.mjs`
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createService, openSpec } from "../dist/compiler/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const { host, path } = openSpec(`${root}specs/gpt2.arch`);

const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

function once() {
  const began = performance.now();
  const service = createService(host);
  const cost = service.cost(path, { model: "Gpt2XL", at: { batch: 1n, seq: 1024n } });
  if (!cost.value) throw new Error("no cost");
  return performance.now() - began;
}

const first = once();
for (let i = 0; i < 10; i++) once();
const warm = median(Array.from({ length: 15 }, once));

function command(...args) {
  const began = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: root });
  if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}`);
  return performance.now() - began;
}

const cost = ["dist/compiler/cli/main.js", "cost", "specs/gpt2.arch", "--model", "Gpt2XL"];
const cold = [];
const idle = [];
for (let i = 0; i < 5; i++) {
  cold.push(command(...cost));
  idle.push(command("-e", "0"));
}

const row = (name, ms, target) =>
  console.log(
    `${name.padEnd(34)} ${ms.toFixed(0).padStart(6)} ms   target ${target} ms, ratio ${(ms / target).toFixed(2)}`,
  );
console.log("check and cost of GPT-2 XL");
row("in one process, first", first, 300);
row("in one process, warm", warm, 20);
row("whole command", median(cold), 300);
console.log(`node doing nothing                 ${median(idle).toFixed(0).padStart(6)} ms`);
