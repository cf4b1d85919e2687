import { readFileSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { main } from "../../compiler/cli/app.js";
import { capturedIo } from "../../compiler/cli/io.js";
import { archcVersion } from "../../compiler/version.js";
import { archc, specFile } from "./archc.js";

const tiny = specFile("tiny");

describe("wrong usage ends with 2, and says what would be right", () => {
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    ["a command", ["chek", tiny], "did you mean `check`?"],
    ["an option", ["check", "--formt", "json", tiny], "did you mean `--format`?"],
    ["a format", ["check", "--format", "jsn", tiny], "did you mean `json`?"],
    ["no file", ["check"], "usage: `archc check [options] <spec...>`"],
    ["a file", ["check", specFile("tinny")], "did you mean `"],
    ["a pattern", ["lint", "none/*.arch"], "no spec matches `none/*.arch`"],
    ["a model", ["cost", tiny, "--model", "tiny"], "did you mean `Tiny`?"],
    ["a profile", ["cost", tiny, "--profile", "chatt"], "did you mean `chat`?"],
    ["a size", ["cost", tiny, "--at", "btch=2"], "did you mean `batch`?"],
    ["how sizes are written", ["cost", tiny, "--at", "batch:2"], "batch=1,seq=1024,past=0"],
    ["a size out of range", ["cost", tiny, "--at", "seq=0"], "a whole number of at least 1"],
    ["sizes that the model cannot take", ["cost", tiny, "--at", "seq=33"], "it needs `seq <= 32`"],
    ["a size given twice", ["cost", tiny, "--at", "seq=3,seq=4"], "`seq` is given twice"],
    ["a table", ["cost", tiny, "--by", "ops"], "did you mean `op`?"],
    ["a part", ["graph", tiny, "--part", "stop"], "did you mean `step`?"],
    ["a missing output", ["build", tiny], "-o, --out <dir>"],
    ["a target", ["build", tiny, "-o", "out/x", "--target", "tfsj"], "did you mean `tfjs`?"],
    ["a seed", ["build", tiny, "-o", "out/x", "--seed", "-1"], "a whole number of at least 0"],
    ["a backend", ["run", tiny, "--backend", "wsam"], "did you mean `wasm`?"],
    [
      "a backend of the other target",
      ["run", tiny, "--backend", "wasm", "--target", "onnx"],
      "it runs the target tfjs",
    ],
    ["sampling", ["run", tiny, "--greedy", "--temperature", "1"], "`--greedy` means a temperature of 0"],
    ["a folder that is no build", ["run", "docs"], "it has no manifest.json"],
    ["a folder as a spec", ["cost", "docs"], "it is a folder"],
  ];
  for (const [what, argv, words] of cases) {
    it(what, async () => {
      const { code, stdout, stderr } = await archc(...argv);
      expect(stderr).toContain(words);
      expect(stderr).toMatch(/^error\[[a-z-]+\/[a-z-]+\]: /);
      expect([code, stdout]).toEqual([2, ""]);
    });
  }
});

describe("help and version end with 0", () => {
  it("names every command", async () => {
    const { code, stdout } = await archc("--help");
    expect(code).toBe(0);
    for (const name of [
      "check",
      "fmt",
      "explain",
      "cost",
      "lint",
      "diff",
      "graph",
      "build",
      "run",
      "backends",
      "demo",
    ]) {
      expect(stdout).toContain(`\n  ${name}`);
    }
    expect((await archc()).stdout).toBe(stdout.slice(0, (await archc()).stdout.length));
  });

  it("explains a command, and says the version", async () => {
    expect((await archc("run", "--help")).stdout).toContain("--backend <name>");
    expect(await archc("--version")).toEqual({ code: 0, stdout: `${archcVersion()}\n`, stderr: "" });
  });
});

describe("a bug of ours ends with 4", () => {
  it("in one line, with the stack in a file", async () => {
    let err = "";
    const io = {
      ...capturedIo(),
      out: () => {
        throw new Error("the disk\nwas eaten", { cause: new Error("by a dog") });
      },
      err: (text: string) => void (err += text),
    };
    expect(await main(["--version"], io)).toBe(4);
    expect(err).toMatch(/^error\[internal\/bug\]: archc itself failed: the disk\n/);
    expect(err).not.toContain("    at ");
    const file = /report `([^`]+)`/.exec(err)![1]!;
    const report = readFileSync(file, "utf8");
    rmSync(file);
    expect(report).toContain("command: archc --version");
    expect(report).toMatch(/was eaten\n {4}at [\s\S]*caused by: Error: by a dog/);
  });
});
