/**
 * GPT-2 XL, 6.2 GB of weights: seconds and memory of a whole build against Node doing nothing, then a run in ONNX
 * Runtime. `npm run build && node bench/xl.mjs [FOLDER]`; needs 7 GB of disk, removes what it wrote.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "dist/bin/archc.js");

/** Runs Node; seconds on the wall, and the highest resident set the kernel saw, in MB. */
function measure(args) {
  return new Promise((done, fail) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
    let peak = 0;
    const look = setInterval(() => {
      try {
        const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
        peak = Math.max(peak, Number(kb ?? 0) / 1000);
      } catch {}
    }, 20);
    let text = "";
    child.stdout.on("data", (d) => {
      text += d;
    });
    child.on("close", (code) => {
      clearInterval(look);
      const seconds = (performance.now() - began) / 1000;
      if (code === 0) done({ seconds, peak, text });
      else fail(new Error(`node ${args.join(" ")} ended with ${code}`));
    });
  });
}

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), "archc-xl-"));
try {
  const idle = await measure(["-e", "setTimeout(() => {}, 300)"]);
  const out = join(folder, "xl");
  const build = await measure([bin, "build", "specs/gpt2.arch", "--model", "Gpt2XL", "-o", out]);
  const run = await measure([
    bin,
    "run",
    out,
    "--target",
    "onnx",
    "--prompt",
    "In the beginning",
    "--tokens",
    "4",
  ]);
  const beyond = build.peak - idle.peak;
  console.log(
    `build   ${build.seconds.toFixed(1)} s   (target: under 60; ratio ${(build.seconds / 60).toFixed(2)})`,
  );
  console.log(
    `memory  ${beyond.toFixed(0)} MB beyond Node's own ${idle.peak.toFixed(0)} MB   (target: under 300; ratio ${(beyond / 300).toFixed(2)})`,
  );
  console.log(
    `run     ${run.seconds.toFixed(1)} s with loading, peak ${(run.peak / 1000).toFixed(1)} GB in ONNX Runtime`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
