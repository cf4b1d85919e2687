import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { fromF16 } from "../../compiler/weights/half.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { loadTfjs } from "../../runtime/tfjs.js";
import { archc } from "../cli/archc.js";
import { expectNear } from "../parity/near.js";
import { fullPass } from "../parity/passes.js";
import { readTensors } from "../parity/targets.js";
import { type Raw, rawTensors, stored, writeRaw } from "./raw.js";

const scratch = mkdtempSync(join(tmpdir(), "archc-dtypes-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const out = (name: string) => join(scratch, name);
const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/llama-checkpoint/${name}`, import.meta.url));

/** A Llama that Python's `transformers` saved in half precision, and its logits. */
const spec = fixture("small.arch");
const halves = rawTensors(fixture("model.safetensors"));
const { input_ids, logits } = await readTensors(fixture("expected.safetensors"));

function singlesOf({ dtype, bytes }: Raw): Float32Array {
  if (dtype !== "F16") throw new Error(`a tensor of the fixture is ${dtype}`);
  const bits = new Int32Array(bytes.length / 2);
  fromF16(new Uint16Array(bytes.slice().buffer), bits);
  return new Float32Array(bits.buffer);
}

/** The upper halves of single-precision numbers, without rounding: another model, but the same for whoever reads it. */
const upper = (x: Float32Array) => new Uint16Array(x.slice().buffer).filter((_, i) => i % 2 === 1);

const kinds: Readonly<Record<string, (x: Float32Array) => Uint8Array>> = {
  F32: (x) => new Uint8Array(x.slice().buffer),
  F64: (x) => stored("F64", [...x]),
  BF16: (x) => new Uint8Array(upper(x).buffer),
};

/** The fixture in another type, in two shards with their index. */
function sharded(dtype: string, of: (raw: Raw) => Uint8Array): string {
  const parts = [new Map<string, Raw>(), new Map<string, Raw>()];
  const map: Record<string, string> = {};
  for (const [i, [name, raw]] of [...halves].entries()) {
    const file = `${dtype}-0000${(i % 2) + 1}-of-00002.safetensors`;
    parts[i % 2]!.set(name, { dtype, shape: raw.shape, bytes: of(raw) });
    map[name] = file;
    writeRaw(out(file), parts[i % 2]!);
  }
  const index = out(`${dtype}.safetensors.index.json`);
  writeFileSync(index, JSON.stringify({ metadata: {}, weight_map: map }));
  return index;
}

describe.each(["F16", "F32", "F64", "BF16"])("a sharded model in %s", (dtype) => {
  const name = dtype.toLowerCase();

  it("is read by both targets", async () => {
    const file = sharded(dtype, (raw) => (dtype === "F16" ? raw.bytes : kinds[dtype]!(singlesOf(raw))));
    const { code, stderr } = await archc("build", spec, "-o", out(name), "--weights", file);
    expect([code, stderr]).toEqual([0, ""]);
    const results = [];
    for (const load of [loadOnnx, (folder: string) => loadTfjs(folder, { backend: "cpu" })]) {
      const model = await load(out(name));
      const { outputs } = await fullPass(model, { input_ids: input_ids! });
      // bfloat16 has no room for these halves: what it holds is held below.
      if (dtype !== "BF16") expectNear(outputs.logits, logits!, 1e-4, `logits on ${model.backend}`);
      results.push(outputs.logits!);
      await model.dispose();
    }
    expectNear(results[0], results[1]!, 1e-4, "logits of the two targets");
  });

  it("is written in F32, every number as it was", async () => {
    const written = out(`${name}.back.safetensors`);
    expect((await archc("export", out(name), "-o", written)).code).toBe(0);
    const back = rawTensors(written);
    for (const [tensor, raw] of halves) {
      const singles = singlesOf(raw);
      const due =
        dtype === "BF16"
          ? Uint32Array.from(upper(singles), (h) => h * 65536)
          : new Uint32Array(singles.buffer);
      expect(back.get(tensor)?.dtype).toBe("F32");
      expect(back.get(tensor)!.bytes.slice(), tensor).toEqual(new Uint8Array(due.buffer));
    }
  });
});

it.each(["F8_E4M3", "F8_E5M2"])(
  "a model in %s is refused: without its scales it is another one",
  async (dtype) => {
    const file = sharded(dtype, (raw) => raw.bytes.subarray(0, raw.bytes.length / 2));
    const { code, stderr } = await archc("build", spec, "-o", out("f8"), "--weights", file);
    expect(code).toBe(2);
    expect(stderr).toContain(`${halves.size} wrong`);
    expect(stderr).toMatch(new RegExp(`${dtype} \\[\\d+(, \\d+)*\\], expected F32, F64, F16, BF16`));
    expect(stderr).toContain("multiply quantized ones by their scales");
  },
);
