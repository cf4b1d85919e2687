/** What the benches of claims share: a table with the paper's figure beside ours, and a measured child process. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

/** Rows as a table with columns as wide as their widest cell; the first row is the head. */
export function table(rows) {
  const texts = rows.map((row) => row.map(String));
  const widths = texts[0].map((_, i) => Math.max(...texts.map((row) => (row[i] ?? "").length)));
  return texts
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i]))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

/** The last line as JSON, where it is. */
function lastLine(text) {
  try {
    return JSON.parse(text.trim().split("\n").at(-1));
  } catch {
    return undefined;
  }
}

/** Runs Node on a script; what it printed as JSON last, seconds, and the highest resident set the kernel saw, in MB. */
export function measured(args, { limit = 150_000 } = {}) {
  return new Promise((done) => {
    const began = performance.now();
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], timeout: limit });
    let [peak, text] = [0, ""];
    const look = setInterval(() => {
      try {
        const kb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
        peak = Math.max(peak, Number(kb ?? 0) / 1000);
      } catch {}
    }, 20);
    child.stdout.on("data", (d) => {
      text += d;
    });
    child.on("close", (code) => {
      clearInterval(look);
      const seconds = (performance.now() - began) / 1000;
      const value = code === 0 ? lastLine(text) : undefined;
      done({ code, seconds, peak, value });
    });
  });
}
