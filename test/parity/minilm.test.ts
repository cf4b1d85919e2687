import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { build } from "../../compiler/emit/build.js";
import { exportWeights } from "../../compiler/emit/export.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { SafetensorsFile } from "../../runtime/safetensors.js";
import { loadTfjs } from "../../runtime/tfjs.js";
import { loadTokenizer, type TextTokenizer } from "../../runtime/tokenizer.js";
import { modelOf } from "./models.js";
import { expectNear } from "./near.js";
import { fullPass } from "./passes.js";
import { sentenceModel } from "./sentence-weights.js";
import { readTensors, SLOW, targets } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const { sentences } = JSON.parse(readFileSync(fixture("minilm.json"), "utf8")) as { sentences: string[] };
const peer = await readTensors(fixture("minilm.safetensors"));
const folder = sentenceModel();

/** The reference, and a GPU in software, take a minute for 23 million weights; small models hold those. */
const fast = targets.filter((t) => t !== "reference" && t !== "webgpu");

describe.runIf(folder)("all-MiniLM-L6-v2 with its real weights", () => {
  const scratch = mkdtempSync(join(tmpdir(), "archc-minilm-"));
  const out = join(scratch, "build");
  const weights = join(folder ?? "", "model.safetensors");
  let tokenizer: TextTokenizer;
  let manifest: NonNullable<Awaited<ReturnType<typeof build>>["value"]>["manifest"];

  beforeAll(async () => {
    tokenizer = await loadTokenizer(join(folder!, "tokenizer.json"));
    const { value, diagnostics } = await build(modelOf("specs/minilm.arch", "MiniLM"), {
      out,
      seed: 0,
      targets: ["onnx", "tfjs"],
      profile: "default",
      spec: { file: "minilm.arch", text: "" },
      weights: { file: weights },
    });
    if (!value) throw new Error(diagnostics.map((d) => [d.message, ...d.notes].join("\n")).join("\n"));
    manifest = value.manifest;
  }, SLOW);
  afterAll(() => rmSync(scratch, { recursive: true }));

  it("reads its tokenizer.json: the peer's token ids", () => {
    const { shape, data } = peer.input_ids!;
    const width = shape[1]!;
    const mask = peer.attention_mask!.data;
    for (const [i, sentence] of sentences.entries()) {
      const row = Array.from(data).slice(i * width, (i + 1) * width);
      expect(tokenizer.encode(sentence), sentence).toEqual(row.filter((_, j) => mask[i * width + j] === 1));
    }
    expect(tokenizer.decode(tokenizer.encode(sentences[0]!))).toBe("a man is eating food.");
  });

  it.each(fast)(
    "embeds sentences as transformers does: %s",
    async (target) => {
      const model = target === "onnx" ? await loadOnnx(out) : await loadTfjs(out, { backend: target });
      try {
        const { input_ids, attention_mask, token_type_ids } = peer;
        const inputs = {
          input_ids: input_ids!,
          attention_mask: attention_mask!,
          token_type_ids: token_type_ids!,
        };
        const { outputs } = await fullPass(model, inputs);
        expectNear(outputs.sentence_embedding, peer.sentence_embedding!, 1e-4, "embeddings");
      } finally {
        await model.dispose();
      }
    },
    SLOW,
  );

  it("comes back as it was, but for the pooler and the position ids that nothing uses", async () => {
    const file = join(scratch, "back.safetensors");
    const { value, diagnostics } = await exportWeights({
      folder: out,
      manifest,
      out: file,
      checkpoint: undefined,
    });
    expect(diagnostics).toEqual([]);
    expect(value?.tensors).toBe(5 + 6 * 16);
    const [theirs, ours] = [await SafetensorsFile.open(weights), await SafetensorsFile.open(file)];
    for (const name of ours.names) {
      const [a, b] = [await ours.read(name), await theirs.read(name.replace("bert.", ""))];
      expect(a.shape, name).toEqual(b.shape);
      expect(Buffer.compare(new Uint8Array(a.data.buffer), new Uint8Array(b.data.buffer)), name).toBe(0);
    }
    await theirs.close();
    await ours.close();
  });
});
