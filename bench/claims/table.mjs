/** What the benches of claims share: Markdown tables, builds and their cost, and a measured child process. */
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "dist/bin/archc.js");
const child = fileURLToPath(new URL("child.mjs", import.meta.url));

/** Rows as a Markdown table; the first row is the head. */
export function markdown(rows) {
  const line = (cells) => `| ${cells.map((cell) => `${cell}`.replaceAll("|", "\\|")).join(" | ")} |`;
  const [head, ...rest] = rows;
  return [line(head), line(head.map(() => "---")), ...rest.map(line)].join("\n");
}

export const median = (list) => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)];

export const MB = (bytes) => Math.round(bytes / 1e6).toLocaleString("en");

/** A layer as a model of its own: [B T width] to the same. */
export const layer = (name, mix, width) =>
  `model ${name} {\n  slot mix: layer = ${mix}\n  forward(x: [B T D = ${width}]) -> (y: [B T D]) { return mix(x) }\n}\n`;

/**
 * Builds a model for ONNX in `folder`: `source` is a spec of the repository, or the text of one. Gives the build, and
 * `cost(length)`: FLOPs of a pass of one sequence and of a token more, and the bytes of a process that runs it, all by
 * `archc cost`.
 */
export async function build(folder, [source, model]) {
  let spec = join(root, source);
  if (!source.endsWith(".arch")) {
    spec = join(folder, `${model}.arch`);
    writeFileSync(spec, source);
  }
  const out = join(folder, `${model}.build`);
  const made = await measured(
    [bin, "build", spec, "--model", model, "-o", out, "--target", "onnx", "--format", "json"],
    { limit: 300_000 },
  );
  if (made.code !== 0) throw new Error(`${model} does not build`);
  return {
    out,
    async cost(length) {
      const at = `batch=1,seq=${length}`;
      const args = [bin, "cost", spec, "--model", model, "--at", at, "--backend", "onnx", "--format", "json"];
      const { code, text } = await measured(args);
      // 1: an expectation of the spec does not hold at this point; the figures do.
      if (code !== 0 && code !== 1) throw new Error(`${model} has no cost`);
      const report = JSON.parse(text);
      const [flops, step] = ["flops.forward", "flops.decode"].map((name) => Number(report[name]));
      return { flops, step, bytes: Number(report["memory.inference(onnx)"]) };
    },
  };
}

/** A build run at one length in a process of its own, `how` as `child.mjs` says; `value`: `seconds`, `peak` in bytes. */
export function run(out, length, vocabulary = 256, how = "pass") {
  return measured([child, out, `${length}`, `${vocabulary}`, how]);
}

/** The last line as JSON, where it is. */
function lastLine(text) {
  try {
    return JSON.parse(text.trim().split("\n").at(-1));
  } catch {
    return undefined;
  }
}

/** Runs Node on a script; what it printed, and its last line as JSON. */
export function measured(args, { limit = 150_000 } = {}) {
  return new Promise((done) => {
    const process_ = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"], timeout: limit });
    let text = "";
    process_.stdout.on("data", (d) => {
      text += d;
    });
    process_.on("close", (code) => done({ code, text, value: code === 0 ? lastLine(text) : undefined }));
  });
}
