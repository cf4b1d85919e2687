import { execFileSync } from "node:child_process";
import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archc } from "../cli/archc.js";
import { transpile } from "../support/transpile.js";
import { ground } from "./project.js";
import { hostileSpecs } from "./specs.js";

const here = ground();
afterAll(() => here.remove());

/** What a terminal would obey, or hide; line ends aside. */
const unsafe = /[^\P{C}\n]|[\u2028\u2029]/u;

describe("a hostile spec is a clear error", () => {
  // What is loaded on first use, and compiled when hot, is no cost of a hostile spec.
  beforeAll(async () => void (await archc("check", "specs/small.arch")));

  for (const [i, { name, text, says, errors, builds }] of hostileSpecs.entries()) {
    it(name, async () => {
      const file = here.put(`${i}.arch`, text);
      const before = here.paths();
      const began = process.cpuUsage();
      const { code, stdout, stderr } = await archc("check", file);
      const { user, system } = process.cpuUsage(began);
      expect(stderr).toContain(says);
      expect(code).toBe(2);
      if (errors !== undefined) expect(stderr.match(/^error\[/gm)).toHaveLength(errors);
      expect(`${stdout}${stderr}`).not.toMatch(unsafe);
      // No reader is helped by more.
      expect(stderr.length).toBeLessThan(100_000);
      // A second, with as much again for a machine under load; processor time, so that waiting does not count.
      expect((user + system) / 1e6).toBeLessThan(2);
      const out = join(here.root, "out");
      if (!builds) expect((await archc("build", file, "-o", out)).code).toBe(2);
      expect(here.paths()).toEqual(before);
      rmSync(file);
    });
  }
});

describe("in a process of its own", () => {
  let js = "";
  beforeAll(() => {
    js = transpile(["compiler", "grammar", "runtime"]);
    symlinkSync(
      fileURLToPath(new URL("../../compiler/layers", import.meta.url)),
      join(js, "compiler/layers"),
    );
    // The peak and the processor time are those of the whole command.
    writeFileSync(
      join(js, "measure.js"),
      `import { main } from "./compiler/cli/app.js";
       const io = { out() {}, err() {}, color: false, interactive: false, terminal: false, width: 120 };
       const code = await main(process.argv.slice(2), io);
       const { user, system } = process.cpuUsage();
       console.log(JSON.stringify({ code, seconds: (user + system) / 1e6, kib: process.resourceUsage().maxRSS }));`,
    );
  }, 120_000);
  afterAll(() => rmSync(js, { recursive: true, force: true }));

  for (const { name, text } of hostileSpecs.filter((s) => s.heavy)) {
    it(`${name} takes under 500 MB`, () => {
      const file = here.put("heavy.arch", text);
      const told = execFileSync(process.execPath, [join(js, "measure.js"), "check", file], {
        encoding: "utf8",
      });
      const { code, seconds, kib } = JSON.parse(told) as { code: number; seconds: number; kib: number };
      expect(code).toBe(2);
      expect(kib / 1024).toBeLessThan(500);
      // Cold and in a tree of single modules, where loading alone takes half a second.
      expect(seconds).toBeLessThan(3);
    });
  }
});
