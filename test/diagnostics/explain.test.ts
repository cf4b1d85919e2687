import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { codes } from "../../compiler/diagnostics/codes.js";
import { type Fence, fencesOf, readPages, wholeExample } from "../../compiler/diagnostics/pages.js";
import { Diagnostics } from "../../compiler/diagnostics/sink.js";
import { parseConfig } from "../../compiler/lint/config.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import { format } from "../../grammar/format.js";
import { archc } from "../cli/archc.js";

const pages = readPages();

/** Codes that an example gives, those of `archc lint` included. */
function found(fence: Fence, lint: boolean): readonly string[] {
  const std = createNodeHost(".");
  const text = wholeExample(fence);
  const files: Record<string, string> = { "main.arch": text, ...besides };
  const host = {
    read: (path: string) => files[path] ?? (path.startsWith("std/") ? std.read(path) : undefined),
    std: () => std.std(),
  };
  const service = createService(host);
  const problems = lint ? service.lint("main.arch").diagnostics : service.diagnostics("main.arch");
  return problems.map((d) => d.code);
}

/** Files that examples may import. */
const besides = {
  "layers.arch": "layer twice(x: [.. D]) -> [.. D] {\n  return 2 * x\n}\n",
  "circle.arch": 'import { mine } from "./main.arch"\n\nfn yours(x) = mine(x)\n',
};

const isArch = (fence: Fence): boolean => fence.words[0] === "arch";
const isWrong = (fence: Fence): boolean => fence.words.includes("error");

describe("every code has a page", () => {
  test("and every page is of a code", () => {
    expect([...pages.keys()].sort()).toEqual(Object.keys(codes).sort());
  });

  test.each([...pages.values()])("$code says what is wrong, and shows it or says why not", ({ text }) => {
    expect(text.split("```")[0]!.trim().length).toBeGreaterThan(40);
    const fences = fencesOf(text);
    const kinds = fences.map((f) => `${f.words[0]} ${isWrong(f) ? "wrong" : "right"}`).join(", ");
    if (fences.length === 0) expect(text).toMatch(/There\s+is\s+no\s+example/);
    else expect(kinds).toMatch(/^(arch|console|json) wrong, \1 right$/);
  });
});

const examples = [...pages.values()].flatMap(({ code, text }) =>
  fencesOf(text).map((fence) => ({ code, fence, what: isWrong(fence) ? "wrong" : "right" })),
);

describe("examples in .arch", () => {
  test.each(examples.filter((e) => isArch(e.fence)))("$code: what is $what", ({ code, fence, what }) => {
    const lint = code.startsWith("lint/");
    const whole = wholeExample(fence);
    if (what === "right") expect(format(whole, "main.arch", new Diagnostics()), "is formatted").toBe(whole);
    if (what === "wrong") expect(found(fence, lint)).toContain(code);
    else if (lint) expect(found(fence, lint)).not.toContain(code);
    else expect(found(fence, lint)).toEqual([]);
  });
});

describe("examples of archc.config.json", () => {
  test.each(examples.filter((e) => e.fence.words[0] === "json"))(
    "$code: what is $what",
    ({ code, fence, what }) => {
      const sink = new Diagnostics();
      const config = parseConfig(fence.text, "archc.config.json", sink);
      if (what === "right") expect([config === undefined, sink.list]).toEqual([false, []]);
      else expect(sink.list.map((d) => d.code)).toContain(code);
    },
  );
});

describe("examples on the command line", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "archc-explain-"));
    mkdirSync(join(folder, "notes"));
    writeFileSync(join(folder, "package.json"), "{}");
    writeFileSync(join(folder, "notes/todo.txt"), "none");
    writeFileSync(
      join(folder, "tiny.arch"),
      wholeExample({ words: ["arch", "tiny"], text: "profile serve {\n  batch = 8\n}\n" }),
    );
    const hole = { words: ["arch", "model"], text: "  dim = ? in 32..64 step 32\n" };
    writeFileSync(join(folder, "hole.arch"), wholeExample(hole));
    writeFileSync(join(folder, "layers.arch"), besides["layers.arch"]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test.each(examples.filter((e) => e.fence.words[0] === "console"))(
    "$code: what is $what",
    async ({ code, fence, what }) => {
      for (const line of fence.text.trim().split("\n")) {
        const [, argument, ...argv] = line.split(" ");
        expect([line.split(" ")[0], argument]).toEqual(["$", "archc"]);
        const placed = argv
          .map((word) => word.replace(/^'|'$/g, ""))
          .map((word) =>
            /^(tiny|tinny|hole|layers|notes|none|out|\*)([./]|$)/.test(word) ? join(folder, word) : word,
          );
        const ran = await archc(...placed);
        if (what === "right")
          expect([ran.code, ran.stderr]).toEqual([0, expect.not.stringContaining("error[")]);
        else expect(ran.stderr).toContain(`error[${code}]`);
      }
    },
  );
});

describe("archc explain", () => {
  test("prints a page, however the code is written", async () => {
    const { code, stdout } = await archc("explain", "shape/dim-mismatch");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^shape\/dim-mismatch\n\n[\s\S]*\nwrong[\s\S]*\nright/);
    expect((await archc("explain", "dim-mismatch")).code).toBe(2);
    expect((await archc("explain", "operands-do-not-meet")).stdout).toMatch(/^shape\/operands-do-not-meet\n/);
    expect((await archc("explain", "error[shape/dim-mismatch]")).stdout).toBe(stdout);
  });

  test("knows what was meant, and lists all codes", async () => {
    const wrong = await archc("explain", "shape/dim-mismach");
    expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
    expect(wrong.stderr).toContain("did you mean `shape/dim-mismatch`");
    expect((await archc("explain")).stdout.trim().split("\n")).toEqual(Object.keys(codes).sort());
  });
});
