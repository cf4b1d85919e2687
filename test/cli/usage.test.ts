import { readFileSync, rmSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { main } from "../../compiler/cli/app.js";
import { capturedIo } from "../../compiler/cli/io.js";
import { isTooOld, LEAST_NODE } from "../../compiler/cli/node-version.js";
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
    ["sizes that the model cannot take", ["cost", tiny, "--at", "seq=33"], "it requires `seq <= 32`"],
    ["a size given twice", ["cost", tiny, "--at", "seq=3,seq=4"], "`seq` is given twice"],
    ["a table", ["cost", tiny, "--by", "ops"], "did you mean `op`?"],
    ["a part", ["graph", tiny, "--part", "stop"], "did you mean `step`?"],
    ["a part of a picture", ["graph", tiny, "--svg", "--part", "step"], "remove one of the two options"],
    ["a size of a text without sizes", ["graph", tiny, "--at", "seq=3"], "only a picture (`--svg`)"],
    ["help for no command", ["help", "chek"], "did you mean `check`?"],
    ["a missing output", ["build", tiny], "-o, --out <dir>"],
    ["a target", ["build", tiny, "-o", "out/x", "--target", "tfsj"], "did you mean `tfjs`?"],
    ["a seed", ["build", tiny, "-o", "out/x", "--seed", "-1"], "a whole number of at least 0"],
    ["a backend", ["run", tiny, "--backend", "wsam"], "did you mean `wasm`?"],
    [
      "a backend of the other target",
      ["run", tiny, "--backend", "wasm", "--target", "onnx"],
      "it runs the target tfjs",
    ],
    [
      "sampling",
      ["run", tiny, "--greedy", "--temperature", "1"],
      "`--greedy` means a temperature of 0; remove one of the two options",
    ],
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
    const help = (await archc("run", "--help")).stdout;
    expect(help).toContain("--backend <name>");
    expect((await archc("help", "run")).stdout).toBe(help);
    expect((await archc("help")).stdout).toBe((await archc("--help")).stdout);
    expect(await archc("--version")).toEqual({ code: 0, stdout: `${archcVersion()}\n`, stderr: "" });
  });
});

describe("what archc stands on", () => {
  it("is Node as the package asks for it", () => {
    expect(["18.20.4", "20.0.0", "20.20.2", "100.1.0"].map(isTooOld)).toEqual([true, false, false, false]);
    const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(engines.node).toBe(`>=${LEAST_NODE}`);
  });

  it("is a folder that is there", async () => {
    // As Node has it where the folder was removed under the shell.
    const gone = Object.assign(new Error("ENOENT: uv_cwd"), { code: "ENOENT", syscall: "uv_cwd" });
    const cwd = vi.spyOn(process, "cwd").mockImplementation(() => {
      throw gone;
    });
    const { code, stderr } = await archc("diff", "main");
    cwd.mockRestore();
    expect([code, stderr]).toEqual([2, expect.stringContaining("no longer exists")]);
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
    expect(err).toMatch(/^error\[internal\/bug\]: archc crashed: the disk\n/);
    expect(err).not.toContain("    at ");
    const file = /report `([^`]+)`/.exec(err)![1]!;
    const report = readFileSync(file, "utf8");
    rmSync(file);
    expect(report).toContain("command: archc --version");
    expect(report).toMatch(/was eaten\n {4}at [\s\S]*caused by: Error: by a dog/);
  });
});
