import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readManifest } from "../../runtime/folder.js";
import { archc } from "../cli/archc.js";
import { transpile } from "../support/transpile.js";

const root = mkdtempSync(join(tmpdir(), "archc-refusals-"));
chmodSync(root, 0o755);
const spec = join(root, "m.arch");
const text = `import { decoder } from "std"

model M : decoder {
  vocab = 256
  seq   = 16
  dim   = 64
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp()
  }
}
`;
const built = join(root, "built");
beforeAll(async () => {
  writeFileSync(spec, text);
  expect((await archc("build", spec, "-o", built)).code).toBe(0);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Every file below a folder with what it holds. */
const held = (folder: string) =>
  readdirSync(folder, { recursive: true })
    .map((name) => join(folder, String(name)))
    .map((path) => [path, lstatSync(path).isFile() ? readFileSync(path, "latin1") : ""] as const)
    .sort();

/** The command is refused in these words, and nothing in `folder` changes. */
async function refused(folder: string, words: string, ...argv: readonly string[]): Promise<void> {
  const before = held(folder);
  const { code, stdout, stderr } = await archc(...argv);
  expect([code, stdout, stderr]).toEqual([2, "", expect.stringContaining(words)]);
  expect(held(folder)).toEqual(before);
}

/** A file system of so many KiB, where the system lets us mount one. */
function smallDisk(name: string, kib: number): string | undefined {
  const at = join(root, name);
  mkdirSync(at);
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", `size=${kib}k`, "tmpfs", at]);
  return status === 0 ? at : undefined;
}

/** Fills a disk until so many bytes are left. */
function leave(at: string, bytes: number): void {
  rmSync(join(at, "fill"), { force: true });
  const { bavail, bsize } = statfsSync(at);
  writeFileSync(join(at, "fill"), new Uint8Array(bavail * bsize - bytes));
}

const disk = smallDisk("disk", 2000);
afterAll(() => {
  if (disk !== undefined) execFileSync("umount", [disk]);
});

describe.runIf(disk !== undefined)("a full disk", () => {
  const at = disk ?? "";
  it("is told, and the build that was there stays whole", async () => {
    const out = join(at, "out");
    expect((await archc("build", spec, "-o", out)).code).toBe(0);
    const weights = statSync(join(out, "weights.safetensors")).size;
    // Room for the weights of a second one, and not for its programs; then not even for the weights.
    leave(at, weights + (8 << 10));
    await refused(at, "the disk is full", "build", spec, "-o", out, "--seed", "2");
    leave(at, weights >> 1);
    await refused(at, "the disk of", "build", spec, "-o", out, "--seed", "2");
    await readManifest(out);
  });

  it("leaves no half of a file", async () => {
    const copy = join(at, "copy.arch");
    writeFileSync(copy, text.replace("vocab =", "vocab   ="));
    leave(at, 0);
    await refused(at, "the disk is full", "fmt", copy);
    await refused(at, "the disk is full", "graph", spec, "--svg", "-o", join(at, "m.svg"));
    await refused(at, "the disk is full", "export", built, "-o", join(at, "m.safetensors"));
  });

  it("is read-only", async () => {
    rmSync(join(at, "fill"));
    execFileSync("mount", ["-o", "remount,ro", at]);
    for (const argv of [
      ["build", spec, "-o", join(at, "new")],
      ["build", spec, "-o", join(at, "out")],
      ["fmt", join(at, "copy.arch")],
      ["graph", spec, "-o", join(at, "m.txt")],
      ["export", built, "-o", join(at, "m.safetensors")],
    ])
      await refused(at, "the file system is read-only", ...argv);
  });
});

describe("a folder that may not be written to", () => {
  const nobody = 65534;
  const home = join(root, "locked");
  beforeAll(() => {
    mkdirSync(home);
    writeFileSync(join(home, "copy.arch"), text.replace("vocab =", "vocab   ="));
    chmodSync(home, 0o555);
    // A superuser is refused nothing.
    if (process.getuid?.() === 0) process.seteuid?.(nobody);
    return () => {
      process.seteuid?.(process.getuid!());
      chmodSync(home, 0o755);
    };
  });

  it.each([
    ["build", ["build", spec, "-o", join(home, "out")]],
    ["build, deep", ["build", spec, "-o", join(home, "a/b/out")]],
    ["fmt", ["fmt", join(home, "copy.arch")]],
    ["graph", ["graph", spec, "-o", join(home, "m.txt")]],
    ["export", ["export", built, "-o", join(home, "m.safetensors")]],
  ])("%s", async (_, argv) => {
    await refused(home, "permission denied", ...argv);
  });
});

describe("a place that is no file or folder", () => {
  it("a pipe stays a pipe, and a folder a folder", async () => {
    const pipe = join(root, "pipe");
    execFileSync("mkfifo", [pipe]);
    for (const at of [pipe, built]) {
      for (const argv of [
        ["graph", spec, "-o", at],
        ["export", built, "-o", at],
      ]) {
        const { code, stderr } = await archc(...argv);
        expect([code, stderr]).toEqual([2, expect.stringContaining("it is not a file")]);
      }
    }
    expect(lstatSync(pipe).isFIFO()).toBe(true);
    await refused(root, "does not exist", "export", built, "-o", join(root, "none/m.safetensors"));
  });

  it("a link stays a link, and what it points to is replaced", async () => {
    const folder = join(root, "real");
    const link = join(root, "link");
    mkdirSync(folder);
    symlinkSync(folder, link);
    expect((await archc("build", spec, "-o", link)).code).toBe(0);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect((await readManifest(folder)).model).toBe("M");
    writeFileSync(join(root, "real.txt"), "");
    symlinkSync("real.txt", join(root, "link.txt"));
    expect((await archc("graph", spec, "-o", join(root, "link.txt"))).code).toBe(0);
    expect(lstatSync(join(root, "link.txt")).isSymbolicLink()).toBe(true);
    expect(readFileSync(join(root, "real.txt"), "utf8")).toContain("M");
    symlinkSync("nowhere", join(root, "broken"));
    await refused(built, "is a symbolic link that leads nowhere", "build", spec, "-o", join(root, "broken"));
  });
});

describe("a weight file that shrinks while it is read", () => {
  it("ends the build in words, and the old build stays", async () => {
    const { createService } = await import("../../compiler/service.js");
    const { openSpec } = await import("../../compiler/node-host.js");
    const { host, path } = openSpec(spec);
    const weights = join(root, "weights.safetensors");
    writeFileSync(weights, new Uint8Array(readFileSync(join(built, "weights.safetensors"))));
    const before = held(built);
    const { value, diagnostics } = await createService(host).build(path, {
      out: built,
      seed: 3,
      targets: ["onnx"],
      profile: "default",
      weights: { file: weights },
      progress: () => truncateSync(weights, 1000),
    });
    expect(value).toBeUndefined();
    expect(diagnostics.map((d) => d.message)).toEqual([
      expect.stringMatching(/weights\.safetensors` ended while archc read tensor `.*`/),
    ]);
    expect(held(built)).toEqual(before);
  });
});

describe("standard output that takes nothing", () => {
  it("is an error of its own, and a reader that leaves is none", () => {
    const js = transpile(["compiler", "grammar", "runtime"]);
    const layers = fileURLToPath(new URL("../../compiler/layers", import.meta.url));
    symlinkSync(layers, join(js, "compiler/layers"));
    const main = join(js, "compiler/cli/main.js");
    const lost = spawnSync(process.execPath, [main, "cost", spec], {
      stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
      encoding: "utf8",
    });
    expect([lost.status, lost.stderr]).toEqual([2, expect.stringContaining("the disk is full")]);
    const shell = `"${process.execPath}" "${main}" graph "${spec}" | true; exit "\${PIPESTATUS[0]}"`;
    const left = spawnSync("bash", ["-c", shell], { encoding: "utf8" });
    expect([left.status, left.stderr]).toEqual([0, ""]);
    rmSync(js, { recursive: true });
  });
});
