import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
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
      const expected = new Float32Array(tensor.shape.reduce((a, b) => a * b, 1));
      fill(tensor, 7, 0, expected);
      expect({ dtype, shape, data: [...data] }).toEqual({
        dtype: tensor.dtype,
        shape: tensor.shape,
        data: [...expected],
      });
    }
    await expect(file.read("nothing")).rejects.toThrow("has no tensor `nothing`");
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

  it("gives the same bytes on threads and without", async () => {
    const large: StoredTensor[] = [
      { name: "odd", dtype: "f32", shape: [333], init: { kind: "normal", mean: 0, std: 1 } },
      { name: "a", dtype: "f32", shape: [3001, 1601], init: { kind: "normal", mean: 0, std: 0.02 } },
      { name: "b", dtype: "f32", shape: [1 << 22], init: { kind: "uniform", low: 0, high: 1 } },
      { name: "c", dtype: "f32", shape: [5], init: { kind: "ones" } },
    ];
    const here = await writeSafetensors(join(folder, "here"), layOut(large, {}), 3);
    const js = transpile(["compiler/weights"]);
    const script = `
      import { layOut } from ${JSON.stringify(join(js, "compiler/weights/layout.js"))};
      import { writeSafetensors } from ${JSON.stringify(join(js, "compiler/weights/write.js"))};
      const layout = layOut(${JSON.stringify(large)}, {});
      console.log(JSON.stringify(await writeSafetensors(${JSON.stringify(join(folder, "there"))}, layout, 3)));
    `;
    const child = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
    rmSync(js, { recursive: true });
    expect(child.stderr).toBe("");
    expect(JSON.parse(child.stdout)).toEqual(here);
    const hash = (name: string) =>
      createHash("sha256")
        .update(new Uint8Array(readFileSync(join(folder, name))))
        .digest("hex");
    expect(hash("there")).toBe(hash("here"));
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
    ["has an absurd header", file({}, 0, 1n << 63n), /does not begin with the length of a header/],
    ["has no JSON", file("{"), /not JSON/],
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
    ["has a negative size", file({ a: f32(0, 4, [-1]) }, 4), /no proper shape/],
    ["has a huge shape", file({ a: f32(0, 4, [1e9, 1e9, 1e9]) }, 4), /too large/],
    ["has other bytes than its shape", file({ a: f32(0, 8, [3]) }, 8), /F32 \[3\] has 8 bytes, not 12/],
    ["goes backwards", file({ a: f32(8, 4, [1]) }, 8), /has -4 bytes/],
    ["overlaps", file({ a: f32(0, 8), b: f32(4, 12) }, 12), /`b` overlaps/],
    ["has a hole", file({ a: f32(0, 4), b: f32(8, 12) }, 12), /4 bytes before tensor `b` belong to none/],
    ["is cut short", file({ a: f32(0, 8) }, 4), /ends at byte 8 of 4/],
    ["has a tail", file({ a: f32(0, 8) }, 12), /4 bytes after the last tensor/],
    ["has metadata of numbers", file({ __metadata__: { a: 1 } }), /metadata `a` is not a string/],
  ])("refuses a file that %s", (_, [bytes, size], words) => {
    expect(() => parseHeader(bytes, size, "w.safetensors")).toThrow(words);
    expect(() => parseHeader(bytes, size, "w.safetensors")).toThrow(SafetensorsError);
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
