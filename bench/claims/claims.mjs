/**
 * The papers' headlines, two models at a time in ONNX Runtime on this machine: the ratio of their times for one pass of
 * one sequence, beside the ratio of their FLOPs by `archc cost`, and the most memory of each process, beside what
 * `archc cost` predicts. Each side runs in a process of its own, in turn with the other, up to three times. Last comes
 * LSH attention from 1 K to 64 K tokens (`lsh.mjs`). Prints Markdown, takes about ten minutes on two quiet cores.
 * `npm run build && node bench/claims/claims.mjs [memory slots perceiver-ar span sparse lsh]`
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lsh } from "./lsh.mjs";
import { build, layer, MB, markdown, median, run } from "./table.mjs";

const decoder = (name, lines, base = "decoder") =>
  `import { ${base} } from "std"\nmodel ${name} : ${base} {\n${lines}\n}\n`;
const body = "vocab = 256\ndim = 512\nheads = 8\nblocks 6 { ffn = mlp() }";
const stack = (name, blocks, more = "vocab = 256") =>
  decoder(
    name,
    `${more}\nseq = 1024\ndim = 1024\nheads = 16\nblocks ${blocks.replace("{", "{ attn = attention(heads, causal = true)\n ffn = mlp(hidden = 4 * dim, act = relu)\n")}`,
  );
const ablation = (keys) =>
  decoder(
    `Six${keys}`,
    `vocab = 60_000\nseq = 512\ndim = 512\nheads = 8\nblocks 6 { attn = attention(heads, causal = true)\n ffn = mlp()\n at 4 { ffn = pkm(keys = ${keys}) } }`,
  );
const last = "vocab = 60_000\nread = last_position()\nhead = tied(embed, bias = true)";
const slots = (keys) => [layer(`Slots${keys}`, `pkm(keys = ${keys})`, 512), `Slots${keys}`, 512];

/**
 * Each claim: the two sides as [spec or text, model, length], the paper's figure, how many ids there are, and how it is
 * run if not as usual (`child.mjs`): `step`, a token after the sequence; `arena`, ONNX Runtime keeps its memory.
 */
const claims = {
  memory: [
    {
      claim: "12 layers of 1,024 with one memory / 24 layers; 1 x 512, vocabulary of 60,000",
      paper: '0.5 ("twice as fast", of models of which the head is 17 and 30 % by FLOPs)',
      ours: ["specs/pkm.arch", "Pkm1024x12m1", 512],
      theirs: ["specs/pkm.arch", "Pkm1024x24", 512],
      vocabulary: 60_000,
    },
    {
      claim: "the same with ONNX Runtime's arena on, which keeps memory as the paper's PyTorch does",
      paper: "0.5",
      ours: ["specs/pkm.arch", "Pkm1024x12m1", 512],
      theirs: ["specs/pkm.arch", "Pkm1024x24", 512],
      vocabulary: 60_000,
      how: "arena",
    },
    {
      claim: "the same with logits of the last position alone, which generation asks for",
      paper: "0.5",
      ours: [stack("TwelveLast", "12 { at 5 { ffn = pkm() } }", last), "TwelveLast", 512],
      theirs: [stack("TwentyFourLast", "24 { }", last), "TwentyFourLast", 512],
      vocabulary: 60_000,
    },
    {
      claim: "a token of generation after 512",
      paper: "0.5",
      ours: [stack("TwelveLast", "12 { at 5 { ffn = pkm() } }", last), "TwelveLast", 512],
      theirs: [stack("TwentyFourLast", "24 { }", last), "TwentyFourLast", 512],
      vocabulary: 60_000,
      how: "step",
    },
    {
      claim: "the same with a vocabulary of 256: the layers alone",
      paper: "0.5",
      ours: [stack("Twelve", "12 { at 5 { ffn = pkm() } }"), "Twelve", 512],
      theirs: [stack("TwentyFour", "24 { }"), "TwentyFour", 512],
    },
  ],
  slots: [
    {
      claim: "6 layers of 512, one with a memory of 1,024² slots / of 128²; 1 x 512, vocabulary of 60,000",
      paper: "1.00 (35.7 and 35.8 thousand words a second)",
      ours: [ablation(1024), "Six1024", 512],
      theirs: [ablation(128), "Six128", 512],
      vocabulary: 60_000,
    },
    ...[256, 512, 1024].map((keys) => ({
      claim: `the memory alone, of ${keys}² slots / of 128²; 1 x 512`,
      paper: "work grows with the root of the slots",
      ours: slots(keys),
      theirs: slots(128),
    })),
  ],
  "perceiver-ar": [
    {
      claim:
        "Perceiver AR, 65,536 inputs, 1,024 latents, 6 layers / Transformer, 2,048 inputs, 6 layers; width 512",
      paper: "about 1 on TPUs, by plots without numbers",
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
      vocabulary: 27,
    },
  ],
  sparse: [
    {
      claim: "fixed sparse attention / dense; 1 x 12,288, one layer of 512, 4 heads",
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

/** Rounds end when a claim has taken this many seconds: its runs are long enough to be steady. */
const ENOUGH = 50;

async function compare(folder, { claim, paper, ours, theirs, vocabulary, how = "pass" }) {
  const sides = [];
  for (const [source, model, length] of [ours, theirs]) {
    const { out, cost } = await build(folder, [source, model]);
    sides.push({ out, length, times: [], peak: 0, cost: await cost(length) });
  }
  const began = performance.now();
  for (let round = 0; round < 3 && (performance.now() - began) / 1000 < ENOUGH; round++)
    for (const side of sides) {
      const { value } = await run(side.out, side.length, vocabulary, how);
      if (!value) throw new Error(`${claim}: a run failed`);
      side.times.push(value.seconds);
      side.peak = Math.max(side.peak, value.peak);
    }
  const [a, b] = sides.map((side) => ({ ...side, seconds: median(side.times) }));
  return [
    claim,
    `${a.seconds.toFixed(3)} / ${b.seconds.toFixed(3)}`,
    (a.seconds / b.seconds).toFixed(2),
    (how === "step" ? a.cost.step / b.cost.step : a.cost.flops / b.cost.flops).toFixed(2),
    paper,
    `${MB(a.peak)} / ${MB(b.peak)}`,
    `${MB(a.cost.bytes)} / ${MB(b.cost.bytes)}`,
  ];
}

const asked = process.argv.slice(2);
const names = [...Object.keys(claims), "lsh"];
const unknown = asked.filter((name) => !names.includes(name));
if (unknown.length > 0) throw new Error(`no claim ${unknown}; there are ${names}`);
const chosen = asked.length > 0 ? asked : names;
const rows = [["claim", "seconds", "ratio", "FLOPs ratio", "paper's ratio", "MB", "MB, predicted"]];
const inFolder = async (work) => {
  const folder = mkdtempSync(join(tmpdir(), "archc-claims-"));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
};
for (const name of chosen)
  for (const claim of claims[name] ?? []) {
    const row = await inFolder((folder) => compare(folder, claim));
    rows.push(row);
    console.error(row.join("  "));
  }
if (rows.length > 1) console.log(`${markdown(rows)}\n`);
if (chosen.includes("lsh")) console.log(await inFolder((folder) => lsh(folder)));
