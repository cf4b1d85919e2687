import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Fence, fencesOf } from "../../compiler/diagnostics/pages.js";
import { archc } from "../cli/archc.js";

const page = readFileSync(new URL("../../docs/first-hour.md", import.meta.url), "utf8");
const home = process.cwd();
let folder = "";
/** What the last command printed. */
let printed = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "archc-hour-"));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

const option = (fence: Fence, name: string): string | undefined =>
  fence.words.find((word) => word.startsWith(`${name}=`))?.slice(name.length + 1);

/** One line as a shell would run it, but `archc` in this process. */
async function run(line: string): Promise<{ readonly code: number; readonly said: string }> {
  const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
  const [name, ...argv] = words;
  if (name === "cd") {
    process.chdir(argv[0]!);
    return { code: 0, said: "" };
  }
  if (name !== "archc") return { code: 0, said: execFileSync("bash", ["-ec", line], { encoding: "utf8" }) };
  const { code, stdout, stderr } = await archc(...argv);
  return { code, said: stdout + stderr };
}

describe("docs/first-hour.md, from an empty folder", () => {
  test.each(fencesOf(page).map((fence) => ({ fence, first: fence.text.split("\n")[0]! })))(
    "$first",
    async ({ fence }) => {
      const file = option(fence, "file");
      if (file !== undefined) {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, fence.text);
        return;
      }
      // What the page shows of a command's output is a part of it.
      if (fence.words[0] === "text") {
        for (const shown of fence.text.trim().split("\n")) expect(printed).toContain(shown);
        return;
      }
      expect(fence.words[0]).toBe("console");
      for (const line of fence.text.trim().split("\n")) {
        expect(line.slice(0, 2)).toBe("$ ");
        const { code, said } = await run(line.slice(2));
        printed = said;
        expect(code, `${line}\n${said}`).toBe(Number(option(fence, "exit") ?? 0));
      }
    },
  );

  test("CI runs what the page runs", () => {
    const steps = [...page.matchAll(/- run: npx (.*)/g)].map(([, command]) => `$ ${command}`);
    expect(steps.length).toBe(2);
    for (const step of steps) expect(page).toContain(`\n${step}\n`);
  });
});
