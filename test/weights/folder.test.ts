import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { weightFile } from "../../compiler/weights/folder.js";
import { archc } from "../cli/archc.js";
import { rawTensors, writeRaw } from "./raw.js";

const scratch = mkdtempSync(join(tmpdir(), "archc-folder-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/gpt2-checkpoint/${name}`, import.meta.url));

/** A folder with files of these names and nothing in them. */
function folder(...names: readonly string[]): string {
  const made = mkdtempSync(join(scratch, "hub-"));
  for (const name of names) writeFileSync(join(made, name), "");
  return made;
}

/** The file that is read of a folder with these files, without the folder; what is wrong where there is none. */
async function meant(...names: readonly string[]): Promise<string> {
  const at = folder(...names);
  const found = await weightFile(at).catch((error: Error) => error.message);
  return found.replaceAll(`${at}/`, "").replaceAll(at, "DIR");
}

const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
const beside = ["config.json", "tokenizer.json", "pytorch_model.bin", "model.onnx", "._model.safetensors"];

describe("the weight file of a folder", () => {
  it.each([
    ["model.safetensors", "model.safetensors", ...beside],
    ["model.safetensors", "model.safetensors", "model.fp16.safetensors", "vae.safetensors"],
    ["model.safetensors.index.json", "model.safetensors.index.json", ...shards, ...beside],
    ["model.safetensors.index.json", "model.safetensors.index.json", ...shards, "consolidated.safetensors"],
    ["w.safetensors.index.json", "w.safetensors.index.json", "w-1.safetensors", "w-2.safetensors"],
    ["weights.safetensors", "weights.safetensors", "manifest.json", "model.onnx", "model.js"],
  ])("is %s", async (file, ...names) => {
    expect(await meant(...names)).toBe(file);
  });

  it.each([
    [
      "is a folder; it contains `model.safetensors` and `model.safetensors.index.json`; name the file that you mean, such as `model.safetensors`",
      ...["model.safetensors", "model.safetensors.index.json", ...shards],
    ],
    ["contains `a.safetensors` and `b.safetensors`; name the file", "a.safetensors", "b.safetensors"],
    ["contains `0`, `1`, `2`, `3` and 5 more", ...Array.from("012345678", (n) => `${n}.safetensors`)],
    ["but not their index; put `model.safetensors.index.json`, which comes with them", ...shards],
    ["it contains no .safetensors file"],
    ["it contains no .safetensors file", "config.json", "._model.safetensors"],
    [
      "does not read pickles such as `pytorch_model.bin`, because they can run",
      "pytorch_model.bin",
      "m.gguf",
    ],
    ["does not read pickles such as `pytorch_model-1-of-1.bin`", "pytorch_model-1-of-1.bin"],
    ["and archc does not read weights from `m.gguf` and `m.onnx`", "m.onnx", "m.gguf"],
  ])("is not there: %s", async (words, ...names) => {
    expect((await meant(...names)).replace(/(`\d)\.safetensors/g, "$1")).toContain(words);
  });

  it("is in a revision of a cache, whose files are links", async () => {
    const cache = folder();
    const at = join(cache, "snapshots", "607a30d");
    for (const name of ["blobs", "refs", "snapshots/607a30d"])
      mkdirSync(join(cache, name), { recursive: true });
    await expect(weightFile(cache)).rejects.toThrow(
      `name the folder of a revision inside \`${join(cache, "snapshots")}\``,
    );
    cpSync(fixture("whole/model.safetensors"), join(cache, "blobs", "248dfc"));
    symlinkSync("../../blobs/248dfc", join(at, "model.safetensors"));
    const spec = fixture("small.arch");
    expect(await archc("check", spec, "--weights", at)).toMatchObject({ code: 0, stderr: "" });
  });

  it("is the same for every command, and the one that an error names", async () => {
    const spec = fixture("small.arch");
    const built = (weights: string, out: string) =>
      archc("build", spec, "-o", join(scratch, out), "--weights", weights, "--target", "tfjs");
    for (const kind of ["whole", "sharded"]) {
      expect(await built(fixture(kind), kind)).toMatchObject({ code: 0, stderr: "" });
      for (const command of ["check", "cost", "graph"])
        expect(await archc(command, spec, "--weights", fixture(kind))).toMatchObject({ code: 0, stderr: "" });
    }
    await built(fixture("whole/model.safetensors"), "named");
    const bytes = (out: string) => readFileSync(join(scratch, out, "weights.safetensors"));
    expect(bytes("whole")).toEqual(bytes("named"));
    const wrong = folder();
    const tensors = rawTensors(fixture("whole/model.safetensors"));
    tensors.delete("transformer.ln_f.bias");
    const file = writeRaw(join(wrong, "only.safetensors"), tensors);
    for (const command of ["check", "cost", "graph", "run"]) {
      const { code, stderr } = await archc(command, spec, "--weights", wrong);
      expect([command, code, stderr]).toEqual([
        command,
        2,
        expect.stringContaining(`\`${file}\` does not fit`),
      ]);
    }
  });
});
