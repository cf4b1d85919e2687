import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SafetensorsError, SafetensorsFile } from "../../runtime/safetensors.js";
import { archc } from "../cli/archc.js";
import { ground, spec } from "./project.js";

const here = ground();
afterAll(() => here.remove());
const built = join(here.root, "built");
const file = here.put("m.arch", spec());
let whole = new Uint8Array();
beforeAll(async () => {
  expect((await archc("build", file, "-o", built, "--target", "tfjs")).code).toBe(0);
  whole = new Uint8Array(readFileSync(join(built, "weights.safetensors")));
});

const seed = Number(process.env.SEED ?? Date.now() % 1e9);
const numRuns = Number(process.env.RUNS ?? 1000);

/** A weight file of this header, whatever it says, with `data` bytes after it. */
function lying(header: string, data: number, length = BigInt(header.length)): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + data);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  bytes.set(new TextEncoder().encode(header), 8);
  return bytes;
}

describe("a weight file that lies", () => {
  const at = join(here.root, "lie.safetensors");
  const refused = async (path: string, words: string | RegExp) => {
    const held = readdirSync(here.root).sort();
    const began = performance.now();
    const out = join(here.root, "out");
    const { code, stdout, stderr } = await archc("build", file, "-o", out, "--weights", path);
    expect([code, stdout, stderr]).toEqual([2, "", expect.stringMatching(/^error\[checkpoint\//)]);
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/[^\P{C}\n]|root:/u);
    expect(readdirSync(here.root).sort()).toEqual(held);
    expect(performance.now() - began).toBeLessThan(5000);
  };
  const tensor = (shape: unknown, offsets: unknown, name = "a") =>
    JSON.stringify({ [name]: { dtype: "F32", shape, data_offsets: offsets } });

  it.each<[string, Uint8Array, RegExp]>([
    ["of a header longer than the file", lying("{}", 0, 1n << 40n), /header/],
    ["of a header of 2^63 bytes", lying("{}", 0, 1n << 63n), /header/],
    ["of a tensor beyond its end", lying(tensor([1 << 30], [0, 2 ** 32]), 8), /cut short/],
    ["of sizes whose product is no number", lying(tensor([2 ** 40, 2 ** 40], [0, 8]), 8), /too large/],
    ["of less than nothing", lying(tensor([-1], [0, 4]), 4), /shape/],
    ["nested without end", lying("[".repeat(1e6), 0), /nested/],
    ["of a name that drives the terminal", lying(tensor([3], [0, 8], "\x1b[2J"), 8), /␛\[2J/],
    ["of other tensors", lying(tensor([2], [0, 8], "__proto__"), 8), /__proto__/],
    ["of no bytes", new Uint8Array(0), /it is empty/],
  ])("%s", async (_, bytes, words) => {
    writeFileSync(at, bytes);
    await refused(at, words);
  });

  it("is no file, or not there", async () => {
    const pipe = join(here.root, "pipe.safetensors");
    execFileSync("mkfifo", [pipe]);
    for (const path of [pipe, "/dev/zero", here.root, join(here.root, "nothing.safetensors"), "a\0b"])
      await refused(path, /error/);
  });

  it.each<[string, (at: string) => void, RegExp]>([
    ["a pipe", (at) => execFileSync("mkfifo", [at]), /is not a file/],
    ["a device", (at) => symlinkSync("/dev/zero", at), /is not a file/],
    ["a folder", (at) => mkdirSync(at), /is not a file/],
    ["a link to itself", (at) => symlinkSync(at, at), /symbolic links form a loop/],
    ["a link to a secret", (at) => symlinkSync("/etc/passwd", at), /is not a safetensors file|header/],
  ])("is a folder whose only weight file is %s", async (_, make, words) => {
    const folder = mkdtempSync(join(here.root, "hub-"));
    for (const name of ["model.safetensors", "model.safetensors.index.json"]) {
      make(join(folder, name));
      await refused(folder, name.endsWith(".json") ? /is not a file|form a loop|is not JSON/ : words);
      rmSync(join(folder, name), { recursive: true });
    }
    for (let i = 0; i < 200; i++) writeFileSync(join(folder, `\x1b[2J${i}.safetensors`), "");
    await refused(folder, /␛\[2J0.safetensors`, .* and 196 more/);
  });

  it("as an index that leads out of its folder", async () => {
    const index = join(here.root, "model.safetensors.index.json");
    for (const name of [
      "../../../../../../etc/passwd",
      "/etc/passwd",
      "../outside/x.safetensors",
      "a\0.safetensors",
    ]) {
      writeFileSync(index, JSON.stringify({ weight_map: { a: name } }));
      await refused(index, /not in a file in the same folder/);
    }
    writeFileSync(index, `{"weight_map":${"[".repeat(1e5)}`);
    await refused(index, /not JSON|nested/);
  });
});

describe("mutated weight files", () => {
  const header = () => 8 + Number(new DataView(whole.buffer, whole.byteOffset).getBigUint64(0, true));
  const edit = fc.tuple(
    fc.constantFrom("byte", "header", "cut", "drop", "double", "digit"),
    fc.nat(),
    fc.nat(255),
  );

  const mutate = (edits: readonly (readonly [string, number, number])[]): Uint8Array => {
    let bytes = [...whole];
    for (const [kind, where, value] of edits) {
      const i =
        where %
        Math.max(1, kind === "byte" || kind === "cut" ? bytes.length : Math.min(bytes.length, header()));
      if (kind === "cut") bytes = bytes.slice(0, i);
      else if (kind === "drop") bytes.splice(i, 1 + (value % 9));
      else if (kind === "double") bytes.splice(i, 0, ...bytes.slice(i, i + (value % 40)));
      else if (kind === "digit") bytes[i] = 0x30 + (value % 10);
      else bytes[i] = value;
    }
    return Uint8Array.from(bytes);
  };

  it(`throw nothing but words (seed ${seed}, ${numRuns} runs)`, { timeout: 300_000 }, async () => {
    const path = join(here.root, "mutated.safetensors");
    const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      writeFileSync(path, mutate(edits));
      try {
        const open = await SafetensorsFile.open(path);
        try {
          for (const name of open.names) await open.read(name);
        } finally {
          await open.close();
        }
      } catch (error) {
        expect(error).toBeInstanceOf(SafetensorsError);
      }
    });
    await fc.assert(property, { seed, numRuns });
  });

  it("end a build with a word or a build", { timeout: 120_000 }, async () => {
    const path = join(here.root, "mutated.safetensors");
    const property = fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      writeFileSync(path, mutate(edits));
      const { code, stderr } = await archc("build", file, "-o", built, "--target", "tfjs", "--weights", path);
      if (code !== 0) expect([code, stderr]).toEqual([2, expect.stringMatching(/^error\[checkpoint\//)]);
      expect(readdirSync(here.root).filter((name) => name.startsWith("."))).toEqual([]);
    });
    await fc.assert(property, { seed, numRuns: Math.ceil(numRuns / 50) });
  });
});

describe("a manifest that lies", () => {
  const manifest = join(built, "manifest.json");
  const lie = async (change: (m: { tfjs: unknown; files: { name: string; bytes: number }[] }) => void) => {
    const text = readFileSync(manifest, "utf8");
    const parsed = JSON.parse(text);
    change(parsed);
    writeFileSync(manifest, JSON.stringify(parsed));
    const ran = await archc("run", built, "--target", "tfjs", "--backend", "cpu", "--tokens", "1");
    writeFileSync(manifest, text);
    return ran;
  };

  it("leads nowhere", async () => {
    here.put("evil.js", "globalThis.archcEvil = true;\n");
    for (const name of ["../evil.js", "/etc/passwd", "a\0b", "..", "", "sub/../../evil.js"]) {
      const { code, stderr } = await lie((m) => (m.tfjs = { module: name }));
      expect([name, code, stderr]).toEqual([name, 2, expect.stringContaining("is not an archc build")]);
      expect((await lie((m) => (m.files[0]!.name = name))).code).toBe(2);
    }
    expect("archcEvil" in globalThis).toBe(false);
  });

  it("is caught where a file is not as long as it says, or not listed", async () => {
    const other = await lie((m) => (m.files[0]!.bytes += 1));
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("its manifest says")]);
    expect((await lie((m) => (m.files = []))).stderr).toContain("does not list it");
    expect((await lie((m) => (m.files[0]!.bytes = -1))).code).toBe(2);
  });
});

it("a file of very many names is told of in seconds, without a guess for each", async () => {
  const tensor = '{"dtype":"F32","shape":[0],"data_offsets":[0,0]}';
  const names = Array.from({ length: 100_000 }, (_, i) => `"embed.table${i}":${tensor}`);
  const path = here.put("many.safetensors", lying(`{${names.join()}}`, 0));
  const began = performance.now();
  const { code, stderr } = await archc("cost", file, "--weights", path);
  expect(performance.now() - began).toBeLessThan(20_000);
  expect([code, stderr]).toEqual([2, expect.stringContaining("100000 left over")]);
}, 60_000);
