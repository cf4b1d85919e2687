import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadTfjs } from "../../runtime/index.js";
import { evaluateSize } from "../../runtime/size-expression.js";
import { archc } from "../cli/archc.js";
import { ground, spec } from "./project.js";

const here = ground();
afterAll(() => here.remove());
const good = join(here.root, "good");
let bad = "";
let copies = 0;
beforeAll(async () => {
  const { code, stderr } = await archc("build", here.put("fine.arch", spec()), "-o", good);
  expect(code, stderr).toBe(0);
});

interface Listed {
  files: { name: string; bytes: number; sha256: string }[];
  inputs: { name: string }[];
}

/** A copy of the good build with one file changed; `signed` also corrects what the manifest says of it. */
function tampered(name: string, change: (text: string) => string, signed: boolean): void {
  bad = join(here.root, `bad-${copies++}`);
  cpSync(good, bad, { recursive: true });
  const bytes = change(readFileSync(join(bad, name), "latin1"));
  writeFileSync(join(bad, name), bytes, "latin1");
  if (!signed) return;
  withManifest((manifest) => {
    const file = manifest.files.find((f) => f.name === name)!;
    file.bytes = bytes.length;
    file.sha256 = createHash("sha256").update(bytes, "latin1").digest("hex");
  });
}

function withManifest(change: (manifest: Listed) => void): void {
  const path = join(bad, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Listed;
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

const onTfjs = ["--target", "tfjs", "--backend", "cpu"];
const onOnnx = ["--target", "onnx"];

async function refused(words: string | RegExp, ...where: readonly string[]): Promise<void> {
  const { code, stderr } = await archc("run", bad, "--tokens", "1", "--prompt", "12", ...where);
  expect(stderr).toMatch(words);
  expect(stderr).not.toContain("internal/bug");
  expect(code).toBe(2);
}

const text = (words: string) => () => words;
const swapped = (from: string, to: string) => (bytes: string) => bytes.replace(from, to);

describe("a build whose files were changed", () => {
  it("a program of the same size is told by its hash", async () => {
    tampered("model.js", swapped("logits", "lagits"), false);
    await refused("`model.js` was changed after the build", ...onTfjs);
    tampered("model.onnx", swapped("logits", "lagits"), false);
    await refused("`model.onnx` was changed after the build", ...onOnnx);
  });

  it.each([
    ["throws", "throw new Error('boom')", "`model.js` cannot be loaded: boom"],
    ["throws nothing at all", "throw null", "`model.js` cannot be loaded: null"],
    ["does not parse", "export const = 1", "`model.js` cannot be loaded"],
    ["imports what is not there", "import 'no-such-package'", "`model.js` cannot be loaded"],
    ["is empty", "export const x = 1", "`model.js` and its manifest describe different models"],
  ])("a module that %s, and whose hash is right", async (_, code, words) => {
    tampered("model.js", text(code), true);
    await refused(words, ...onTfjs);
  });

  it("weights that the manifest does not describe, on both targets", async () => {
    for (const [change, words] of [
      [(bytes: string) => bytes.slice(0, -4), "is cut short"],
      [swapped("norm.shift", "norm.shitt"), "it has no tensor `norm.shift`"],
      [swapped('"F32"', '"I32"'), /is I32 \[.*\], not F32/],
    ] as const) {
      tampered("weights.safetensors", change, true);
      await refused(words, ...onTfjs);
      await refused(words, ...onOnnx);
    }
  });

  it("a manifest of another model", async () => {
    tampered("model.d.ts", text(""), true);
    withManifest((manifest) => {
      manifest.inputs[0]!.name = "elsewhere";
    });
    await refused("`model.js` and its manifest describe different models", ...onTfjs);
    await refused("`model.onnx` and its manifest describe different models", ...onOnnx);
  });

  it("a manifest that is a pipe, a folder or a device is not waited for", async () => {
    const path = join(bad, "manifest.json");
    for (const make of [
      () => execFileSync("mkfifo", [path]),
      () => mkdirSync(path),
      () => execFileSync("ln", ["-s", "/dev/zero", path]),
    ]) {
      rmSync(path, { recursive: true, force: true });
      make();
      await refused("`manifest.json` is not a file", ...onTfjs);
      const { code, stderr } = await archc("export", bad, "-o", join(here.root, "never.safetensors"));
      expect([code, stderr]).toEqual([2, expect.stringContaining("`manifest.json` is not a file")]);
    }
  });
});

it("a new build in the place of an old one is what the next load runs", async () => {
  tampered("model.d.ts", text(""), true);
  const before = await loadTfjs(bad, { backend: "cpu" });
  await before.dispose();
  const { code, stderr } = await archc(
    "build",
    here.put("other.arch", spec().replace("dim = 8", "dim = 16")),
    "-o",
    bad,
  );
  expect(code, stderr).toBe(0);
  const after = await loadTfjs(bad, { backend: "cpu" });
  const ids = { dtype: "i32", shape: [1, 2], data: Int32Array.of(1, 2) } as const;
  expect((await after.run("start", { input_ids: ids })).outputs.logits?.shape).toEqual([1, 2, 64]);
  await after.dispose();
});

it("a tokenizer that is a pipe or a device is not waited for", async () => {
  const pipe = join(here.root, "pipe");
  execFileSync("mkfifo", [pipe]);
  for (const file of [pipe, "/dev/zero", here.root]) {
    const { code, stderr } = await archc("run", good, "--tokenizer", file);
    expect([code, stderr]).toEqual([2, expect.stringContaining("is not a file")]);
  }
});

it("a build runs where the project's modules are CommonJS", async () => {
  here.put("package.json", '{ "type": "commonjs" }');
  const { code, stderr } = await archc("run", good, "--tokens", "1", "--prompt", "12", ...onTfjs);
  expect(code, stderr).toBe(0);
});

describe("a size of a manifest", () => {
  it("that is nested without end, or grows without end, has no value", () => {
    expect(evaluateSize(`${"(".repeat(1e5)}seq${")".repeat(1e5)}`, { seq: 1 })).toBeNaN();
    expect(evaluateSize("((((9^64)^64)^64)^64)^64", {})).toBeNaN();
    expect(evaluateSize("9".repeat(1e6), {})).toBeNaN();
    expect(evaluateSize(`${"(".repeat(50)}seq + 1${")".repeat(50)}`, { seq: 1 })).toBe(2);
  });
});
