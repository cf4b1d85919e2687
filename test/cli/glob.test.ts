import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expand } from "../../compiler/cli/glob.js";
import { globPattern } from "../../compiler/cli/glob-pattern.js";

describe("patterns", () => {
  const matches = (glob: string, paths: readonly string[]) => paths.filter(globPattern(glob));
  const paths = ["a.arch", "b.txt", "specs/a.arch", "specs/gpt2/xl.arch", "specs/gpt2/s.arch"];

  it("stay in a folder with one star, and do not with two", () => {
    expect(matches("*.arch", paths)).toEqual(["a.arch"]);
    expect(matches("specs/*.arch", paths)).toEqual(["specs/a.arch"]);
    expect(matches("specs/**/*.arch", paths)).toEqual(paths.slice(2));
    expect(matches("**/*.arch", paths)).toEqual(["a.arch", ...paths.slice(2)]);
    expect(matches("specs/**", paths)).toEqual(paths.slice(2));
  });

  it("take one character, and choices", () => {
    expect(matches("specs/gpt2/?.arch", paths)).toEqual(["specs/gpt2/s.arch"]);
    expect(matches("{a,b}.{arch,txt}", paths)).toEqual(["a.arch", "b.txt"]);
  });

  it("take all else as it is written", () => {
    expect(matches("a(1)+[x].arch", ["a(1)+[x].arch", "a1.arch"])).toEqual(["a(1)+[x].arch"]);
    expect(matches("{open.arch", ["open.arch"])).toEqual(["open.arch"]);
    expect(matches("x{a*,b}c", ["xac", "xa1c", "xbc", "xb1c", "xc"])).toEqual(["xac", "xa1c", "xbc"]);
    expect(matches("{a,{b,c}d}", ["a", "bd", "cd", "ad", "d"])).toEqual(["a", "bd", "cd"]);
  });
});

describe("expand", () => {
  let top = "";
  beforeAll(() => {
    top = mkdtempSync(join(tmpdir(), "archc-glob-"));
    mkdirSync(join(top, "specs/node_modules"), { recursive: true });
    for (const file of ["specs/b.arch", "specs/a.arch", "specs/note.md", "specs/node_modules/c.arch"]) {
      writeFileSync(join(top, file), "");
    }
  });
  afterAll(() => rmSync(top, { recursive: true, force: true }));

  it("gives files, folders' specs and matches, sorted", () => {
    const both = [join(top, "specs/a.arch"), join(top, "specs/b.arch")];
    expect(expand(join(top, "specs"))).toEqual(both);
    expect(expand(`${top}/**/*.arch`)).toEqual(both);
    expect(expand(join(top, "specs/note.md"))).toEqual([join(top, "specs/note.md")]);
    expect(expand(join(top, "none.arch"))).toEqual([]);
    expect(expand(`${top}/none/*.arch`)).toEqual([]);
    // A pattern finds specs alone: a note is none.
    expect(expand(`${top}/specs/*`)).toEqual(both);
  });
});
