/**
 * The papers' headlines, two models at a time in ONNX Runtime on this machine: the ratio of their times for one pass,
 * and the highest memory of each process. Each side runs in a process of its own, in turn with the other, three times.
 * `npm run build && node bench/claims/claims.mjs [memory slots perceiver-ar span sparse]`
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { measured, median, table } from "./table.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = join(root, "dist/bin/archc.js");
const runtime = new URL("../../dist/runtime/onnx.js", import.meta.url).href;
const readManifest = new URL("../../dist/runtime/folder.js", import.meta.url).href;

const layer = (name, mix, width) =>
  `model ${name} {\n  slot mix: layer = ${mix}\n  forward(x: [B T D = ${width}]) -> (y: [B T D]) { return mix(x) }\n}\n`;
const decoder = (name, lines, base = "decoder") =>
  `import { ${base} } from "std"\nmodel ${name} : ${base} {\n${lines}\n}\n`;
const body = "vocab = 256\ndim = 512\nheads = 8\nblocks 6 { ffn = mlp() }";

/** Each claim: the two sides as [spec or text, model, length], the paper's figure, and what it should be at most. */
const claims = {
  memory: [
    {
      claim: "12 layers of 1024 with one memory / 24 layers, 1 x 512, head of 60,000",
      paper: "0.5 (twice as fast; by FLOPs with this head 0.57)",
      ours: ["specs/pkm.arch", "Pkm1024x12m1", 512],
      theirs: ["specs/pkm.arch", "Pkm1024x24", 512],
    },
  ],
  slots: [256, 512, 1024].map((keys) => ({
    claim: `one memory of ${keys}² slots / of 128², 1 x 512, width 512`,
    paper: "flat: work grows with the root of the slots",
    ours: [layer("Slots", `pkm(keys = ${keys}, norm = layer_norm())`, 512), "Slots", 512],
    theirs: [layer("Slots", "pkm(keys = 128, norm = layer_norm())", 512), "Slots", 512],
  })),
  "perceiver-ar": [
    {
      claim:
        "Perceiver AR, 65,536 inputs, 1,024 latents, 6 layers / Transformer, 2,048 inputs, 6 layers; width 512",
      paper: "about 1 on TPUs, by plots without numbers (FLOPs: 2.04)",
      ours: [
        decoder("Ar", `seq = 65_536\nmost = 1024\npositions = no_positions()\n${body}`, "perceiver_ar"),
        "Ar",
        65_536,
      ],
      theirs: [
        decoder("Gpt", `seq = 2048\n${body.replace("ffn", "attn = attention(heads, causal = true)\nffn")}`),
        "Gpt",
        2048,
      ],
    },
  ],
  span: [
    {
      claim: "adaptive span, 12 layers, a segment of 512, average span 314 / 8,192",
      paper: "0.3 of the FLOPs (70 % saved)",
      ours: ["specs/adaptive-span.arch", "Text8Span12Trimmed", 512],
      theirs: ["specs/adaptive-span.arch", "Text8Span12", 512],
    },
  ],
  sparse: [
    {
      claim: "fixed sparse attention / dense, 1 x 12,288, one layer of 512, 4 heads",
      paper: "0.42 (a training step of the whole model, 0.55 / 1.31 s)",
      ours: [
        layer(
          "Sparse",
          "sparse_attention(4, fixed_rows(128), fixed_columns(128, summary = 32, apart = true))",
          512,
        ),
        "Sparse",
        12_288,
      ],
      theirs: [layer("Dense", "attention(4, causal = true)", 512), "Dense", 12_288],
    },
  ],
};

async function one(folder, length) {
  const { loadOnnx } = await import(runtime);
  const { readManifest: read } = await import(readManifest);
  const [model, manifest] = [await loadOnnx(folder), await read(folder)];
  const given = manifest.inputs.map(({ name, dtype, shape }) => {
    const sizes = shape.map((size) => (size === "batch" ? 1 : size === "seq" ? length : Number(size)));
    const count = sizes.reduce((a, b) => a * b, 1);
    const data =
      dtype === "f32"
        ? Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + i * i * 1e-4))
        : Int32Array.from({ length: count }, (_, i) => (i * 37) % 23);
    return [name, { dtype, shape: sizes, data }];
  });
  const times = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const { state } = await model.run("start", Object.fromEntries(given));
    times.push((performance.now() - began) / 1000);
    state.dispose();
    if (times[0] > 15) break;
  }
  await model.dispose();
  console.log(JSON.stringify({ seconds: Math.min(...times) }));
}

async function compare(folder, { claim, paper, ours, theirs }) {
  const sides = [];
  for (const [i, [source, model, length]] of [ours, theirs].entries()) {
    const out = join(folder, `side-${i}`);
    let spec = join(root, source);
    if (!source.endsWith(".arch")) {
      mkdirSync(folder, { recursive: true });
      spec = join(folder, `${i}.arch`);
      writeFileSync(spec, source);
    }
    const built = await measured([bin, "build", spec, "--model", model, "-o", out, "--target", "onnx"], {
      limit: 300_000,
    });
    if (built.code !== 0) throw new Error(`${model} does not build`);
    sides.push({ out, length, times: [], peak: 0 });
  }
  for (let round = 0; round < 3; round++)
    for (const side of sides) {
      const { value, peak } = await measured([
        fileURLToPath(import.meta.url),
        "--one",
        side.out,
        `${side.length}`,
      ]);
      if (!value) throw new Error(`${claim}: a run failed`);
      side.times.push(value.seconds);
      side.peak = Math.max(side.peak, peak);
    }
  const [a, b] = sides.map((s) => ({ seconds: median(s.times), peak: s.peak }));
  return [
    claim,
    `${a.seconds.toFixed(2)} / ${b.seconds.toFixed(2)} s`,
    (a.seconds / b.seconds).toFixed(2),
    paper,
    `${Math.round(a.peak)} / ${Math.round(b.peak)} MB`,
  ];
}

if (process.argv[2] === "--one") await one(process.argv[3], Number(process.argv[4]));
else {
  const asked = process.argv.slice(2);
  const unknown = asked.filter((name) => !Object.hasOwn(claims, name));
  if (unknown.length > 0) throw new Error(`no claim ${unknown}; there are ${Object.keys(claims)}`);
  const rows = [["claim", "time", "ratio", "paper", "memory"]];
  for (const name of asked.length > 0 ? asked : Object.keys(claims))
    for (const claim of claims[name]) {
      const folder = mkdtempSync(join(tmpdir(), "archc-claims-"));
      try {
        const row = await compare(folder, claim);
        rows.push(row);
        console.error(row.join("  "));
      } finally {
        rmSync(folder, { recursive: true });
      }
    }
  console.log(table(rows));
}
