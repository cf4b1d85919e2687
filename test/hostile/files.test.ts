import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { archc } from "../cli/archc.js";
import { ground, spec, specWith } from "./project.js";

const here = ground();
afterAll(() => here.remove());

const outside = join(here.outside, "secret.arch");
writeFileSync(outside, "layer secret(x: [.. D]) -> [.. D] { return x }\n");

/** A spec whose feed-forward is the layer that lies outside. */
const thief = (path: string) => specWith("secret()", `import { secret } from "${path}"`);

describe("an import that leads out of the project", () => {
  const up = relative(here.root, outside);
  symlinkSync(here.outside, join(here.root, "link"));
  symlinkSync(outside, join(here.root, "linked.arch"));
  it.each([
    ["upwards", up],
    ["upwards from below", `./a/../${up}`],
    ["as a whole path", outside],
    ["as a URL", `file://${outside}`],
    ["through a folder that is a link", "./link/secret.arch"],
    ["through a file that is a link", "./linked.arch"],
    ["to the system's files", "../../../../../../etc/passwd"],
  ])("%s is not read", async (_, path) => {
    const { code, stderr } = await archc("check", here.put("thief.arch", thief(path)));
    expect([code, stderr.split("\n")[0]]).toEqual([
      2,
      `error[import/not-found]: cannot read the file "${path}"`,
    ]);
    expect(stderr).not.toMatch(/root:|layer secret/);
    // What is said of a file that is not there is the same: nobody learns what there is.
    const other = await archc(
      "check",
      here.put("thief.arch", thief(path.replace(/secret|linked|passwd/, "nobody"))),
    );
    expect(other.stderr.replaceAll("nobody", "")).toBe(
      stderr.replaceAll(/secret(?=\.arch)|linked|passwd/g, ""),
    );
  });

  it("reads the same file where it lies inside", async () => {
    here.put("inside.arch", readFileSync(outside, "utf8"));
    expect((await archc("check", here.put("thief.arch", thief("./inside.arch")))).code).toBe(0);
  });
});

describe("imports in a circle", () => {
  it("of two files, and of one, are an error", async () => {
    const a = here.put(
      "a.arch",
      'import { b } from "./b.arch"\nlayer a(x: [.. D]) -> [.. D] { return b(x) }\n',
    );
    here.put("b.arch", 'import { a } from "./a.arch"\nlayer b(x: [.. D]) -> [.. D] { return a(x) }\n');
    const two = await archc("check", a);
    expect([two.code, two.stderr]).toEqual([2, expect.stringContaining("error[import/cycle]")]);
    const self = here.put(
      "c.arch",
      'import { c } from "./c.arch"\nlayer c(x: [.. D]) -> [.. D] { return x }\n',
    );
    expect((await archc("check", self)).code).toBe(2);
  });
});

describe("what is no file", () => {
  const commands = ["check", "cost", "lint", "graph", "build", "run"];
  const out = join(here.root, "never");
  const argv = (command: string, file: string) => [
    command,
    file,
    ...(command === "build" ? ["-o", out] : []),
  ];
  const pipe = join(here.root, "pipe.arch");
  execFileSync("mkfifo", [pipe]);
  here.put("loop.arch", "");
  symlinkSync("circle.arch", join(here.root, "circle.arch"));
  mkdirSync(join(here.root, "folder.arch"));

  for (const command of commands) {
    it(`${command} says so, and waits for nothing`, async () => {
      for (const file of [pipe, "/dev/zero", join(here.root, "circle.arch"), "a\0b.arch"]) {
        const { code, stderr } = await archc(...argv(command, file));
        expect([file, code, stderr]).toEqual([file, 2, expect.stringMatching(/^error\[usage\//)]);
      }
      const folder = await archc(...argv(command, join(here.root, "folder.arch")));
      if (command !== "check" && command !== "lint") expect(folder.code).toBe(2);
    });
  }
});

describe("an output that cannot be", () => {
  const file = here.put("fine.arch", spec());
  const listed = () => readdirSync(here.root).sort();
  const refused = async (out: string, words: string) => {
    const held = listed();
    const { code, stderr } = await archc("build", file, "-o", out);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    expect(listed()).toEqual(held);
  };

  it("a file, below a file, a device, the system's own folders", async () => {
    await refused(file, "is not a folder");
    await refused(join(file, "out"), "a part of the path is not a folder");
    await refused("/dev/null", "is not a folder");
    await refused("/proc/archc/out", "cannot write the build");
    await refused(`${here.root}/a\0b`, "cannot write the build");
    await refused(join(here.root, "x".repeat(300)), "the name is too long");
  });

  it("a folder that holds the user's own files", async () => {
    mkdirSync(join(here.root, "thesis"));
    writeFileSync(join(here.root, "thesis/chapter.tex"), "");
    // A manifest that lies does not make them ours.
    writeFileSync(
      join(here.root, "thesis/manifest.json"),
      '{ "archc": "0", "files": [{ "name": "../fine.arch" }] }',
    );
    await refused(join(here.root, "thesis"), "chapter.tex");
  });

  it("weights larger than any file, or than the disk", async () => {
    const sized = (dim: string) => here.put("large.arch", spec().replace("dim = 8", `dim = ${dim}`));
    for (const [dim, words] of [
      ["1_000_000_000_000_000_000", "more than any file can hold"],
      ["1_000_000", "the weights take"],
    ] as const) {
      sized(dim);
      const held = listed();
      const { code, stderr } = await archc(
        "build",
        join(here.root, "large.arch"),
        "-o",
        join(here.root, "large"),
      );
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
      expect(listed()).toEqual(held);
    }
  });
});
