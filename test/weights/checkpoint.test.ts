import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { loadOnnx } from "../../runtime/onnx.js";
import { loadTfjs } from "../../runtime/tfjs.js";
import { archc } from "../cli/archc.js";
import { expectNear } from "../parity/near.js";
import { fullPass } from "../parity/passes.js";
import { readTensors } from "../parity/targets.js";
import { rawTensors, stored, writeRaw } from "./raw.js";

const scratch = mkdtempSync(join(tmpdir(), "archc-checkpoint-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const out = (name: string) => join(scratch, name);
const fixture = (name: string) =>
  fileURLToPath(new URL(`./fixtures/gpt2-checkpoint/${name}`, import.meta.url));

const spec = fixture("small.arch");
const whole = fixture("whole/model.safetensors");
const sharded = fixture("sharded/model.safetensors.index.json");
const expected = await readTensors(fixture("expected.safetensors"));

const build = (folder: string, weights: string, ...more: string[]) =>
  archc("build", spec, "-o", folder, "--weights", weights, ...more);

describe("a GPT-2 as transformers saves it", () => {
  for (const [kind, file] of [
    ["whole", whole],
    ["sharded", sharded],
  ] as const) {
    it(`gives the peer's logits: ${kind}`, async () => {
      const { code, stderr } = await build(out(kind), file);
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const ids = expected.input_ids as HostTensor;
      for (const load of [loadOnnx, (folder: string) => loadTfjs(folder, { backend: "cpu" })]) {
        const model = await load(out(kind));
        const { outputs } = await fullPass(model, { input_ids: ids });
        expectNear(outputs.logits, expected[kind]!, 1e-4, `logits on ${model.backend}`);
        await model.dispose();
      }
    });
  }

  it("comes back byte for byte", async () => {
    await build(out("back"), whole);
    const { code } = await archc("export", out("back"), "-o", out("back.safetensors"));
    expect(code).toBe(0);
    const [theirs, ours] = [rawTensors(whole), rawTensors(out("back.safetensors"))];
    expect([...ours.keys()].sort()).toEqual([...theirs.keys()].sort());
    for (const [name, tensor] of theirs) expect(ours.get(name), name).toEqual(tensor);
    // And under the names of a build, to build from again.
    await archc("export", out("back"), "-o", out("own.safetensors"), "--checkpoint", "archc");
    await build(out("again"), out("own.safetensors"), "--checkpoint", "archc");
    const weights = (folder: string) => rawTensors(join(out(folder), "weights.safetensors"));
    expect(weights("again")).toEqual(weights("back"));
  });

  it("may leave out what is optional in a name, and hold what is ignored and tied", async () => {
    const tensors = new Map([...rawTensors(whole)].map(([name, t]) => [name.replace("transformer.", ""), t]));
    tensors.set("lm_head.weight", tensors.get("wte.weight")!);
    tensors.set("h.0.attn.bias", { dtype: "U8", shape: [1], bytes: Uint8Array.of(1) });
    const { code, stderr } = await build(out("bare"), writeRaw(out("bare.safetensors"), tensors));
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const head = tensors.get("wte.weight")!;
    tensors.set("lm_head.weight", { ...head, bytes: head.bytes.with(7, 99) });
    const untied = await build(out("untied"), writeRaw(out("untied.safetensors"), tensors));
    expect([untied.code, untied.stderr]).toEqual([
      2,
      expect.stringContaining("lm_head.weight: differs from `wte.weight`"),
    ]);
    const huge = stored(
      "F64",
      Array.from({ length: head.bytes.length / 4 }, () => 1e300),
    );
    tensors.set("lm_head.weight", { ...head, dtype: "F64", bytes: huge });
    const [place, norm] = ["wpe.weight", "ln_f.bias"].map((name) => tensors.get(name)!);
    const whole32 = (from: typeof head) =>
      stored(
        "I32",
        Array.from({ length: from.bytes.length / 4 }, (_, i) => (i === 3 ? 2 ** 24 + 1 : i)),
      );
    tensors.set("wpe.weight", { ...place!, dtype: "I32", bytes: whole32(place!) });
    tensors.set("ln_f.bias", { ...norm!, dtype: "I32", bytes: whole32(norm!) });
    const file = writeRaw(out("huge.safetensors"), tensors);
    const refused = await build(out("huge"), file);
    expect([refused.code, refused.stderr]).toEqual([
      2,
      expect.stringContaining("lm_head.weight: holds 1e+300, which f32 cannot hold"),
    ]);
    expect(refused.stderr).toContain("3 wrong");
    for (const name of ["wpe.weight", "ln_f.bias"])
      expect(refused.stderr).toContain(`${name}: holds 16777217, which f32 cannot hold`);
    expect(refused.stderr).toContain("help: weights are 32-bit floats");
    expect(existsSync(out("huge"))).toBe(false);
    const open = readdirSync("/proc/self/fd").flatMap((fd) => {
      const path = join("/proc/self/fd", fd);
      return existsSync(path) ? [readlinkSync(path)] : [];
    });
    expect(open).not.toContain(file);
  });

  it("may hold anything below a name that is ignored, and nothing else; one misspelled is still told", async () => {
    const file = out("below.arch");
    cpSync(fileURLToPath(new URL("../../specs/gpt2.arch", import.meta.url)), out("gpt2.arch"));
    const section =
      'checkpoint huggingface {\n    ignore "[transformer.]cls.*"\n    ignore "[transformer.]ln_x.*"\n  }\n}\n';
    const small = readFileSync(spec, "utf8").replace("../../../../specs/gpt2.arch", "./gpt2.arch");
    writeFileSync(file, small.replace(/\}\s*$/, `  ${section}`));
    const checked = (tensors: ReturnType<typeof rawTensors>) =>
      archc("check", file, "--weights", writeRaw(out("below.safetensors"), new Map(tensors)));
    const tensors = rawTensors(whole);
    const shift = tensors.get("transformer.ln_f.bias")!;
    for (const name of ["cls.bias", "transformer.cls.dense.weight", "cls.a.b.c"]) tensors.set(name, shift);
    expect(await checked(tensors)).toMatchObject({ code: 0, stderr: "" });
    tensors.set("clsx.bias", shift);
    tensors.set("cls", shift);
    const { code, stderr } = await checked(tensors);
    expect([code, stderr]).toEqual([2, expect.stringContaining("2 left over")]);
    expect(stderr).toContain("clsx.bias: F32 [32]\n");
    expect(stderr).toContain("cls: F32 [32]\n");
    const slip = rawTensors(whole);
    slip.set("transformer.ln_x.bias", shift);
    slip.delete("transformer.ln_f.bias");
    expect((await checked(slip)).stderr).toContain("is it `transformer.ln_x.bias`?");
  });

  it("is refused with every tensor that does not fit, and nothing is written", async () => {
    const tensors = rawTensors(whole);
    const shift = tensors.get("transformer.ln_f.bias")!;
    tensors.delete("transformer.ln_f.bias");
    tensors.set("transformer.ln_f.bais", shift);
    tensors.set("transformer.h.1.ln_1.bias", { ...shift, shape: [16, 2] });
    tensors.set("transformer.h.0.ln_1.bias", {
      ...shift,
      dtype: "F8_E4M3",
      bytes: shift.bytes.subarray(0, 32),
    });
    const { code, stderr } = await build(out("wrong"), writeRaw(out("wrong.safetensors"), tensors));
    expect(code).toBe(2);
    expect(existsSync(out("wrong"))).toBe(false);
    expect(stderr).toContain("1 missing, 2 wrong, 1 left over");
    expect(stderr).toContain("expected [32] for `norm.shift`; is it `transformer.ln_f.bais`?");
    expect(stderr).toContain("transformer.h.1.ln_1.bias: F32 [16, 2], expected [32]\n");
    expect(stderr).toContain("transformer.h.0.ln_1.bias: F8_E4M3 [32], expected");
    expect(stderr).toContain("transformer.ln_f.bais: F32 [32]");
    expect(stderr).toContain("help: is this a model of another size");
    expect(stderr).toContain("help: convert the tensors first");
  });

  it("says what is wrong with files and names of checkpoints", async () => {
    const said = async (...args: Parameters<typeof build>) => {
      const { code, stderr } = await build(...args);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await said(out("x"), out("none.safetensors"))).toContain("the file does not exist");
    expect(await said(out("x"), whole, "--checkpoint", "hugingface")).toContain("no checkpoint `hugingface`");
    const index = (map: object) => {
      writeFileSync(out("bad.index.json"), JSON.stringify({ weight_map: map }));
      return out("bad.index.json");
    };
    expect(await said(out("x"), index({ a: "../../etc/passwd" }))).toContain(
      "not in a file in the same folder",
    );
    expect(await said(out("x"), index({ a: "a.safetensors" }))).toContain("which does not exist");
    const bin = await said(out("x"), index({ a: "pytorch_model-00001-of-2.bin" }));
    expect(bin).toContain("`pytorch_model-00001-of-2.bin`, a pickle");
    writeFileSync(out("short.safetensors"), new Uint8Array(readFileSync(whole)).subarray(0, 5000));
    expect(await said(out("x"), out("short.safetensors"))).toContain("the file is cut short");
    expect(existsSync(out("x"))).toBe(false);
  });
});

describe("a file that is none of safetensors", () => {
  it.each([
    ["a zip as torch.save writes it", "PK\x03\x04\0\0\x08\x08 and so on", "because they can run code"],
    ["a pickle", "\x80\x02}q\0(X\x03\0\0\0", "because they can run code"],
    ["GGUF", "GGUF\x03\0\0\0 and so on", "a GGUF file"],
    ["HDF5", "\x89HDF\r\n\x1a\n and so on", "an HDF5 file"],
    ["text", "root:x:0:0:root:/root:/bin/bash\n", "does not start with the length of a header"],
  ])("says of %s what it is, and shows nothing of it", async (_, text, words) => {
    writeFileSync(out("none.bin"), text, "latin1");
    const { code, stderr } = await build(out("x"), out("none.bin"));
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
    // The first 8 bytes as a number.
    expect(stderr).not.toMatch(/\d{6}/);
  });

  it("may have a header whose length begins as a pickle does", async () => {
    const file = new Uint8Array(readFileSync(whole));
    const header = Number(new DataView(file.buffer).getBigUint64(0, true));
    // 0x0280 and more, with spaces behind the JSON, as the format allows.
    const longer = (Math.ceil(header / 65536) << 16) + 0x0280;
    const padded = new Uint8Array(8 + longer + file.length - 8 - header).fill(0x20);
    new DataView(padded.buffer).setBigUint64(0, BigInt(longer), true);
    padded.set(file.subarray(8, 8 + header), 8);
    padded.set(file.subarray(8 + header), 8 + longer);
    writeFileSync(out("padded.safetensors"), padded);
    expect([...padded.subarray(0, 2)]).toEqual([0x80, 0x02]);
    expect(await build(out("padded"), out("padded.safetensors"))).toMatchObject({ code: 0, stderr: "" });
  });

  it("with another checkpoint's names is told which", async () => {
    const own = join(out("padded"), "weights.safetensors");
    const { code, stderr } = await build(out("x"), own);
    expect([code, stderr]).toEqual([2, expect.stringContaining("`--checkpoint archc`")]);
    expect((await build(out("x"), own, "--checkpoint", "archc")).code).toBe(0);
  });
});

const experts = `import { decoder } from "std"

layer experts(x: [.. D], n: count = 3) -> [.. D] {
  weight up: [E = n, D, F = D]  init normal(0.1)
  return einsum[.. D, E D F -> .. F](x, up)
}

model Split : decoder {
  vocab = 16
  seq   = 8
  dim   = 4
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true, bias = false)
    ffn  = experts()
  }
  checkpoint theirs {
    "embed.weight"               = embed.table
    "positions.weight"           = positions.table
    "norm.weight"                = norm.scale
    "norm.bias"                  = norm.shift
    "h.{i}.norm.{i}.a.weight"    = blocks[i].wiring.norm_a.scale
    "h.{i}.norm.a.bias"          = blocks[i].wiring.norm_a.shift
    "h.{i}.norm.b.weight"        = blocks[i].wiring.norm_b.scale
    "h.{i}.norm.b.bias"          = blocks[i].wiring.norm_b.shift
    "h.{i}.qkv"                  = concat(blocks[i].attn.query[H G K, D], blocks[i].attn.key[H K, D], blocks[i].attn.value[H V, D], axis = 0)
    "h.{i}.out"                  = blocks[i].attn.out[D, H G V]
    "h.{i}.experts.{e}.up"       = blocks[i].ffn.up[E = e, F, D]
  }
}
`;

describe("one weight in several tensors, several weights in one", () => {
  it("are split, turned and fused as the spec says, and come back", async () => {
    const file = out("split.arch");
    writeFileSync(file, experts);
    const arch = (...argv: string[]) =>
      archc(...argv).then((r) => expect([r.code, r.stderr]).toEqual([0, ""]));
    await arch("build", file, "-o", out("split"));
    await arch("export", out("split"), "-o", out("split.safetensors"));
    const ours = await readTensors(join(out("split"), "weights.safetensors"));
    const theirs = await readTensors(out("split.safetensors"));
    expect(
      Object.keys(theirs)
        .filter((n) => n.startsWith("h.1."))
        .sort(),
    ).toEqual(
      ["experts.0.up", "experts.1.up", "experts.2.up", "norm.1.a.weight", "norm.a.bias", "norm.b.bias"]
        .concat(["norm.b.weight", "out", "qkv"])
        .map((n) => `h.1.${n}`),
    );
    const up = ours["blocks.1.ffn.up"]!;
    const one = theirs["h.1.experts.2.up"]!;
    for (let f = 0; f < 4; f++)
      for (let d = 0; d < 4; d++) expect(one.data[f * 4 + d]).toBe(up.data[2 * 16 + d * 4 + f]);
    // Rows 8 to 11 are the values: [H K, D] of [D, H, K].
    const value = ours["blocks.0.attn.value"]!;
    const qkv = theirs["h.0.qkv"]!;
    expect(qkv.shape).toEqual([12, 4]);
    for (let row = 0; row < 4; row++)
      for (let d = 0; d < 4; d++) expect(qkv.data[(8 + row) * 4 + d]).toBe(value.data[d * 4 + row]);
    await arch("build", file, "-o", out("split-back"), "--weights", out("split.safetensors"), "--seed", "9");
    const weights = (folder: string) => rawTensors(join(out(folder), "weights.safetensors"));
    expect(weights("split-back")).toEqual(weights("split"));
  });
});

describe("a Llama in half precision as transformers saves it", () => {
  it("gives the peer's logits: matrices turned, groups of heads, an untied head", async () => {
    const at = (name: string) =>
      fileURLToPath(new URL(`./fixtures/llama-checkpoint/${name}`, import.meta.url));
    const { code, stderr } = await archc(
      ...["build", at("small.arch"), "-o", out("llama"), "--weights", at("model.safetensors")],
    );
    expect([code, stderr]).toEqual([0, ""]);
    const { input_ids, logits } = await readTensors(at("expected.safetensors"));
    for (const load of [loadOnnx, (folder: string) => loadTfjs(folder, { backend: "cpu" })]) {
      const model = await load(out("llama"));
      const { outputs } = await fullPass(model, { input_ids: input_ids! });
      expectNear(outputs.logits, logits!, 1e-4, `logits on ${model.backend}`);
      await model.dispose();
    }
  });
});

describe("numbers of other types", () => {
  it("of a file are read from any place on, in a build that gives what floats give", async () => {
    const tensors = rawTensors(whole);
    const [doubles, ints] = [new Map(tensors), new Map(tensors)];
    for (const [name, raw] of tensors) {
      if (raw.dtype !== "F32") continue;
      const values = new Float32Array(raw.bytes.slice().buffer);
      doubles.set(name, { ...raw, dtype: "F64", bytes: stored("F64", [...values]) });
      if (!name.endsWith("ln_f.bias")) continue;
      ints.set(name, {
        ...raw,
        dtype: "I16",
        bytes: stored(
          "I16",
          [...values].map((_, i) => i - 7),
        ),
      });
    }
    const weightsOf = async (name: string, file: string) => {
      const { code, stderr } = await build(out(name), file);
      expect([code, stderr]).toEqual([0, ""]);
      return rawTensors(join(out(name), "weights.safetensors"));
    };
    const same = await weightsOf("from-floats", whole);
    const wide = await weightsOf("from-doubles", writeRaw(out("doubles.safetensors"), doubles));
    expect([...wide].map(([name, t]) => [name, Buffer.from(t.bytes).equals(same.get(name)!.bytes)])).toEqual(
      [...same.keys()].map((name) => [name, true]),
    );
    const mixed = await weightsOf("from-ints", writeRaw(out("ints.safetensors"), ints));
    const shift = new Float32Array(mixed.get("norm.shift")!.bytes.slice().buffer);
    expect([...shift]).toEqual(Array.from(shift, (_, i) => i - 7));
    const [name, raw] = [...ints].find(([n]) => n.endsWith("ln_f.bias"))!;
    ints.set(name, {
      ...raw,
      dtype: "I32",
      bytes: stored(
        "I32",
        [...shift].map(() => 2 ** 24 + 1),
      ),
    });
    const refused = await build(out("inexact"), writeRaw(out("inexact.safetensors"), ints));
    expect([refused.code, existsSync(out("inexact"))]).toEqual([2, false]);
    expect(refused.stderr).toContain(`${name}: holds 16777217, which f32 cannot hold`);
  });
});
