import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archc } from "../cli/archc.js";
import { type Raw, rawTensors, stored, writeRaw } from "./raw.js";

const scratch = mkdtempSync(join(tmpdir(), "archc-optional-"));
afterAll(() => rmSync(scratch, { recursive: true }));
const out = (name: string) => join(scratch, name);

/** A small decoder whose file has a layer of experts of three matrices, and biases that some files lack. */
const spec = (more: string, checkpoint: string) => `import { decoder } from "std"

layer shifted(x: [.. D], n: count = 3) -> [.. D] {
  weight up: [E = n, D, F = D]  init normal(0.1)
  weight gain: [F]              init ones
  weight shift, second: [F]     init zeros
  return gain * einsum[.. D, E D F -> .. F](x, up) + shift + second
}

model Small : decoder {
  vocab = 16
  seq   = 8
  dim   = 4
  heads = 2
  blocks 2 {
    attn = attention(heads, causal = true, bias = false)
    ffn  = shifted()
  }
  checkpoint theirs {
    "embed"         = embed.table
    "positions"     = positions.table
    "norm.weight"   = norm.scale
    "norm.bias"     = norm.shift
    "h.{i}.na.weight" = blocks[i].wiring.norm_a.scale
    "h.{i}.na.bias"   = blocks[i].wiring.norm_a.shift
    "h.{i}.nb.weight" = blocks[i].wiring.norm_b.scale
    "h.{i}.nb.bias"   = blocks[i].wiring.norm_b.shift
    "h.{i}.query"     = blocks[i].attn.query
    "h.{i}.key"       = blocks[i].attn.key
    "h.{i}.value"     = blocks[i].attn.value
    "h.{i}.out"       = blocks[i].attn.out
    ${checkpoint}
  }
}
${more}`;

const experts = '"h.{i}.up.{e}" = blocks[i].ffn.up[E = e, D, F]';
const optional = `${experts}
    "h.{i}.gain" = blocks[i].ffn.gain
    optional "h.{i}.shifts" = concat(blocks[i].ffn.shift, blocks[i].ffn.second, axis = 0)`;

let files = 0;
const write = (text: string): string => {
  const file = out(`${files++}.arch`);
  writeFileSync(file, text);
  return file;
};

/** A file of the weights under the names of a spec. */
async function exported(file: string): Promise<Map<string, Raw>> {
  const folder = out(`built${files++}`);
  expect(await archc("build", file, "-o", folder, "--target", "tfjs")).toMatchObject({ code: 0, stderr: "" });
  expect((await archc("export", folder, "-o", out("e.safetensors"))).code).toBe(0);
  return new Map(rawTensors(out("e.safetensors")));
}

async function read(file: string, tensors: ReadonlyMap<string, Raw>, ...more: string[]) {
  const folder = out(`read${files++}`);
  const from = writeRaw(out(`w${files++}.safetensors`), tensors);
  const { code, stderr } = await archc(
    ...["build", file, "-o", folder, "--target", "tfjs", "--weights", from, ...more],
  );
  return { code, stderr, folder };
}

const floats = (raw: Raw | undefined) => [...new Float32Array(raw!.bytes.slice().buffer)];
const raw = (shape: readonly number[], values: readonly number[]): Raw => ({
  dtype: "F32",
  shape,
  bytes: new Uint8Array(Float32Array.from(values).buffer),
});

describe("a tensor that a file may lack", () => {
  const file = write(spec("", optional));
  let whole: Map<string, Raw>;
  beforeAll(async () => {
    whole = await exported(file);
    for (const i of [0, 1]) whole.set(`h.${i}.shifts`, raw([8], [1, 2, 3, 4, 5, 6, 7, 8]));
  });

  it("is read where it is there, and nothing is told", async () => {
    const { code, stderr, folder } = await read(file, whole);
    expect([code, stderr]).toEqual([0, ""]);
    expect(floats(rawTensors(join(folder, "weights.safetensors")).get("blocks.1.ffn.second"))).toEqual([
      5, 6, 7, 8,
    ]);
  });

  it("leaves its weights at their initial values, which is told, and an export writes it", async () => {
    const without = new Map([...whole].filter(([name]) => !name.endsWith("shifts")));
    const { code, stderr, folder } = await read(file, without, "--seed", "7");
    expect(code).toBe(0);
    expect(stderr).toContain("warning[checkpoint/absent]");
    expect(stderr).toContain("h.{0, 1}.shifts: all of `blocks.{0, 1}.ffn.shift` is 0");
    expect(stderr).toContain("h.{0, 1}.shifts: all of `blocks.{0, 1}.ffn.second` is 0");
    const built = rawTensors(join(folder, "weights.safetensors"));
    for (const name of ["shift", "second"])
      expect(floats(built.get(`blocks.0.ffn.${name}`))).toEqual([0, 0, 0, 0]);
    expect((await archc("export", folder, "-o", out("again.safetensors"))).code).toBe(0);
    expect(floats(rawTensors(out("again.safetensors")).get("h.1.shifts"))).toEqual(new Array(8).fill(0));
    // Every command that reads the file tells it.
    const checked = await archc("check", file, "--weights", writeRaw(out("c.safetensors"), without));
    expect([checked.code, checked.stderr]).toEqual([0, expect.stringContaining("checkpoint/absent")]);
  });

  it("starts with ones where its weight does", async () => {
    const gains = write(spec("", optional.replace('"h.{i}.gain"', 'optional "h.{i}.gain"')));
    const without = new Map([...whole].filter(([name]) => !name.endsWith("gain")));
    const { code, stderr, folder } = await read(gains, without);
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining("h.{0, 1}.gain: all of `blocks.{0, 1}.ffn.gain` is 1"),
    ]);
    expect(floats(rawTensors(join(folder, "weights.safetensors")).get("blocks.0.ffn.gain"))).toEqual([
      1, 1, 1, 1,
    ]);
  });

  it("is there for all blocks or for none", async () => {
    const some = new Map([...whole].filter(([name]) => name !== "h.1.shifts"));
    const { code, stderr } = await read(file, some);
    expect([code, stderr]).toEqual([2, expect.stringContaining("1 missing")]);
    expect(stderr).toContain("h.1.shifts: expected [8] for `blocks.1.ffn.shift`");
  });

  it("under another name is left over, and no reason to do without", async () => {
    const other = new Map([...whole].map(([name, t]) => [name.replace("shifts", "shift"), t]));
    const { code, stderr } = await read(file, other);
    expect([code, stderr]).toEqual([2, expect.stringContaining("2 left over")]);
  });

  it("is not for a variant whose own line says otherwise, nor where a tied line is not optional", async () => {
    const without = new Map([...whole].filter(([name]) => !name.endsWith("shifts")));
    const stated = "concat(blocks[i].ffn.shift, blocks[i].ffn.second, axis = 0)";
    const variant = (line: string) =>
      write(spec(`model Strict : Small {\n  checkpoint theirs {\n    ${line}\n  }\n}\n`, optional));
    for (const line of [`"h.{i}.shifts" = ${stated}`, `"h.{i}.moves" = ${stated}`]) {
      const { code, stderr } = await read(variant(line), without, "--model", "Strict");
      expect([code, stderr]).toEqual([2, expect.stringContaining("2 missing")]);
    }
  });

  it("is not one of several that make up a weight, when others are there", async () => {
    const parts = write(
      spec(
        "",
        `${optional.replace(experts, "")}
    optional "h.{i}.gain.{d}" = blocks[i].ffn.up[E = 0, F, D = d]`,
      ),
    );
    const { stderr } = await archc("check", parts);
    expect(stderr).toContain("checkpoint/optional-random");
    const half = spec(
      "",
      `${experts}
    "h.{i}.shift" = blocks[i].ffn.shift
    "h.{i}.second" = blocks[i].ffn.second
    "h.{i}.first" = blocks[i].ffn.gain[1, F = 0]
    optional "h.{i}.gain.{d}" = blocks[i].ffn.gain[1, F = d]`,
    );
    expect((await archc("check", write(half))).stderr).toBe("");
    const tensors = await exported(write(half));
    for (const name of [...tensors.keys()]) if (/gain\.[123]/.test(name)) tensors.delete(name);
    const refused = await read(write(half), tensors);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("missing from the file")]);
  });
});

describe("parts of a weight", () => {
  it("that are tied and lie in another order are one: either is enough, and both must agree", async () => {
    const file = write(spec("", `${optional}\n    "head" = embed.table[D, V]`));
    const whole = await exported(file);
    const table = floats(whole.get("embed"));
    const turned = Array.from({ length: 64 }, (_, at) => table[(at % 16) * 4 + Math.floor(at / 16)]!);
    // Another layout is another tensor, which an export writes too.
    expect(floats(whole.get("head"))).toEqual(turned);
    whole.delete("head");
    const both = new Map([...whole, ["head", raw([4, 16], turned)]]);
    expect(await read(file, both)).toMatchObject({ code: 0, stderr: "" });
    const alone = new Map([...both].filter(([name]) => name !== "embed"));
    const { folder, ...said } = await read(file, alone);
    expect(said).toEqual({ code: 0, stderr: "" });
    expect(floats(rawTensors(join(folder, "weights.safetensors")).get("embed.table"))).toEqual(table);
    both.set("head", raw([4, 16], turned.with(5, 9)));
    const { code, stderr } = await read(file, both);
    expect([code, stderr]).toEqual([2, expect.stringContaining("head: differs from `embed`")]);
  });

  it("must leave nothing of it out, however often the rest is given", async () => {
    const twice = optional.replace(
      experts,
      '"h.{i}.a" = blocks[i].ffn.up[E = 0, D, F]\n    "h.{i}.b" = blocks[i].ffn.up[E = 1, D, F]\n    "h.{i}.c.{d}" = blocks[i].ffn.up[D = d, E = 0, F]',
    );
    const file = write(spec("", twice));
    const { code, stderr } = await read(file, await exported(file));
    expect([code, stderr]).toEqual([2, expect.stringContaining("2 without a line")]);
    expect(stderr).toContain("blocks.{0, 1}.ffn.up");
  });
});

describe("what training keeps beside the weights", () => {
  it("must be in a file: a norm without its statistics gives other numbers", async () => {
    const normed = write(spec("", optional).replace("  blocks 2", "  norm = batch_norm()\n  blocks 2"));
    const whole = await exported(normed);
    const refused = await read(normed, whole);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("2 without a line")]);
    expect(refused.stderr).toContain("norm.running_mean");
    const stated = write(
      spec("", `${optional}\n    "norm.mean" = norm.running_mean\n    "norm.var" = norm.running_var`).replace(
        "  blocks 2",
        "  norm = batch_norm()\n  blocks 2",
      ),
    );
    const full = await exported(stated);
    expect(await read(stated, full)).toMatchObject({ code: 0, stderr: "" });
    full.delete("norm.mean");
    expect((await read(stated, full)).stderr).toContain("norm.mean: expected [4]");
  });
});

it("a file's doubles are read in a tensor of several weights", async () => {
  const file = write(spec("", optional));
  const whole = await exported(file);
  for (const i of [0, 1])
    whole.set(`h.${i}.shifts`, {
      dtype: "F64",
      shape: [8],
      bytes: stored("F64", [1, 2, 3, 4, 5, 6, 7, 1e300]),
    });
  const { code, stderr } = await read(file, whole);
  expect([code, stderr]).toEqual([2, expect.stringContaining("h.{0, 1}.shifts: holds 1e+300")]);
});

it("a file of `BartModel` has no biases of the logits", async () => {
  const families = "test/parity/fixtures/families.arch";
  const whole = rawTensors("test/parity/fixtures/families/bart.weights.safetensors");
  const bare = new Map(
    [...whole].flatMap(([name, t]) =>
      name.startsWith("model.") ? [[name.slice("model.".length), t] as const] : [],
    ),
  );
  expect(whole.has("final_logits_bias")).toBe(true);
  const { code, stderr, folder } = await read(families, bare, "--model", "SmallBart");
  expect([code, stderr]).toEqual([0, expect.stringContaining("final_logits_bias: all of `head.shift` is 0")]);
  const shift = floats(rawTensors(join(folder, "weights.safetensors")).get("head.shift"));
  expect(new Set(shift)).toEqual(new Set([0]));
});

describe("a head that is tied in the spec or in the file, and not in both", () => {
  const base = `import { llama } from "std"

model Tied : llama {
  vocab  = 16
  seq    = 8
  dim    = 4
  heads  = 2
  hidden = 8
  head   = tied(embed)
  blocks 1
}

model Untied : Tied {
  head = untied(vocab)
}

model Copied : Tied {
  checkpoint huggingface { "lm_head.weight" = embed.table }
}

model Renamed : Untied {
  checkpoint huggingface { ignore "lm_head.weight" }
}
`;
  const file = write(base);
  const of = async (model: string) => {
    const folder = out(model);
    await archc("build", file, "--model", model, "-o", folder, "--target", "tfjs");
    await archc("export", folder, "-o", out(`${model}.safetensors`));
    return out(`${model}.safetensors`);
  };
  const check = async (model: string, weights: string) => {
    const { code, stderr } = await archc("check", file, "--model", model, "--weights", weights);
    expect(code).toBe(stderr === "" ? 0 : 2);
    return stderr;
  };

  it("is told with what to write, and never passed over", async () => {
    const [tied, untied] = [await of("Tied"), await of("Untied")];
    expect([await check("Tied", tied), await check("Copied", tied), await check("Untied", untied)]).toEqual([
      "",
      "",
      "",
    ]);
    const over = await check("Tied", untied);
    expect(over).toContain(
      "lm_head.weight: F32 [16, 4]; the base reads `head.table` from it, which this model does not have",
    );
    expect(over).toContain('write what it copies, `"lm_head.weight" = embed.table`');
    expect(await check("Copied", untied)).toContain(
      "lm_head.weight: differs from `model.embed_tokens.weight`",
    );
    expect(await check("Untied", tied)).toContain("a file contains a tied weight only once");
    expect(await check("Renamed", untied)).toContain(
      'write a line for each weight: `"its name in the file" = head.table`',
    );
  });
});
