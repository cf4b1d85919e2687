import { type ChildProcess, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { refusalOf, replaceFolder } from "../../compiler/emit/folder.js";
import { bringBack, settle } from "../../runtime/settle.js";
import { transpile } from "../support/transpile.js";

const root = mkdtempSync(join(tmpdir(), "archc-folder-"));
afterAll(() => rmSync(root, { recursive: true }));

let parent = "";
let out = "";
beforeEach(() => {
  parent = mkdtempSync(join(root, "case-"));
  out = join(parent, "out");
});

const names = ["a.bin", "b.bin", "c.bin"];
const manifest = JSON.stringify({ archc: "test", files: names.map((name) => ({ name })) });

/** A build in small: three files that must be of one draw, and a manifest that comes last. */
async function write(folder: string, text: string): Promise<void> {
  for (const name of names) writeFileSync(join(folder, name), text.repeat(10_000));
  writeFileSync(join(folder, "manifest.json"), manifest);
}

/** The one text that all files of a whole build repeat. */
function textOf(folder: string): string {
  const found = new Set(names.map((name) => readFileSync(join(folder, name), "utf8")));
  expect(found.size).toBe(1);
  expect(readdirSync(folder).sort()).toEqual([...names, "manifest.json"]);
  const [content] = found;
  expect(content!.length).toBe(content!.indexOf(";") === -1 ? 0 : (content!.indexOf(";") + 1) * 10_000);
  return content!.slice(0, content!.indexOf(";"));
}

describe("replaceFolder", () => {
  it("makes a folder, parents too, and replaces it whole", async () => {
    const deep = join(parent, "x/y/out");
    await replaceFolder(deep, (folder) => write(folder, "1;"));
    expect(textOf(deep)).toBe("1");
    writeFileSync(join(deep, "stale"), "");
    await replaceFolder(deep, (folder) => write(folder, "2;"));
    expect(textOf(deep)).toBe("2");
    expect(readdirSync(join(parent, "x/y"))).toEqual(["out"]);
  });

  it("leaves everything as it was where writing fails", async () => {
    await replaceFolder(out, (folder) => write(folder, "1;"));
    const failing = replaceFolder(out, async (folder) => {
      writeFileSync(join(folder, "a.bin"), "half");
      throw new Error("the disk is full");
    });
    await expect(failing).rejects.toThrow("the disk is full");
    expect(textOf(out)).toBe("1");
    expect(readdirSync(parent)).toEqual(["out"]);
  });

  it("clears what a killed build left, and leaves that of a running one", async () => {
    mkdirSync(join(parent, ".out.archc-new-999999999"));
    mkdirSync(join(parent, `.out.archc-new-${process.ppid}`));
    mkdirSync(join(parent, ".other.archc-new-999999999"));
    await replaceFolder(out, (folder) => write(folder, "1;"));
    expect(readdirSync(parent).sort()).toEqual([
      `.other.archc-new-999999999`,
      `.out.archc-new-${process.ppid}`,
      "out",
    ]);
  });

  const kills = Number(process.env.KILLS ?? 12);
  it(`is whole after a kill at any moment (${kills} of them)`, async () => {
    const js = transpile(["compiler/emit/folder.ts", "compiler/emit/unfinished.ts", "runtime/settle.ts"]);
    const script = join(js, "child.js");
    writeFileSync(
      script,
      `import { writeFileSync } from "node:fs";
       import { join } from "node:path";
       import { replaceFolder } from "./compiler/emit/folder.js";
       const [, , out, from] = process.argv;
       for (let i = Number(from); ; i++) {
         await replaceFolder(out, async (folder) => {
           for (const name of ${JSON.stringify(names)}) writeFileSync(join(folder, name), (i + ";").repeat(10_000));
           writeFileSync(join(folder, "manifest.json"), ${JSON.stringify(manifest)});
         });
         process.stdout.write(i + "\\n");
       }`,
    );
    let last = 0;
    for (let round = 0; round < kills; round++) {
      const child = spawn(process.execPath, [script, out, String(last + 1)]);
      const done = await killedAfter(child, 3 + (round % 12));
      await settle(out);
      const found = Number(textOf(out));
      // The last one that was told as done, or the next.
      expect(found).toBeGreaterThanOrEqual(done);
      expect(found).toBeLessThanOrEqual(done + 1);
      expect(readdirSync(parent)).toEqual(["out"]);
      last = found;
    }
    rmSync(js, { recursive: true });
  }, 300_000);
});

/** Kills a child some moment after it told its first number; gives the last number that it told. */
async function killedAfter(child: ChildProcess, ms: number): Promise<number> {
  let told = "";
  const errors: string[] = [];
  child.stderr!.on("data", (data) => errors.push(String(data)));
  await new Promise<void>((resolve) => {
    child.stdout!.on("data", (data) => {
      if (told === "") setTimeout(() => child.kill("SIGKILL"), ms + Math.random() * 10);
      told += data;
    });
    child.on("close", () => resolve());
  });
  expect(errors).toEqual([]);
  return Number(told.trim().split("\n").at(-1));
}

describe("bringBack", () => {
  it("gives a reader the old build that a kill left aside, and removes nothing", async () => {
    const aside = join(parent, ".out.archc-old");
    mkdirSync(aside);
    await write(aside, "0;");
    mkdirSync(join(parent, ".out.archc-new-999999999"));
    await bringBack(out);
    expect(textOf(out)).toBe("0");
    expect(readdirSync(parent).sort()).toEqual([".out.archc-new-999999999", "out"]);
  });

  it("waits for a build that is between its renames, and not for ever", async () => {
    const aside = join(parent, ".out.archc-old");
    mkdirSync(aside);
    await write(aside, "0;");
    mkdirSync(join(parent, `.out.archc-new-${process.ppid}`));
    const began = performance.now();
    await bringBack(out);
    expect(performance.now() - began).toBeGreaterThan(500);
    expect(textOf(out)).toBe("0");
  });
});

describe("settle", () => {
  it("brings an old build back that stood aside", async () => {
    await replaceFolder(out, (folder) => write(folder, "1;"));
    rmSync(join(parent, "aside"), { force: true });
    const aside = join(parent, ".out.archc-old");
    mkdirSync(aside);
    await write(aside, "0;");
    rmSync(out, { recursive: true });
    await settle(out);
    expect(textOf(out)).toBe("0");
    expect(existsSync(aside)).toBe(false);
  });
});

describe("refusalOf", () => {
  it("takes nothing, an empty folder, and a build", async () => {
    expect(await refusalOf(out)).toBeUndefined();
    mkdirSync(out);
    expect(await refusalOf(out)).toBeUndefined();
    await write(out, "1;");
    expect(await refusalOf(out)).toBeUndefined();
  });

  it("refuses a file, a link, and folders that hold anything else", async () => {
    writeFileSync(out, "");
    expect(await refusalOf(out)).toEqual({ kind: "not-a-folder", isLink: false });
    const link = join(parent, "link");
    symlinkSync(parent, link);
    expect(await refusalOf(link)).toEqual({ kind: "not-a-folder", isLink: true });
    const home = join(parent, "home");
    mkdirSync(join(home, "thesis"), { recursive: true });
    expect(await refusalOf(home)).toEqual({ kind: "not-a-build", files: ["thesis"] });
    await write(home, "1;");
    expect(await refusalOf(home)).toEqual({ kind: "not-a-build", files: ["thesis"] });
    writeFileSync(join(home, "manifest.json"), '{ "name": "a web app" }');
    expect((await refusalOf(home))?.kind).toBe("not-a-build");
  });
});
