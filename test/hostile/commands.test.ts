import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it, vi } from "vitest";
import { main } from "../../compiler/cli/app.js";
import { capturedIo } from "../../compiler/cli/io.js";
import { archc } from "../cli/archc.js";
import { ground, spec } from "./project.js";

const here = ground();
afterAll(() => here.remove());
const fine = here.put("fine.arch", spec());

/** The command ends with 2, in these words, and crashes nowhere. */
async function refused(argv: readonly string[], words: string): Promise<void> {
  const { code, stderr } = await archc(...argv);
  expect(stderr).toContain(words);
  expect(stderr).toMatch(/^error\[(?!internal)/);
  expect([argv, code]).toEqual([argv, 2]);
}

describe("sizes", () => {
  it.each([
    ["toString=1", "the model has no size `toString`"],
    ["__proto__=1", "the model has no size `__proto__`"],
    ["seq=-1", "a size is a whole number of at least 0"],
    ["seq=NaN", "a size is a whole number of at least 0"],
    ["seq=1e308", "a size is a whole number of at least 0"],
    ["seq=9999999999999999", "a size can be at most 999999999999999"],
    [`seq=${"9".repeat(100_000)}`, "(100004 characters)"],
    ["", "`--at` is empty: give it a value, or leave it out"],
    [",,", "write sizes as `batch=1,seq=1024,past=0`"],
  ])("%s is refused", async (at, words) => refused(["cost", fine, "--at", at], words));

  it("given in two options are all taken, and none is dropped", async () => {
    const { stdout } = await archc("cost", fine, "--at", "batch=3", "--at", "seq=4");
    expect(stdout).toContain("batch = 3, seq = 4");
    await refused(["cost", fine, "--at", "seq=3", "--at", "seq=4"], "`seq` is given twice");
  });
});

describe("options", () => {
  it("that are empty come from a variable that is not set", async () => {
    for (const option of ["--model", "--profile", "--weights", "--dtype", "--convention"])
      await refused(["cost", fine, option, ""], `\`${option}\` is empty: give it a value, or leave it out`);
    await refused(["build", fine, "-o", ""], "`--out` is empty");
    await refused(["cost", ""], "the name of a file is empty");
    await refused(["check", ""], "the name of a file is empty");
    await refused(["", fine], "the name of the command is empty");
  });

  it("named as every object has them are no values", async () => {
    for (const word of ["__proto__", "toString", "constructor"]) {
      for (const option of ["--dtype", "--by", "--convention", "--backend", "--train"])
        await refused(["cost", fine, option, word], `\`${option}\` cannot be \`${word}\`: use one of`);
      await refused([word], `there is no command \`${word}\``);
      await refused(["explain", word], `there is no diagnostic \`${word}\``);
    }
  });

  it("are told in words of their own", async () => {
    await refused(["cost", fine, "--at"], "`--at` needs a value: `--at <sizes>`");
    await refused(["cost"], "`archc cost` needs the argument `<spec>`");
    await refused(["build", fine], "`archc build` needs the option `-o, --out <dir>`");
    // The command is what is wrong, whatever comes after it.
    const { code, stdout } = await archc("chek", fine, "--format", "json");
    expect([code, stdout]).toEqual([2, expect.stringContaining("there is no command `chek`")]);
    await refused(["run", fine, "--temperature", "0x10"], "expected a number of at least 0");
    await refused(["run", fine, "--top-p", "0"], "expected a number above 0 and of at most 1");
    await refused(["build", fine, "-o", "x", "--seed", "9007199254740993"], "at most 9007199254740991");
  });
});

describe("files", () => {
  it("each once, however they are named, and all that cannot be opened", async () => {
    const { stdout } = await archc("check", fine, join(here.root, "./a/../fine.arch"), here.root);
    expect(stdout.match(/fine\.arch: M/g)).toHaveLength(1);
    const nul = here.put("nul.arch", "\0");
    const { stderr } = await archc("check", fine, nul, join(here.root, "nobody.arch"));
    expect(stderr).toContain("it contains NUL characters, so it is not text");
    expect(stderr).toContain("there is no file");
    unlinkSync(nul);
  });

  it("that cannot be read: why", async () => {
    const pipe = join(here.root, "pipe.arch");
    execFileSync("mkfifo", [pipe]);
    await refused(["cost", pipe], "it is not a file");
    unlinkSync(pipe);
    const out = join(here.outside, "out.arch");
    writeFileSync(out, spec());
    const link = join(here.root, "link.arch");
    symlinkSync(out, link);
    await refused(["cost", link], "it is a symbolic link that leads out of the project");
    unlinkSync(link);
    symlinkSync("nowhere", link);
    await refused(["cost", link], "it is a symbolic link that leads nowhere");
    await refused(["build", fine, "-o", link], "is a symbolic link that leads nowhere");
    unlinkSync(link);
    await refused(["cost", here.root], "it is a folder; name a spec in it, such as `");
  });

  it("with any name that the system allows are read", async () => {
    const odd = here.put('odd/q"uo\\te \u001b[31m.arch', spec());
    const { code, stdout } = await archc("check", odd);
    expect(code).toBe(0);
    expect(stdout).toContain("␛[31m.arch: M: no problems");
    for (const format of ["text", "github"]) {
      const wrong = here.put("odd/\u001b[31mwrong.arch", "modle");
      const all = await archc("check", wrong, "--format", format);
      expect(all.stdout + all.stderr).not.toContain("\u001b");
      unlinkSync(wrong);
    }
  });

  it("match patterns in no time", async () => {
    here.put(`${"a".repeat(200)}.arch`, spec());
    const began = performance.now();
    await refused(["check", `${here.root}/${"*a".repeat(40)}b`], "no spec matches");
    await refused(["check", `${here.root}/${"**/".repeat(40)}b`], "no spec matches");
    expect(performance.now() - began).toBeLessThan(2000);
    unlinkSync(join(here.root, `${"a".repeat(200)}.arch`));
  });
});

describe("what a command writes takes the place of nothing that is wanted", () => {
  it("no graph in the place of a spec", async () => {
    const imported = here.put("layers.arch", "layer same(x: [.. D]) -> [.. D] { return x }\n");
    const user = here.put("user", spec(undefined, 'import { same } from "./layers.arch"'));
    for (const out of [user, imported, join(here.root, "new.arch")]) {
      await refused(["graph", user, "-o", out], "that is the name of a spec");
    }
    expect(readFileSync(user, "utf8")).toContain("model M");
    expect(readFileSync(imported, "utf8")).toContain("layer same");
  });

  it("no export in the place of the build's own files, nor beside them", async () => {
    const out = join(here.root, "built");
    await archc("build", fine, "-o", out);
    const before = readFileSync(join(out, "weights.safetensors"), "latin1");
    symlinkSync(out, join(here.root, "alias"));
    for (const name of ["built/weights.safetensors", "alias/new.safetensors", "built/manifest.json"])
      await refused(["export", out, "-o", join(here.root, name)], "it lies in the build itself");
    expect(readFileSync(join(out, "weights.safetensors"), "latin1")).toBe(before);
  });
});

describe("fmt", () => {
  const ugly = spec().replace("dim = 8", "   dim   =  8");

  it("formats the others where one file is no text", async () => {
    mkdirSync(join(here.root, "mixed"));
    here.put("mixed/a.arch", "\0");
    here.put("mixed/b.arch", ugly);
    const { code, stdout, stderr } = await archc("fmt", join(here.root, "mixed"));
    expect(code).toBe(2);
    expect(stderr).toContain("it contains NUL characters");
    expect(stdout).toContain("1 file formatted, 0 files unchanged, 1 file skipped because of errors");
    expect(readFileSync(join(here.root, "mixed/b.arch"), "utf8")).not.toBe(ugly);
  });

  it("removes the mark before UTF-8 even where nothing else is to do", async () => {
    const marked = here.put("marked.arch", ugly);
    await archc("fmt", marked);
    writeFileSync(marked, `\ufeff${readFileSync(marked, "utf8")}`);
    expect((await archc("fmt", "--check", marked)).code).toBe(1);
    expect((await archc("fmt", marked)).stdout).toContain("formatted");
    expect(readFileSync(marked, "utf8").startsWith("import")).toBe(true);
  });

  it("names standard input", async () => {
    const io = capturedIo(new Uint8Array([0xff, 0xfe]));
    expect(await main(["fmt", "-"], io)).toBe(2);
    expect(io.stderr()).toContain("cannot read `<stdin>` as a spec: it is not UTF-8 text");
  });
});

describe("a cache that cannot be", () => {
  it("is told in words, and waited for by nobody", async () => {
    for (const place of [fine, "/proc/archc/cache", "/dev/null/x"]) {
      vi.stubEnv("ARCHC_CACHE", place);
      await refused(["run", fine, "--tokens", "1"], "set ARCHC_CACHE to a folder that you can write to");
    }
    vi.unstubAllEnvs();
  });
});

it("a prompt comes from standard input where it is `-`, and a long one does not crash", async () => {
  vi.stubEnv("ARCHC_CACHE", join(here.root, "cache"));
  const io = capturedIo(new TextEncoder().encode(`${"1".repeat(1e6)}\n`));
  const code = await main(["run", fine, "--prompt", "-", "--tokens", "1", "--format", "json"], io);
  expect(code, io.stderr()).toBe(0);
  expect(JSON.parse(io.stdout()).prompt).toHaveLength(1e6);
  vi.unstubAllEnvs();
});
