import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadOnnx, readManifest, Session } from "../../runtime/index.js";
import { transpile } from "../support/transpile.js";

const kills = Number(process.env.KILLS ?? 12);
const seed = Number(process.env.SEED ?? Date.now() % 1e9);
const root = mkdtempSync(join(tmpdir(), "archc-kill-"));
let js = "";
beforeAll(() => {
  js = transpile(["compiler", "grammar", "runtime"]);
  symlinkSync(fileURLToPath(new URL("../../compiler/layers", import.meta.url)), join(js, "compiler/layers"));
}, 120_000);
afterAll(() => {
  for (const folder of [root, js]) rmSync(folder, { recursive: true, force: true });
});

const decoder = (vocab: number, dim: number) => `import { decoder } from "std"
model M : decoder {
  vocab = ${vocab}
  seq = 16
  dim = ${dim}
  heads = 2
  blocks 2 { attn = attention(heads, causal = true)
    ffn = mlp() }
}
`;

/** The command as a user starts it; killed when `moment` ends, if it still runs. Gives whether it was. */
async function build(
  spec: string,
  out: string,
  draw: number,
  moment?: (pid: number, runs: () => boolean) => Promise<void>,
): Promise<boolean> {
  const main = join(js, "compiler/cli/main.js");
  const child = spawn(process.execPath, [main, "build", spec, "-o", out, "--seed", String(draw)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let told = "";
  child.stderr.on("data", (data) => (told += data));
  const ended = new Promise<boolean>((resolve) =>
    child.on("close", (_, signal) => resolve(signal === "SIGKILL")),
  );
  if (moment) {
    await Promise.race([moment(child.pid!, () => child.exitCode === null), ended]);
    child.kill("SIGKILL");
  }
  const killed = await ended;
  expect(told).toBe("");
  return killed;
}

/** Names and hashes of all files of a folder, as one text. */
const printOf = (folder: string): string =>
  readdirSync(folder)
    .sort()
    .map(
      (name) =>
        `${name} ${createHash("sha256")
          .update(new Uint8Array(readFileSync(join(folder, name))))
          .digest("hex")}`,
    )
    .join("\n");

const ids = [3, 1, 4, 1, 5];

/** The logits of somebody who knows nothing of archc and opens `model.onnx`. */
async function byForeigner(folder: string): Promise<readonly number[]> {
  const session = await InferenceSession.create(join(folder, "model.onnx"), { logSeverityLevel: 3 });
  const feeds: Record<string, Tensor> = {
    input_ids: new Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
  };
  for (const about of session.inputMetadata) {
    if (!about.isTensor || about.name === "input_ids") continue;
    const sizes: Readonly<Record<string, number>> = { batch: 1, past: 0 };
    const dims = about.shape.map((size) => (typeof size === "number" ? size : (sizes[size] ?? 0)));
    feeds[about.name] = new Tensor("float32", new Float32Array(0), dims);
  }
  const { logits } = await session.run(feeds);
  const data = [...(logits!.data as Float32Array)];
  await session.release();
  return data;
}

/** The same as archc's own runtime reads it. */
async function byRuntime(folder: string): Promise<readonly number[]> {
  const manifest = await readManifest(folder);
  const session = new Session(await loadOnnx(folder), manifest);
  const outputs = await session.start({
    input_ids: { dtype: "i32", shape: [1, ids.length], data: Int32Array.from(ids) },
  });
  const data = [...(outputs.logits!.data as Float32Array)];
  await session.dispose();
  return data;
}

/** Numbers in [0, 1) that a seed repeats. */
function numbers(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("archc build, killed", () => {
  it.each([
    ["a small model", decoder(64, 8), kills - Math.floor(kills / 4)],
    // 40 MB: above what one thread writes alone.
    ["a model that takes long to write", decoder(100_000, 96), Math.floor(kills / 4)],
  ])(
    `leaves the old build or the new one whole: %s (seed ${seed})`,
    { timeout: 1_800_000 },
    async (name, text, rounds) => {
      const spec = join(root, `${name.replaceAll(" ", "-")}.arch`);
      writeFileSync(spec, text);
      const parent = mkdtempSync(join(root, "case-"));
      const known = new Map<string, readonly number[]>();
      const began = performance.now();
      for (const draw of [1, 2]) {
        const whole = join(parent, `whole-${draw}`);
        await build(spec, whole, draw);
        known.set(printOf(whole), await byForeigner(whole));
        rmSync(whole, { recursive: true });
      }
      expect(known.size).toBe(2);
      const span = (performance.now() - began) / 2;
      const out = join(parent, "out");
      await build(spec, out, 1);
      const random = numbers(seed);
      const seen = { killed: 0, gaps: 0, old: 0, fresh: 0 };
      let before = printOf(out);
      for (let round = 0; round < rounds; round++) {
        const late = random();
        const draw = [...known.keys()].indexOf(before) === 0 ? 2 : 1;
        const killed = await build(spec, out, draw, async (pid, runs) => {
          if (round % 3 !== 0) return sleep(late * span);
          // Every third is aimed at the moment when the new build takes the place of the old.
          const last = join(parent, `.out.archc-new-${pid}`, "manifest.json");
          while (runs() && !existsSync(last)) await sleep(0);
          return sleep(late * 4);
        });
        if (killed) seen.killed += 1;
        if (existsSync(out)) expect(await byForeigner(out)).toEqual(known.get(printOf(out)));
        else seen.gaps += 1;
        const logits = await byRuntime(out);
        const after = printOf(out);
        expect([...known.keys()]).toContain(after);
        expect(logits).toEqual(known.get(after));
        if (after === before) seen.old += 1;
        else seen.fresh += 1;
        before = after;
      }
      await build(spec, out, 1);
      expect(printOf(out)).toBe([...known.keys()][0]);
      // What the killed ones left is gone.
      expect(readdirSync(parent)).toEqual(["out"]);
      console.info(`seed ${seed}, ${rounds} kills over ${span.toFixed(0)} ms: ${JSON.stringify(seen)}`);
    },
  );
});

describe("archc build, ended by a signal that a shell sends", () => {
  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s leaves nothing behind",
    async (signal) => {
      const spec = join(root, "large.arch");
      writeFileSync(spec, decoder(100_000, 96));
      const parent = mkdtempSync(join(root, "signal-"));
      const main = join(js, "compiler/cli/main.js");
      const child = spawn(process.execPath, [main, "build", spec, "-o", join(parent, "out")], {
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.on("close", (_, by) => resolve(by)));
      while (child.exitCode === null && readdirSync(parent).length === 0) await sleep(1);
      child.kill(signal);
      // Of the signal itself, as the shell expects.
      expect(await ended).toBe(signal);
      expect(readdirSync(parent)).toEqual([]);
    },
    120_000,
  );
});
