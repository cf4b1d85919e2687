import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archc, specFile } from "./archc.js";

const tiny = specFile("tiny");
const tinyText = readFileSync(tiny, "utf8");
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archc-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A variant of the tiny spec with something else written in it. */
function altered(name: string, from: string | RegExp, to: string): string {
  const file = join(folder, `${name}.arch`);
  const text = tinyText.replace(from, to);
  if (text === tinyText) throw new Error(`the tiny spec has no ${from}`);
  writeFileSync(file, text);
  return file;
}

describe("check", () => {
  it("is clean on a clean spec", async () => {
    expect(await archc("check", tiny)).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringContaining("Tiny: no problems"),
    });
  });

  it("ends with 1 where only a budget or an expectation does not hold", async () => {
    const over = await archc("check", altered("over", "<= 20K", "<= 10K"));
    expect(over.code).toBe(1);
    expect(over.stderr).toContain("error[budget/exceeded]: `params.total` is 10.5K, 528 over its budget");
    const off = await archc("check", altered("off", "10_528", "10_529"));
    expect(off.code).toBe(1);
    expect(off.stderr).toContain("`params.total` is 10,528, but the spec expects 10,529");
  });

  it("ends with 2 where the spec is wrong, budgets or not", async () => {
    const file = altered("wrong", "dim   = 16", "dim = 16\n  dimm = 1");
    expect((await archc("check", file)).code).toBe(2);
    expect(await archc("check", altered("syntax", "blocks 2 {", "blocks 2 [")).then((r) => r.code)).toBe(2);
  });

  it("counts what is not available neither as held nor as wrong", async () => {
    const file = altered("later", "growth(seq)   <= 2", "time.forward  <= 1 s");
    const { code, stderr } = await archc("check", file);
    expect(code).toBe(0);
    expect(stderr).toContain("warning[budget/not-yet]");
  });

  it("prints diagnostics as data", async () => {
    const { code, stdout, stderr } = await archc(
      "check",
      altered("data", "<= 20K", "<= 10K"),
      "--format",
      "json",
    );
    const body = JSON.parse(stdout);
    expect([code, stderr, body.version, body.files[0].models]).toEqual([1, "", 1, ["Tiny"]]);
    expect(body.diagnostics[0]).toMatchObject({
      code: "budget/exceeded",
      severity: "error",
      place: { line: 17, column: 5 },
    });
  });

  it("prints annotations for GitHub", async () => {
    const { stdout } = await archc("check", altered("github", "<= 20K", "<= 10K"), "--format", "github");
    expect(stdout).toMatch(
      /^::error file=.*github\.arch,line=17,endLine=17,col=5,endColumn=17,title=budget\/exceeded::/,
    );
  });

  it("takes several files, folders and patterns, each file once", async () => {
    const one = altered("one", "Tiny", "One");
    const { stdout } = await archc("check", one, tiny, one, `${folder}/on?.arch`);
    expect(stdout.trim().split("\n")).toHaveLength(2);
  });
});

describe("lint", () => {
  it("gives a verdict on every line", async () => {
    const { code, stdout } = await archc("lint", tiny);
    expect(code).toBe(0);
    expect(stdout).toContain("5 held, 0 violated");
    expect(stdout).toMatch(/^ok .*Tiny \(chat\) +memory\.cache <= 16 KiB +4\.00 KiB$/m);
  });

  it("says which do not hold, exactly as data", async () => {
    const file = altered("lint", "100 KFLOP", "20 KFLOP");
    const text = await archc("lint", file);
    expect(text.code).toBe(1);
    expect(text.stdout).toMatch(/^FAIL .*flops\.forward <= 20 KFLOP \/ token +21\.5 KFLOP \/ token$/m);
    const { verdicts } = JSON.parse((await archc("lint", file, "--format", "json")).stdout);
    expect(verdicts[1]).toMatchObject({
      model: "Tiny",
      kind: "budget",
      constraint: "flops.forward <= 20 KFLOP / token",
      outcome: "violated",
      exact: { limit: 20000 },
      at: { batch: 1, seq: 32 },
    });
  });

  it("leaves out verdicts that cannot be had, and fails for them", async () => {
    const { code, stdout, stderr } = await archc("lint", altered("unit", "<= 20K", "<= 20 KiB"));
    expect(code).toBe(2);
    expect(stderr).toContain("one is a count, the other bytes");
    expect(stdout).toContain("1 not checked");
  });
});

describe("cost", () => {
  it("prints one object of exact figures", async () => {
    const { code, stdout } = await archc("cost", tiny, "--at", "batch=1,seq=32", "--format", "json");
    const body = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(body).toMatchObject({
      model: "Tiny",
      "params.total": 10528,
      "flops.polynomial": "128*batch*seq^2 + 17408*batch*seq",
    });
    expect(body["flops.forward"]).toBe(128 * 32 * 32 + 17408 * 32);
    for (const key of ["params.active", "memory.inference"]) expect(Number.isInteger(body[key])).toBe(true);
  });

  it("prints numbers above 2^53 as digits", async () => {
    const file = altered("large", "seq   = 32", "seq = 100_000_000");
    const { stdout } = await archc("cost", file, "--format", "json");
    expect(JSON.parse(stdout)["flops.forward"]).toBe(String(128n * 10n ** 16n + 17408n * 10n ** 8n));
  });

  it("takes a profile's sizes, and `--at` before them", async () => {
    const at = async (...more: string[]) =>
      JSON.parse((await archc("cost", tiny, "--format", "json", ...more)).stdout).at;
    expect(await at("--profile", "chat")).toEqual({ batch: 2, seq: 16, past: 8 });
    expect(await at("--profile", "chat", "--at", "seq=1")).toEqual({ batch: 2, seq: 1, past: 8 });
    expect(await at()).toEqual({ batch: 1, seq: 32, past: 0 });
  });

  it("prints tables of blocks and ops", async () => {
    const both = (await archc("cost", tiny)).stdout;
    expect(both).toContain("quadratic in seq");
    const block = (await archc("cost", tiny, "--by", "block")).stdout;
    expect(block).toMatch(/^blocks\.1 .*ffn pkm/m);
    expect(block).not.toMatch(/^einsum/m);
    expect((await archc("cost", tiny, "--by", "op")).stdout).toMatch(/^einsum/m);
  });
});

describe("graph", () => {
  it("prints both graphs as text", async () => {
    const start = await archc("graph", tiny);
    const step = await archc("graph", tiny, "--part", "step", "--format", "json");
    expect([start.code, step.code]).toEqual([0, 0]);
    expect(start.stdout).toContain("input_ids");
    expect(JSON.parse(step.stdout).graph).toContain("past");
  });
});
