import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { main } from "../../compiler/cli/app.js";
import { capturedIo } from "../../compiler/cli/io.js";
import { archc } from "./archc.js";

const folder = mkdtempSync(join(tmpdir(), "archc-fmt-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string): string => join(folder, name);
const text = (name: string): string => readFileSync(file(name), "utf8");
const loose = "fn half(x)=x/2 // why\n";
const tidy = "fn half(x) = x / 2  // why\n";

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "inner"), { recursive: true });
  writeFileSync(file("loose.arch"), loose);
  writeFileSync(file("tidy.arch"), tidy);
});

describe("archc fmt", () => {
  it("rewrites only the files whose layout differs", async () => {
    const before = statSync(file("tidy.arch")).mtimeMs;
    const ran = await archc("fmt", folder);
    expect(ran).toEqual({
      code: 0,
      stdout: `formatted ${file("loose.arch")}\n1 file formatted, 1 file unchanged\n`,
      stderr: "",
    });
    expect(text("loose.arch")).toBe(tidy);
    expect(statSync(file("tidy.arch")).mtimeMs).toBe(before);
    expect(readdirSync(folder).sort()).toEqual(["inner", "loose.arch", "tidy.arch"]);
  });

  it("takes patterns, and keeps a file's rights and links", async () => {
    writeFileSync(file("inner/deep.arch"), loose);
    chmodSync(file("inner/deep.arch"), 0o640);
    symlinkSync(file("inner/deep.arch"), file("link.arch"));
    expect((await archc("fmt", join(folder, "**/t*.arch"), file("link.arch"))).code).toBe(0);
    expect(text("inner/deep.arch")).toBe(tidy);
    expect(statSync(file("inner/deep.arch")).mode & 0o777).toBe(0o640);
    expect((await archc("fmt", join(folder, "none/*.arch"))).stderr).toContain("usage/no-match");
  });

  it("only says so with --check, and exits with 1", async () => {
    const ran = await archc("fmt", "--check", folder);
    expect([ran.code, ran.stdout]).toEqual([
      1,
      `would format ${file("loose.arch")}\n1 file to format, 1 file unchanged\n`,
    ]);
    expect(text("loose.arch")).toBe(loose);
    expect((await archc("fmt", "--check", file("tidy.arch"))).code).toBe(0);
  });

  it("counts a file once that it warns of and lays out", async () => {
    writeFileSync(file("loose.arch"), "layer half(x: [.. D])->[.. D] {\n  n = D // 2\n  return n*x\n}\n");
    const ran = await archc("fmt", folder);
    expect([ran.code, ran.stdout]).toEqual([
      0,
      `formatted ${file("loose.arch")}\n1 file formatted, 1 file unchanged\n`,
    ]);
    expect(ran.stderr).toContain("syntax/comment-divides");
  });

  it("leaves a file with syntax errors as it is, tells them, and goes on with the others", async () => {
    writeFileSync(file("a.arch"), "fn f(x) = (x\n");
    const ran = await archc("fmt", folder);
    expect(ran.code).toBe(2);
    expect(ran.stdout).toMatch(/\n1 file formatted, 1 file unchanged, 1 file skipped because of errors\n$/);
    expect(ran.stderr).toContain("error[syntax/unclosed]");
    expect(text("a.arch")).toBe("fn f(x) = (x\n");
    expect(text("loose.arch")).toBe(tidy);
  });

  it("says the same to programs with --format json", async () => {
    writeFileSync(file("a.arch"), "fn f(x) = (x\n");
    const told = async (...argv: string[]) => {
      const { code, stdout, stderr } = await archc("fmt", "--format", "json", ...argv);
      return { code, stderr, json: JSON.parse(stdout) };
    };
    const states = (a: string, loose: string, tidy: string) => [
      { file: file("a.arch"), state: a },
      { file: file("loose.arch"), state: loose },
      { file: file("tidy.arch"), state: tidy },
    ];
    const checked = await told("--check", folder);
    expect([checked.code, checked.stderr, checked.json.version]).toEqual([2, "", 1]);
    expect(checked.json.files).toEqual(states("not read", "would format", "unchanged"));
    expect(checked.json.diagnostics).toMatchObject([
      { code: "syntax/unclosed", place: { file: file("a.arch"), line: 1, column: 11 } },
    ]);
    expect(text("loose.arch")).toBe(loose);
    expect((await told(folder)).json.files).toEqual(states("not read", "formatted", "unchanged"));
    expect(text("loose.arch")).toBe(tidy);
    const whole = await told("--check", file("loose.arch"));
    expect([whole.code, whole.json.diagnostics]).toEqual([0, []]);
    const io = capturedIo(new TextEncoder().encode(loose));
    expect(await main(["fmt", "-", "--format", "json"], io)).toBe(0);
    expect(JSON.parse(io.stdout())).toEqual({
      version: 1,
      files: [{ file: "<stdin>", state: "formatted" }],
      text: tidy,
      diagnostics: [],
    });
    expect((await archc("fmt", "--format", "xml", folder)).code).toBe(2);
  });

  it("refuses what is no text, so that no byte is lost", async () => {
    const bytes = Uint8Array.from([0x2f, 0x2f, 0xe9, 0x0a]);
    writeFileSync(file("latin.arch"), bytes);
    const ran = await archc("fmt", file("latin.arch"));
    expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining("it is not UTF-8 text")]);
    expect(new Uint8Array(readFileSync(file("latin.arch")))).toEqual(bytes);
  });

  it("says that a folder has no spec", async () => {
    const empty = join(folder, "empty");
    mkdirSync(empty);
    for (const command of ["fmt", "check", "lint"]) {
      const { code, stderr } = await archc(command, empty);
      expect([code, stderr]).toEqual([2, expect.stringContaining("contains no specs")]);
    }
  });

  it("formats standard input", async () => {
    const run = async (input: string, ...argv: string[]) => {
      const io = capturedIo(new TextEncoder().encode(input));
      return [await main(["fmt", ...argv], io), io.stdout(), io.stderr()];
    };
    expect(await run(loose, "-")).toEqual([0, tidy, ""]);
    expect(await run(loose, "-", "--check")).toEqual([1, "would format <stdin>\n", ""]);
    expect(await run(tidy, "-", "--check")).toEqual([0, "", ""]);
    expect(await run("fn f(x) = (x", "-")).toEqual([2, "", expect.stringContaining("--> <stdin>:1:11")]);
    expect((await run("x".repeat(2 ** 20 + 1), "-"))[0]).toBe(2);
    expect((await archc("fmt", "-", "a.arch")).code).toBe(2);
  });
});
