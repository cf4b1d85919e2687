/**
 * LSH attention against full attention with shared queries and keys in one layer, from 1 K tokens on, in ONNX Runtime:
 * time and memory. The paper's figure 5 (arXiv 2001.04451) keeps tokens per batch; here a batch is one sequence, 8 heads
 * of 64, width 512 (a half of the paper's 1024), chunks of 64, 1, 4 and 8 rounds.
 * `npm run build && node bench/claims/lsh.mjs [LONGEST] [MEMORY in GB]`
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measured, median, table } from "./table.mjs";

const bin = fileURLToPath(new URL("../../dist/bin/archc.js", import.meta.url));
const runtime = new URL("../../dist/runtime/onnx.js", import.meta.url).href;

if (process.argv[2] === "--one") {
  const [folder, length] = [process.argv[3], Number(process.argv[4])];
  const { loadOnnx } = await import(runtime);
  const model = await loadOnnx(folder);
  const data = Float32Array.from({ length: length * 512 }, (_, i) => Math.sin(i * 1.7 + i * i * 1e-4));
  const times = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const { state } = await model.run("start", { x: { dtype: "f32", shape: [1, length, 512], data } });
    state.dispose();
    times.push((performance.now() - began) / 1000);
    if (times[0] > 20) break;
  }
  await model.dispose();
  console.log(JSON.stringify({ seconds: median(times) }));
} else {
  const longest = Number(process.argv[2] ?? 65_536);
  const most = Number(process.argv[3] ?? 12) * 1e9;
  const folder = mkdtempSync(join(tmpdir(), "archc-lsh-"));
  try {
    const layers = {
      full: "attention(8, causal = true, bias = false)",
      "LSH-1": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 1, causal = true, apart = true)",
      "LSH-4": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 4, causal = true, apart = true)",
      "LSH-8": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 8, causal = true, apart = true)",
    };
    const model = (layer) =>
      `model Layer {\n  slot mix: layer = ${layer}\n  forward(x: [B T D = 512]) -> (y: [B T D]) { return mix(x) }\n}\n`;
    const rows = [["tokens", ...Object.keys(layers).flatMap((n) => [`${n} s`, "MB"])]];
    for (const [name, layer] of Object.entries(layers)) {
      writeFileSync(join(folder, `${name}.arch`), model(layer));
      const { code } = await measured([
        bin,
        "build",
        join(folder, `${name}.arch`),
        "-o",
        join(folder, name),
        "--format",
        "json",
      ]).catch(() => ({ code: 0 }));
      if (code !== 0) throw new Error(`${name} does not build`);
    }
    for (let length = 1024; length <= longest; length *= 2) {
      const row = [length];
      for (const name of Object.keys(layers)) {
        // Scores and their softmax, 8 heads of length² floats each.
        if (name === "full" && 2 * 8 * length ** 2 * 4 > most) {
          row.push("memory", `${Math.round((2 * 8 * length ** 2 * 4) / 1e6)}`);
          continue;
        }
        const script = fileURLToPath(import.meta.url);
        const { value, peak } = await measured([script, "--one", join(folder, name), `${length}`]);
        row.push(value ? value.seconds.toFixed(2) : "failed", Math.round(peak));
      }
      rows.push(row);
      console.error(row.join("  "));
    }
    console.log(table(rows));
    console.log(
      "paper (figure 5, a plot without numbers): at a fixed number of tokens in a batch, LSH attention's time hardly depends on their length, full attention's grows with it",
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}
