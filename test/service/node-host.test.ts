import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { MAX_FILE_BYTES, openSpec } from "../../compiler/node-host.js";

let top = "";

beforeAll(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "archc-host-")));
  mkdirSync(join(top, "project/specs/deep"), { recursive: true });
  mkdirSync(join(top, "loose"));
  writeFileSync(join(top, "secret.arch"), "secret");
  writeFileSync(join(top, "project/package.json"), "{}");
  writeFileSync(join(top, "project/base.arch"), "base");
  writeFileSync(join(top, "project/specs/deep/a.arch"), "\ufeffa");
  writeFileSync(join(top, "project/large.arch"), "x".repeat(MAX_FILE_BYTES + 1));
  writeFileSync(join(top, "loose/b.arch"), "b");
  symlinkSync(join(top, "secret.arch"), join(top, "project/link.arch"));
  symlinkSync(join(top, "project/base.arch"), join(top, "project/inside.arch"));
});

afterAll(() => rmSync(top, { recursive: true, force: true }));

describe("the host on a file system", () => {
  it("reads below the nearest folder that marks a project", () => {
    const { host, path } = openSpec(join(top, "project/specs/deep/a.arch"));
    expect(host.root).toBe(join(top, "project"));
    expect(path).toBe("specs/deep/a.arch");
    expect(host.read(path)).toBe("a");
    expect(host.read("base.arch")).toBe("base");
    expect(host.read("specs/../base.arch")).toBe("base");
    expect(host.read("inside.arch")).toBe("base");
  });

  it("reads below the spec's own folder where nothing marks one", () => {
    const { host, path } = openSpec(join(top, "loose/b.arch"));
    expect([host.root, path]).toEqual([join(top, "loose"), "b.arch"]);
  });

  it("reads nothing outside, by dots, by a link or by an absolute path", () => {
    const { host } = openSpec(join(top, "project/base.arch"));
    for (const path of [
      "../secret.arch",
      "link.arch",
      join(top, "secret.arch"),
      "/etc/passwd",
      "a\0b",
      "",
      ".",
      "specs",
    ]) {
      expect(host.read(path)).toBeUndefined();
    }
  });

  it("reads no file that is too large", () => {
    expect(openSpec(join(top, "project/base.arch")).host.read("large.arch")).toBeUndefined();
  });

  it("has the standard library, and nothing else of its folder", () => {
    const { host } = openSpec(join(top, "project/base.arch"));
    expect(host.std().every((name) => /^std\/[\w-]+\.arch$/.test(name))).toBe(true);
    for (const name of host.std()) expect(host.read(name)).toBeTypeOf("string");
    expect(host.read("std/../node-host.ts")).toBeUndefined();
    expect(host.read("std/none.arch")).toBeUndefined();
  });
});

it("a host in memory has what it was given", () => {
  const host = createMemoryHost({ "a.arch": "a" }, { "std/x.arch": "x" });
  expect([host.read("a.arch"), host.read("std/x.arch"), host.read("b.arch"), host.std()]).toEqual([
    "a",
    "x",
    undefined,
    ["std/x.arch"],
  ]);
});
