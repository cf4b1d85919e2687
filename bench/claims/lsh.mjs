/**
 * LSH attention against full attention in one layer, from 1 K to 64 K tokens, in ONNX Runtime: time and memory. The
 * paper's figure 5 (arXiv 2001.04451) keeps tokens per batch; here a batch is one sequence, 8 heads of 64, width 512 (a
 * half of the paper's 1024), chunks of 64, 1, 4 and 8 rounds. What `archc cost` says would not fit is not run.
 */
import { freemem } from "node:os";
import { build, layer, MB, markdown, run } from "./table.mjs";

const layers = {
  full: "attention(8, causal = true, bias = false)",
  "LSH-1": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 1, causal = true, apart = true)",
  "LSH-4": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 4, causal = true, apart = true)",
  "LSH-8": "lsh_attention(8, chunk = 64, seq = 65_536, rounds = 8, causal = true, apart = true)",
};

/** One row for each length, each cell with seconds and memory, and below both what `archc cost` says of the growth. */
export async function lsh(folder, longest = 65_536) {
  const room = freemem() * 0.95;
  const builds = {};
  for (const [name, text] of Object.entries(layers)) {
    const model = name.replace("-", "");
    builds[name] = await build(folder, [layer(model, text, 512), model]);
  }
  const rows = [["tokens", ...Object.keys(layers).flatMap((n) => [`${n}, s`, "MB (predicted)", "GFLOP"])]];
  for (let length = 1024; length <= longest; length *= 2) {
    const row = [length.toLocaleString("en")];
    for (const { out, cost } of Object.values(builds)) {
      const { flops, bytes } = await cost(length);
      const ran = bytes > room ? undefined : await run(out, length);
      const seconds = ran?.value ? ran.value.seconds.toFixed(2) : ran ? "failed" : "does not fit";
      row.push(seconds, `${ran?.value ? MB(ran.value.peak) : "-"} (${MB(bytes)})`, (flops / 1e9).toFixed(1));
    }
    rows.push(row);
    console.error(row.join("  "));
  }
  return `${markdown(rows)}\n\nPaper (figure 5, a plot without numbers): at a fixed number of tokens in a batch, LSH attention's time hardly\ndepends on their length, full attention's grows with it. Not run: what needs more than the ${MB(room)} MB that were free.`;
}
