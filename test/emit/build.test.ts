import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { BuildOptions } from "../../compiler/emit/build.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { type Manifest, manifestSchema } from "../../runtime/manifest.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { SafetensorsFile } from "../../runtime/safetensors.js";

const root = mkdtempSync(join(tmpdir(), "archc-build-"));
afterAll(() => rmSync(root, { recursive: true }));

const spec = `import { decoder } from "std"
model Tiny : decoder {
  vocab = 40
  seq = 12
  dim = 16
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn = mlp(hidden = 4 * dim, act = gelu)
    at 1 { ffn = pkm(heads = 2, keys = 4, k = 2, key_dim = 8) }
  }
}
`;
writeFileSync(join(root, "tiny.arch"), spec);
const service = createService(createNodeHost(root));

function build(out: string, options: Partial<BuildOptions> = {}) {
  return service.build("tiny.arch", {
    out,
    seed: 1,
    targets: ["onnx", "tfjs"],
    profile: "default",
    ...options,
  });
}

function hashes(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const bytes = new Uint8Array(readFileSync(join(folder, name)));
      return [name, createHash("sha256").update(bytes).digest("hex")];
    }),
  );
}

describe("build", () => {
  it("leaves what the manifest says", async () => {
    const out = join(root, "a");
    const { value, diagnostics } = await build(out);
    expect(diagnostics.filter((d) => d.severity === "error")).toEqual([]);
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")));
    expect(value?.manifest).toEqual(manifest);
    expect(readdirSync(out).sort()).toEqual([...manifest.files.map((f) => f.name), "manifest.json"].sort());
    const found = hashes(out);
    for (const { name, bytes, sha256 } of manifest.files) {
      expect([name, statSync(join(out, name)).size, found[name]]).toEqual([name, bytes, sha256]);
    }
    expect(manifest).toMatchObject({
      model: "Tiny",
      seed: 1,
      context: 12,
      spec: { file: "tiny.arch", sha256: createHash("sha256").update(spec).digest("hex") },
      inputs: [{ name: "input_ids", dtype: "i32", shape: ["batch", "seq"] }],
      outputs: [{ name: "logits", dtype: "f32", shape: ["batch", "seq", 40] }],
      onnx: { start: "model.onnx", step: "model.onnx", opset: 20, ir: 9 },
      tfjs: { module: "model.js" },
    });
    expect(manifest.states.map((s) => [s.input, s.output, s.grows])).toEqual([
      ["past_key_values.0.key", "present.0.key", 2],
      ["past_key_values.0.value", "present.0.value", 2],
      ["past_key_values.1.key", "present.1.key", 2],
      ["past_key_values.1.value", "present.1.value", 2],
    ]);
    const file = await SafetensorsFile.open(join(out, "weights.safetensors"));
    expect(file.names).toEqual(manifest.weights.map((w) => w.name));
    await file.close();
    const trained = manifest.weights
      .filter((w) => w.kind === "weight")
      .reduce((sum, w) => sum + w.shape.reduce((a, b) => a * b, 1), 0);
    expect(manifest.cost["params.total"]).toBe(String(trained));
  });

  it("gives the same bytes for the same input, and others for another seed", async () => {
    await build(join(root, "b"));
    await build(join(root, "deep/c"));
    await build(join(root, "d"), { seed: 2 });
    expect(hashes(join(root, "deep/c"))).toEqual(hashes(join(root, "b")));
    const [b, d] = [hashes(join(root, "b")), hashes(join(root, "d"))];
    expect(d["weights.safetensors"]).not.toBe(b["weights.safetensors"]);
    expect(d["model.onnx"]).toBe(b["model.onnx"]);
  });

  it("replaces an earlier build whole, and touches nothing else", async () => {
    const out = join(root, "e");
    await build(out);
    await build(out, { targets: ["onnx"], profile: "modern" });
    expect(readdirSync(out).sort()).toEqual(["manifest.json", "model.onnx", "weights.safetensors"]);
    writeFileSync(join(out, "notes.txt"), "mine");
    const refused = await build(out);
    expect(refused.value).toBeUndefined();
    expect(refused.diagnostics.at(-1)).toMatchObject({
      code: "emit/not-a-build",
      notes: ["found `notes.txt`"],
    });
    expect(readFileSync(join(out, "notes.txt"), "utf8")).toBe("mine");
  });

  it("says what the file system refuses", async () => {
    const file = join(root, "file");
    writeFileSync(file, "");
    expect((await build(file)).diagnostics.at(-1)?.code).toBe("emit/not-a-folder");
    const below = await build(join(file, "out"));
    expect(below.value).toBeUndefined();
    expect(below.diagnostics.at(-1)).toMatchObject({ code: "emit/cannot-write" });
    const long = await build(join(root, "x".repeat(300)));
    expect(long.diagnostics.at(-1)?.message).toContain("the name is too long");
    mkdirSync(join(root, "empty"));
    expect((await build(join(root, "empty"))).value?.out).toBe(join(root, "empty"));
  });
});

describe("loadOnnx", () => {
  it("continues from its state as it would have in one pass", async () => {
    const out = join(root, "run");
    await build(out, { targets: ["onnx"] });
    const model = await loadOnnx(out, { threads: 1 });
    const ids = (data: number[]) => ({
      input_ids: { dtype: "i32" as const, shape: [1, data.length], data: Int32Array.from(data) },
    });
    const whole = await model.run("start", ids([3, 1, 4, 1, 5]));
    const first = await model.run("start", ids([3, 1]));
    const rest = await model.run("step", ids([4, 1, 5]), first.state);
    expect([whole.state.past, first.state.past, rest.state.past]).toEqual([5, 2, 5]);
    expect(rest.outputs.logits!.shape).toEqual([1, 3, 40]);
    rest.outputs.logits!.data.forEach((x, i) =>
      expect(x).toBeCloseTo(whole.outputs.logits!.data[2 * 40 + i]!, 5),
    );
    const state = await rest.state.read();
    expect(state["past_key_values.1.value"]!.shape).toEqual([1, 2, 5, 8]);

    await expect(model.run("step", ids([1]))).rejects.toThrow("needs the state");
    await expect(model.run("start", {})).rejects.toThrow("`input_ids` is missing");
    await expect(model.run("start", ids([40]))).rejects.toThrow("ONNX Runtime cannot run `model.onnx`");
    await model.dispose();
    await expect(model.run("start", ids([1]))).rejects.toThrow("disposed");
  });

  it("gives the same with an arena, whose memory holds no result that is still read", async () => {
    const out = join(root, "arena");
    await build(out, { targets: ["onnx"] });
    const models = await Promise.all([loadOnnx(out), loadOnnx(out, { arena: true })]);
    const passes = [
      [3, 1, 4, 1, 5],
      [9, 2, 6],
      [5, 3, 5, 8, 9, 7, 9],
    ].map((data) => ({
      input_ids: { dtype: "i32" as const, shape: [1, data.length], data: Int32Array.from(data) },
    }));
    const [plain, kept] = await Promise.all(
      models.map(async (model) => {
        const results = [];
        for (const inputs of passes) results.push(await model.run("start", inputs));
        const read = await Promise.all(results.map(({ state }) => state.read()));
        return [results.map(({ outputs }) => outputs), read];
      }),
    );
    expect(kept).toEqual(plain);
    for (const model of models) await model.dispose();
  });

  it("says why it cannot load", async () => {
    const out = join(root, "broken");
    await build(out);
    const { size } = statSync(join(out, "model.onnx"));
    writeFileSync(join(out, "model.onnx"), "no model");
    await expect(loadOnnx(out)).rejects.toThrow(`\`model.onnx\` has 8 bytes, but its manifest says ${size}`);
    writeFileSync(join(out, "model.onnx"), "x".repeat(size));
    await expect(loadOnnx(out)).rejects.toThrow("`model.onnx` was changed after the build");
    const manifest = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")) as Manifest;
    const sha256 = createHash("sha256").update("x".repeat(size)).digest("hex");
    const files = manifest.files.map((f) => (f.name === "model.onnx" ? { ...f, sha256 } : f));
    writeFileSync(join(out, "manifest.json"), JSON.stringify({ ...manifest, files }));
    await expect(loadOnnx(out)).rejects.toThrow(/ONNX Runtime cannot load/);
    const other = join(root, "tfjs");
    await build(other, { targets: ["tfjs"] });
    await expect(loadOnnx(other)).rejects.toThrow("built without the target `onnx`");
  });
});
