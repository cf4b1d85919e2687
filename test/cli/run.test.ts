import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exitCodeOf } from "../../compiler/cli/exit.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { archc, specFile } from "./archc.js";

const tiny = specFile("tiny");
const fixture = (name: string) =>
  fileURLToPath(new URL(`../weights/fixtures/gpt2-checkpoint/${name}`, import.meta.url));
let folder = "";
let built = "";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "archc-run-"));
  process.env.ARCHC_CACHE = join(folder, "cache");
  built = join(folder, "tiny");
  expect((await archc("build", tiny, "-o", built)).code).toBe(0);
});
afterAll(() => {
  delete process.env.ARCHC_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

async function tokens(...argv: string[]): Promise<readonly number[]> {
  const { code, stdout, stderr } = await archc("run", ...argv, "--format", "json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout).tokens;
}

describe("build", () => {
  it("writes the same bytes for the same seed, and others for another", async () => {
    const again = join(folder, "again");
    const other = join(folder, "other");
    await archc("build", tiny, "-o", again);
    await archc("build", tiny, "-o", other, "--seed", "7");
    expect(readdirSync(again)).toEqual([
      "manifest.json",
      "model.d.ts",
      "model.js",
      "model.onnx",
      "package.json",
      "weights.safetensors",
    ]);
    const bytes = (dir: string, file: string) => readFileSync(join(dir, file), "latin1");
    for (const file of readdirSync(again)) expect(bytes(again, file)).toBe(bytes(built, file));
    expect(bytes(other, "weights.safetensors")).not.toBe(bytes(built, "weights.safetensors"));
  });

  it("writes only the targets asked for, and says what as data", async () => {
    const only = join(folder, "only");
    const { stdout } = await archc("build", tiny, "-o", only, "--target", "tfjs", "--format", "json");
    expect(JSON.parse(stdout)).toMatchObject({ out: only, manifest: { model: "Tiny", onnx: null } });
    expect(readdirSync(only)).not.toContain("model.onnx");
  });

  it("refuses a folder that holds something else", async () => {
    const mine = join(folder, "mine");
    cpSync(built, mine, { recursive: true });
    rmSync(join(mine, "manifest.json"));
    writeFileSync(join(mine, "thesis.txt"), "");
    expect((await archc("build", tiny, "-o", mine)).code).toBe(2);
    expect(readdirSync(mine)).toContain("thesis.txt");
  });
});

describe("run", () => {
  it("gives the same tokens on every target, greedily and drawn with a seed", async () => {
    for (const sampling of [
      ["--greedy"],
      ["--seed", "3", "--temperature", "0.8", "--top-k", "20", "--top-p", "0.9"],
    ]) {
      const common = ["--prompt", "archc", "--tokens", "6", ...sampling];
      const onnx = await tokens(built, "--target", "onnx", ...common);
      expect(onnx).toHaveLength(6);
      expect(await tokens(built, "--backend", "cpu", ...common)).toEqual(onnx);
      expect(await tokens(built, "--backend", "wasm", ...common)).toEqual(onnx);
    }
  });

  it("builds a spec into the cache once", async () => {
    const first = await archc("run", tiny, "--tokens", "1", "--greedy");
    const second = await archc("run", tiny, "--tokens", "1", "--greedy");
    expect(first.stderr).toContain("building Tiny in ");
    expect(second.stderr).not.toContain("building");
    expect(second.stdout).toBe(first.stdout);
    const other = await archc("run", tiny, "--tokens", "1", "--greedy", "--weights-seed", "1");
    expect(other.stderr).toContain("building Tiny in ");
  });

  it("reads a checkpoint into a spec as `build` does, and anew when the file changes", async () => {
    const small = fixture("small.arch");
    const file = join(folder, "model.safetensors");
    cpSync(fixture("whole/model.safetensors"), file);
    const common = ["--prompt", "@A", "--tokens", "4", "--greedy", "--backend", "cpu"];
    const out = join(folder, "read");
    expect((await archc("build", small, "-o", out, "--weights", file)).code).toBe(0);
    const due = await tokens(out, ...common);
    expect(await tokens(small, "--weights", file, ...common)).toEqual(due);
    const again = await archc("run", small, "--weights", file, ...common);
    expect(again.stderr).not.toContain("building");
    expect(await tokens(small, "--weights", file, "--checkpoint", "huggingface", ...common)).toEqual(due);
    expect(
      await tokens(small, "--weights", fixture("sharded/model.safetensors.index.json"), ...common),
    ).toEqual(due);
    expect(await tokens(small, ...common)).not.toEqual(due);
    utimesSync(file, new Date(1e12), new Date(1e12));
    const changed = await archc("run", small, "--weights", file, ...common);
    expect(changed.stderr).toContain("building Tiny in ");
    // The same as a folder, whose files say when it changes.
    const hub = join(folder, "hub");
    cpSync(fixture("sharded"), hub, { recursive: true });
    expect(await tokens(small, "--weights", hub, ...common)).toEqual(due);
    expect((await archc("run", small, "--weights", hub, ...common)).stderr).not.toContain("building");
    utimesSync(join(hub, "model-00002-of-00003.safetensors"), new Date(1e12), new Date(1e12));
    expect((await archc("run", small, "--weights", hub, ...common)).stderr).toContain("building Tiny in ");
  });

  it("says what is wrong with weights that it is given", async () => {
    const small = fixture("small.arch");
    const absent = await archc("run", small, "--weights", join(folder, "absent.safetensors"));
    expect([absent.code, absent.stderr.includes("error[checkpoint/unreadable]")]).toEqual([2, true]);
    const ofBuild = await archc("run", built, "--weights", fixture("whole/model.safetensors"));
    expect([ofBuild.code, ofBuild.stderr.includes("which has its own weights")]).toEqual([2, true]);
    const alone = await archc("run", small, "--checkpoint", "huggingface");
    expect([alone.code, alone.stderr.includes("`--weights FILE`")]).toEqual([2, true]);
  });

  it("says where it ran, and how fast, apart from what the model says", async () => {
    const { stdout, stderr } = await archc(
      "run",
      built,
      "--backend",
      "cpu",
      "--tokens",
      "3",
      "--prompt",
      "abc",
    );
    expect(stdout.startsWith("abc")).toBe(true);
    expect(stderr).toMatch(/^Tiny: tfjs on cpu, loaded in .*\nfirst token after .*, then .* tokens \/ s\n$/);
  });

  it("ends with 2 on a build that is damaged, of another target, or given nothing", async () => {
    const damaged = join(folder, "damaged");
    cpSync(built, damaged, { recursive: true });
    writeFileSync(join(damaged, "manifest.json"), '{ "format": 7 }');
    const half = await archc("run", damaged, "--backend", "cpu");
    expect(half.code).toBe(2);
    expect(half.stderr).toContain("error[usage/not-a-build]");
    const only = join(folder, "only-onnx");
    await archc("build", tiny, "-o", only, "--target", "onnx");
    expect((await archc("run", only, "--backend", "cpu")).code).toBe(2);
    const empty = await archc("run", built, "--backend", "cpu", "--prompt", "");
    expect([empty.code, empty.stderr.includes("`--prompt` is empty")]).toEqual([2, true]);
  });
});

describe("exit codes", () => {
  const codeOf = (report: (sink: Diagnostics) => void) => {
    const sink = new Diagnostics();
    report(sink);
    return exitCodeOf(sink.list);
  };

  it("tell no data and bugs from wrong input", () => {
    expect(codeOf((s) => s.report("usage/no-backend", { why: "absent" }))).toBe(3);
    expect(codeOf((s) => s.report("budget/no-data", { metric: "m", why: "w" }))).toBe(3);
    expect(codeOf((s) => s.report("internal/bug", { what: "w", report: undefined }))).toBe(4);
    expect(codeOf((s) => s.report("budget/not-yet", { metric: "m", why: "w" }))).toBe(0);
  });
});

it("backends are shown with how to get the absent ones", async () => {
  const { code, stdout } = await archc("backends", "--format", "json");
  const { backends } = JSON.parse(stdout);
  expect(code).toBe(0);
  expect(backends.map((b: { name: string }) => b.name).sort()).toEqual([
    "cpu",
    "onnx",
    "tensorflow",
    "wasm",
    "webgpu",
  ]);
  for (const b of backends) expect(b.why !== "" && (b.available || b.get !== "")).toBe(true);
});

describe("a number that a model takes", () => {
  const latents = join(fileURLToPath(new URL("../../", import.meta.url)), "specs/small-perceiver-ar.arch");
  const run = ["--model", "TinyPerceiverAr", "--tokens", "3", "--greedy", "--prompt", "some words"];

  it("is given by --at; without it, the model's own", async () => {
    const own = await tokens(latents, ...run);
    expect(await tokens(latents, ...run, "--at", "latents=6")).toEqual(own);
    expect(await tokens(latents, ...run, "--at", "latents=1")).not.toEqual(own);
  });

  it.each([
    ["latens=2", "has no count `latens`"],
    ["latents=0", "`latents` is 0; it must be at least 1"],
    ["latents=many", "a size is a whole number of at least 0"],
  ])("--at %s is refused", async (at, words) => {
    const { code, stderr } = await archc("run", latents, ...run, "--at", at);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});
