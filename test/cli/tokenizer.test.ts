import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { loadTokenizer } from "../../runtime/tokenizer.js";
import { archc } from "./archc.js";

const file = fileURLToPath(new URL("../runtime/fixtures/tokenizer.json", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "archc-run-tokenizer-"));
afterAll(() => rmSync(folder, { recursive: true }));

const spec = (vocab: number): string => {
  const path = join(folder, `vocab-${vocab}.arch`);
  writeFileSync(
    path,
    `import { decoder } from "std"
model Small : decoder {
  vocab = ${vocab}
  seq   = 32
  dim   = 8
  heads = 2
  blocks 1 {
    attn = attention(heads, causal = true)
    ffn  = mlp()
  }
}
`,
  );
  return path;
};
const built = join(folder, "built");

beforeAll(async () => {
  expect((await archc("build", spec(320), "-o", built, "--tokenizer", file)).code).toBe(0);
});

const run = (...argv: string[]) =>
  archc("run", built, "--prompt", "the cat", "--tokens", "6", "--format", "json", ...argv);

/** A result without how long it took. */
const timeless = (stdout: string): unknown => ({ ...(JSON.parse(stdout) as object), seconds: undefined });

it("is kept in the build, and speaks for it", async () => {
  expect(readFileSync(join(built, "tokenizer.json"), "utf8")).toBe(readFileSync(file, "utf8"));
  const { code, stdout, stderr } = await run();
  expect(code, stderr).toBe(0);
  const { tokens, text } = JSON.parse(stdout) as { tokens: number[]; text: string };
  const tokenizer = await loadTokenizer(file);
  expect(text).toBe(tokenizer.decode(tokens));
  // The same as when it is named.
  expect(timeless((await run("--tokenizer", file)).stdout)).toEqual(timeless(stdout));
});

it("is refused before a spec is built", async () => {
  const { code, stderr } = await archc("run", spec(321), "--tokenizer", join(folder, "none.json"));
  expect([code, stderr]).toEqual([2, expect.stringContaining("there is no file")]);
  expect(stderr).not.toContain("building");
});

it("is refused where it is none, or of another model", async () => {
  const missing = await run("--tokenizer", join(folder, "none.json"));
  expect([missing.code, missing.stdout]).toEqual([2, expect.stringContaining("none.json")]);
  const wrong = await run("--tokenizer", join(folder, "vocab-320.arch"));
  expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringContaining("it is not valid JSON")]);
  const small = join(folder, "small");
  const refused = await archc("build", spec(64), "-o", small, "--tokenizer", join(folder, "none.json"));
  expect(refused.code).toBe(2);
  await archc("build", spec(64), "-o", small);
  const other = await archc("run", small, "--tokenizer", file, "--tokens", "2");
  expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("`Small` has a vocabulary of 64")]);
});

it("beside the weights is the model's: in a run of a spec, and in a build", async () => {
  const weights = join(folder, "pretrained");
  mkdirSync(weights);
  const drawn = join(folder, "drawn");
  expect((await archc("build", spec(320), "-o", drawn, "--target", "onnx")).code).toBe(0);
  copyFileSync(join(drawn, "weights.safetensors"), join(weights, "model.safetensors"));
  copyFileSync(file, join(weights, "tokenizer.json"));
  const words = ["--prompt", "Once", "--tokens", "4", "--greedy", "--format", "json"];
  const text = async (...argv: string[]) => {
    const { code, stdout } = await archc("run", ...argv, ...words);
    expect(code).toBe(0);
    return JSON.parse(stdout).text;
  };
  const named = await text(drawn, "--tokenizer", file);
  expect(await text(spec(320), "--weights", weights)).toBe(named);
  expect(await text(spec(320), "--weights", join(weights, "model.safetensors"))).toBe(named);
  const kept = join(folder, "kept");
  expect(await archc("build", spec(320), "-o", kept, "--weights", weights)).toMatchObject({
    code: 0,
    stderr: "",
  });
  expect(readFileSync(join(kept, "tokenizer.json"), "utf8")).toBe(readFileSync(file, "utf8"));
  expect(await text(kept)).toBe(named);
  // One that cannot be used was not asked for.
  writeFileSync(join(weights, "tokenizer.json"), "{}");
  const without = await archc("build", spec(320), "-o", kept, "--weights", weights);
  expect([without.code, existsSync(join(kept, "tokenizer.json"))]).toEqual([0, false]);
  expect(without.stderr).toContain("the build has no tokenizer: ");
}, 60_000);
