import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fill, type StoredTensor } from "../../compiler/weights/fill.js";
import { layOut } from "../../compiler/weights/layout.js";
import { writeSafetensors } from "../../compiler/weights/write.js";
import { parseHeader, SafetensorsError, SafetensorsFile } from "../../runtime/safetensors.js";
import { transpile } from "../support/transpile.js";

const folder = mkdtempSync(join(tmpdir(), "archc-weights-"));
afterAll(() => rmSync(folder, { recursive: true }));

const tensors: StoredTensor[] = [
  { name: "odd", dtype: "f32", shape: [3, 5], init: { kind: "normal", mean: 1, std: 0.5 } },
  { name: "flags", dtype: "bool", shape: [7], init: { kind: "ones" } },
  { name: "embed.table", dtype: "f32", shape: [64, 16], init: { kind: "uniform", low: -1, high: 1 } },
  { name: "empty", dtype: "f32", shape: [0, 4], init: { kind: "zeros" } },
  { name: "place", dtype: "i32", shape: [4], init: { kind: "constant", value: -3 } },
  { name: "scalar", dtype: "f32", shape: [], init: { kind: "constant", value: 0.25 } },
  { name: 'blocks.0.größe "x"', dtype: "f32", shape: [16], init: { kind: "zeros" } },
];

describe("writeSafetensors", () => {
  it("writes what the reader reads, and says its hash", async () => {
    const path = join(folder, "a.safetensors");
    const layout = layOut(tensors, { by: "test" });
    const steps: number[] = [];
    const written = await writeSafetensors(path, layout, 7, (done) => steps.push(done));
    const bytes = new Uint8Array(readFileSync(path));
    expect(written).toEqual({
      bytes: bytes.length,
      sha256: createHash("sha256").update(bytes).digest("hex"),
    });
    expect(steps.at(-1)).toBe(bytes.length);

    const file = await SafetensorsFile.open(path);
    expect(file.header.metadata).toEqual({ by: "test" });
    for (const tensor of tensors) {
      const { dtype, shape, data } = await file.read(tensor.name);
      expect(file.readNow(tensor.name)).toEqual({ dtype, shape, data });
      const expected = new Float32Array(tensor.shape.reduce((a, b) => a * b, 1));
      fill(tensor, 7, 0, expected);
      expect({ dtype, shape, data: [...data] }).toEqual({
        dtype: tensor.dtype,
        shape: tensor.shape,
        data: [...expected],
      });
    }
    await expect(file.read("nothing")).rejects.toThrow("has no tensor `nothing`");
    expect(() => file.readNow("nothing")).toThrow("has no tensor `nothing`");
    await file.close();
  });

  it("aligns every tensor that it can", () => {
    const { header, placed, size } = layOut(tensors, {});
    expect(header.length % 64).toBe(0);
    const sizes = placed.map((p) => p.bytes);
    const aligned = sizes.findIndex((n) => n % 64 !== 0);
    for (const { offset } of placed.slice(0, aligned + 1)) expect(offset % 64).toBe(0);
    for (const { offset, tensor } of placed) if (tensor.dtype !== "bool") expect(offset % 4).toBe(0);
    expect(size).toBe(header.length + sizes.reduce((a, b) => a + b, 0));
  });
});

describe("with threads", () => {
  const large: StoredTensor[] = [
    { name: "odd", dtype: "f32", shape: [333], init: { kind: "normal", mean: 0, std: 1 } },
    { name: "a", dtype: "f32", shape: [3001, 1601], init: { kind: "normal", mean: 0, std: 0.02 } },
    { name: "b", dtype: "f32", shape: [1 << 22], init: { kind: "uniform", low: 0, high: 1 } },
    { name: "c", dtype: "f32", shape: [5], init: { kind: "ones" } },
    ...Array.from({ length: 400 }, (_, i): StoredTensor => {
      return { name: `small.${i}`, dtype: "f32", shape: [i], init: { kind: "constant", value: i } };
    }),
    { name: "flags", dtype: "bool", shape: [7], init: { kind: "ones" } },
  ];
  let js = "";
  beforeAll(() => {
    js = transpile(["compiler/weights", "compiler/diagnostics/did-you-mean.ts", "runtime"]);
  });
  afterAll(() => rmSync(js, { recursive: true }));

  /** Runs a script on what was transpiled, as on a machine of so many cores; gives what it prints, from JSON. */
  const run = (cores: number, script: string): unknown => {
    const text = `
      import { syncBuiltinESMExports } from "node:module";
      import os from "node:os";
      os.availableParallelism = () => ${cores};
      syncBuiltinESMExports();
      const load = (name) => import(${JSON.stringify(`${js}/compiler/weights/`)} + name + ".js");
      const [{ layOut }, { writeChunks, writeSafetensors }, { produceTensors }] =
        await Promise.all(["layout", "write", "produce"].map(load));
      const layout = layOut(${JSON.stringify(large)}, {});
      ${script}
    `;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", text], { encoding: "utf8" });
    expect(child.stderr).toBe("");
    return JSON.parse(child.stdout);
  };
  const hashOf = (path: string) =>
    createHash("sha256")
      .update(new Uint8Array(readFileSync(path)))
      .digest("hex");

  it("draws the same bytes as without, on any number of cores", async () => {
    const here = await writeSafetensors(join(folder, "here"), layOut(large, {}), 3);
    expect(hashOf(join(folder, "here"))).toBe(here.sha256);
    for (const cores of [1, 2, 5]) {
      const there = join(folder, `there-${cores}`);
      const steps = run(
        cores,
        `const steps = [];
         const file = await writeSafetensors(${JSON.stringify(there)}, layout, 3, (done) => steps.push(done));
         console.log(JSON.stringify({ file, steps }));`,
      ) as { file: unknown; steps: number[] };
      expect(steps.file).toEqual(here);
      expect(steps.steps).toEqual([...new Set(steps.steps)].sort((x, y) => x - y));
      expect(steps.steps.at(-1)).toBe(here.bytes);
      expect(hashOf(there)).toBe(here.sha256);
    }
  });

  it("takes the same bytes from a producer", async () => {
    const here = await writeSafetensors(join(folder, "here"), layOut(large, {}), 3);
    const there = join(folder, "produced");
    const file = run(
      2,
      `const produce = (sink) => produceTensors(layout, 3, () => undefined, sink);
       console.log(JSON.stringify(await writeChunks(${JSON.stringify(there)}, layout, produce)));`,
    );
    expect(file).toEqual(here);
    expect(hashOf(there)).toBe(here.sha256);
  });

  it("ends with the error of a producer, and lets its process end", () => {
    const message = run(
      2,
      `const produce = async (sink) => {
         for (let i = 0; i < 6; i++) await sink(9_000_000, (chunk) => chunk.fill(i));
         await sink(4, () => { throw new Error("no more"); });
       };
       const failed = await writeChunks(${JSON.stringify(join(folder, "half"))}, layout, produce).catch((e) => e);
       console.log(JSON.stringify(failed.message));`,
    );
    expect(message).toBe("no more");
  });

  it.runIf(existsSync("/dev/full"))("ends with what the file system says", () => {
    const codes = run(
      2,
      `const produce = (sink) => produceTensors(layout, 3, () => undefined, sink);
       const files = [writeSafetensors("/dev/full", layout, 3), writeChunks("/dev/full", layout, produce)];
       const results = await Promise.allSettled(files);
       console.log(JSON.stringify(results.map((r) => r.reason.code)));`,
    );
    expect(codes).toEqual(["ENOSPC", "ENOSPC"]);
  });
});

describe("parseHeader", () => {
  const file = (header: unknown, data = 0, length?: bigint): [Uint8Array, number] => {
    const json = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
    const bytes = new Uint8Array(8 + json.length);
    new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
    bytes.set(json, 8);
    return [bytes, bytes.length + data];
  };
  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]): unknown => ({
    dtype: "F32",
    shape,
    data_offsets: [begin, end],
  });

  it.each<[string, [Uint8Array, number], RegExp]>([
    ["is too short", [new Uint8Array(3), 3], /only 3 bytes/],
    ["has no room for its header", file({}, 0, 99n), /takes 99 bytes, but only 2 follow/],
    ["has an absurd header", file({}, 0, 1n << 63n), /does not start with the length of a header/],
    ["has no JSON", file("{"), /not valid JSON/],
    ["has a list", file([]), /not a JSON object/],
    ["is nested deeply", file(`${"[".repeat(100_000)}`), /nested too deeply/],
    ["has a tensor that is none", file({ a: 3 }), /`a` is not described by an object/],
    [
      "has an unknown dtype",
      file({ a: { dtype: "F33", shape: [], data_offsets: [0, 4] } }, 4),
      /unknown dtype `F33`/,
    ],
    [
      "has the dtype `constructor`",
      file({ a: { dtype: "constructor", shape: [], data_offsets: [0, 4] } }, 4),
      /unknown/,
    ],
    ["has a negative size", file({ a: f32(0, 4, [-1]) }, 4), /no valid shape/],
    ["has a huge shape", file({ a: f32(0, 4, [1e9, 1e9, 1e9]) }, 4), /too large/],
    ["has other bytes than its shape", file({ a: f32(0, 8, [3]) }, 8), /F32 \[3\] has 8 bytes, not 12/],
    ["goes backwards", file({ a: f32(8, 4, [1]) }, 8), /has -4 bytes/],
    ["overlaps", file({ a: f32(0, 8), b: f32(4, 12) }, 12), /`b` overlaps/],
    [
      "has a hole",
      file({ a: f32(0, 4), b: f32(8, 12) }, 12),
      /4 bytes before tensor `b` belong to no tensor/,
    ],
    ["has a byte too many", file({ a: f32(0, 4) }, 5), /: 1 byte after the last tensor/],
    ["is cut short", file({ a: f32(0, 8) }, 4), /ends at byte 8 of 4/],
    ["has a tail", file({ a: f32(0, 8) }, 12), /4 bytes after the last tensor/],
    ["has metadata of numbers", file({ __metadata__: { a: 1 } }), /metadata `a` is not a string/],
  ])("refuses a file that %s", (_, [bytes, size], words) => {
    expect(() => parseHeader(bytes, size, "w.safetensors")).toThrow(words);
    expect(() => parseHeader(bytes, size, "w.safetensors")).toThrow(SafetensorsError);
  });

  it("refuses what other readers may read in another way: a tensor twice, a mark before the header", () => {
    const entry = (begin: number) => `"a":{"dtype":"F32","shape":[1],"data_offsets":[${begin},${begin + 4}]}`;
    for (const [header, size, words] of [
      [`{${entry(0)},${entry(0)}}`, 4, /describes a tensor twice/],
      [
        `{${entry(0)},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}`,
        4,
        /describes a tensor twice/,
      ],
      ["\ufeff{}", 0, /not valid JSON/],
    ] as const) {
      const text = new TextEncoder().encode(header);
      const bytes = new Uint8Array(8 + text.length + size);
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
      bytes.set(text, 8);
      expect(() => parseHeader(bytes, bytes.length, "w.safetensors")).toThrow(words);
    }
  });

  it("refuses more tensors than any model has, before it reads them", () => {
    const empty = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`t${i}`, f32(0, 0)]));
    expect(parseHeader(...file(empty(1000)), "w").entries).toHaveLength(1000);
    expect(() => parseHeader(...file(empty(150_001)), "w")).toThrow(/describes 150001 tensors, more than/);
  });

  it("takes a file of nothing, and tensors of nothing", () => {
    expect(parseHeader(...file({}), "w").entries).toEqual([]);
    expect(parseHeader(...file({ b: f32(0, 4), a: f32(0, 0) }, 4), "w").entries.map((e) => e.name)).toEqual([
      "a",
      "b",
    ]);
  });

  it("throws nothing but its own error, whatever the bytes", () => {
    const { header, size } = layOut(tensors, { by: "test" });
    const attempt = (bytes: Uint8Array): void => {
      try {
        parseHeader(bytes, Math.max(size, bytes.length), "w");
      } catch (error) {
        expect(error).toBeInstanceOf(SafetensorsError);
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt));
    const changed = fc.tuple(fc.nat(header.length - 1), fc.nat(255)).map(([at, byte]) => {
      const bytes = header.slice();
      bytes[at] = byte;
      return bytes;
    });
    fc.assert(fc.property(changed, attempt), { numRuns: 500 });
    fc.assert(
      fc.property(fc.json(), (json) => attempt(file(json)[0])),
      { numRuns: 300 },
    );
  });

  it("closes the file and names it where it lies", async () => {
    const path = join(folder, "liar.safetensors");
    writeFileSync(path, file({ a: f32(0, 8) }, 0)[0]);
    await expect(SafetensorsFile.open(path)).rejects.toThrow(`\`${path}\` is not a valid safetensors file`);
  });
});
