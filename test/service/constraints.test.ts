import { describe, expect, it } from "vitest";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";

const library = createNodeHost(".");
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

/** A small decoder with constraints, and more text after it. */
function spec(constraints: string, more = "", fields = "seq = 64"): string {
  return `import { decoder } from "std"
model Small : decoder {
  vocab = 256
  ${fields}
  dim   = 32
  heads = 4
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp(hidden = 4 * dim)
  }
  ${constraints}
}
${more}`;
}

function lint(text: string) {
  const service = createService(createMemoryHost({ "a.arch": text }, std));
  const { value, diagnostics } = service.verdicts("a.arch");
  return { verdicts: value ?? [], diagnostics };
}

/** The model whose cost is told where none is named. */
const usual = (text: string) =>
  createService(createMemoryHost({ "a.arch": text }, std)).cost("a.arch").value?.model;

const outcomes = (text: string) => lint(text).verdicts.map((v) => v.outcome);
const codes = (text: string) => lint(text).diagnostics.map((d) => d.code);

// By hand: tables of 256 and 64 rows; in a block 12·dim² of weights, 9·dim of biases, 4·dim of norms; the last norm.
const PARAMS = (256 + 64) * 32 + 2 * (12 * 32 ** 2 + 13 * 32) + 2 * 32;
// Two per multiply-add: 12·dim² a block and the head for each token, and 2 · seq · dim of attention a block.
const FLOPS = 2 * 64 * (2 * 12 * 32 ** 2 + 256 * 32 + 2 * 2 * 64 * 32);

describe("verdicts", () => {
  it("are not given on a hole, whether a model has it or takes it over", () => {
    const found = lint(
      spec(
        "",
        `model Open : Small { dim = ? in 32..64 step 32
  budget { params.total <= 1 } }
model Variant : Open { budget { params.total <= 2 } }
model Set : Open { dim = 32 }`,
      ),
    );
    expect(found.verdicts.map((v) => [v.model, v.text, v.outcome])).toEqual([
      ["Set", "params.total <= 1", "violated"],
    ]);
    expect(found.diagnostics.map((d) => d.code)).toEqual(["model/hole-not-solved", "budget/exceeded"]);
  });

  it("hold or not exactly at the limit, for every comparison", () => {
    const lines = ["<=", "<", ">=", ">", "=="].flatMap((op) => [
      `params.total ${op} ${PARAMS}`,
      `params.total ${op} ${PARAMS + 1}`,
    ]);
    expect(outcomes(spec(`budget {\n${lines.join("\n")}\n}`))).toEqual([
      ...["held", "held"],
      ...["violated", "held"],
      ...["held", "violated"],
      ...["violated", "violated"],
      ...["held", "violated"],
    ]);
  });

  it("compare a pass, and a token of it, with their units", () => {
    const lines = [`flops.forward == ${FLOPS} FLOP`, `flops.forward == ${FLOPS / 64} FLOP / token`];
    expect(outcomes(spec(`expect {\n${lines.join("\n")}\n}`))).toEqual(["held", "held"]);
  });

  it("are taken at the sizes in the call, then the profile's, then the model's", () => {
    const profile = "profile serve { batch = 3, seq = 16 }";
    const at = (call: string, name = "") =>
      lint(spec(`budget ${name} { ${call} <= 1 TFLOP }`, profile)).verdicts[0]?.at;
    expect(at("flops.forward")).toMatchObject({ batch: 1n, seq: 64n });
    expect(at("flops.forward", "serve")).toMatchObject({ batch: 3n, seq: 16n });
    expect(at("flops.forward(seq = 8)", "serve")).toMatchObject({ batch: 3n, seq: 8n });
  });

  it("reckon with fields, sizes and units on both sides", () => {
    const lines = [
      `params.total - vocab * dim == ${PARAMS - 256 * 32}`,
      `params.bytes == 4 bytes * params.total`,
      "flops.forward / (batch * seq) <= 1 MFLOP",
      "memory.inference <= 2 * 8 MiB",
      "growth(seq) == 2",
      "params.total <= 2 ^ 20",
      "-params.total <= 0",
    ];
    expect(outcomes(spec(`budget {\n${lines.join("\n")}\n}`))).toEqual(lines.map(() => "held"));
  });
});

describe("a violated budget", () => {
  it("says by how much, of what, at which sizes, why, and what would fit", () => {
    const text = spec('budget { flops.forward <= 3 MFLOP "the phone does no more" }');
    const [found] = lint(text).diagnostics;
    expect(found).toMatchObject({
      code: "budget/exceeded",
      message: "`flops.forward` is 5.24 MFLOP, 2.24 MFLOP over its budget",
      label: "5.24 MFLOP = weights 4.19 + attention 1.05",
      notes: ["with `batch` as 1, `seq` as 64 (a.arch:4)", "the phone does no more"],
    });
    expect(text.slice(found!.labels[0]!.span.start, found!.labels[0]!.span.end)).toBe("3 MFLOP");
  });

  it("offers values that hold, worked out with the figure", () => {
    const [found] = lint(spec("budget { flops.forward(batch = 8) <= 3 MFLOP }")).diagnostics;
    const offers = [...found!.helps.join(" ").matchAll(/`(\w+) = (\d+)` gives ([\d.]+) MFLOP/g)];
    expect(offers.length).toBeGreaterThan(0);
    for (const [, name, value, shown] of offers) {
      const at = name === "seq" ? `seq = ${value}, batch = 8` : `${name} = ${value}`;
      const [verdict] = lint(spec(`budget { flops.forward(${at}) <= 3 MFLOP }`)).verdicts;
      expect([verdict!.outcome, verdict!.actual]).toEqual(["held", expect.stringContaining(shown!)]);
    }
  });

  it("offers nothing where no size helps", () => {
    expect(lint(spec("budget { params.total <= 1 }")).diagnostics[0]!.helps).toEqual([]);
  });

  it("counts for a variant that inherits it, and says so", () => {
    const text = spec("budget { params.total <= 40K }", "model Wide : Small { dim = 64 }");
    const { verdicts, diagnostics } = lint(text);
    expect(verdicts.map((v) => [v.model, v.statedBy, v.outcome])).toEqual([
      ["Small", "Small", "held"],
      ["Wide", "Small", "violated"],
    ]);
    expect(diagnostics[0]!.notes).toContain("`Wide` inherits this from `Small`");
  });

  it("may be tightened by a variant, not loosened, whichever way it bounds", () => {
    const variant = (own: string) =>
      codes(
        spec("budget { params.total <= 60K\n params.total >= 1K }", `model V : Small { budget { ${own} } }`),
      );
    expect(variant("params.total <= 50K")).toEqual([]);
    expect(variant("params.total >= 2K")).toEqual([]);
    expect(variant("params.total <= 61K")).toEqual(["budget/loosened"]);
    expect(variant("params.total >= 500")).toEqual(["budget/loosened"]);
  });
});

describe("what cannot be evaluated is told, and never held", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["params.totl <= 1", "budget/unknown-metric"],
    ["totl <= 1", "budget/unknown-name"],
    ["params.total <= 1 MiB", "budget/unit"],
    ["params.total <= 1 / 0", "budget/divides-by-zero"],
    ["params.total + 1 MiB <= 1", "budget/arithmetic-units"],
    ["params.total <= 10 ^ 100", "budget/not-a-quantity"],
    ['params.total <= "400M"', "syntax/quoted-number"],
    ["flops.forward(sq = 3) <= 1 GFLOP", "budget/unknown-argument"],
    ["growth(sq) <= 1", "budget/unknown-argument"],
    ["flops.forward(seq = 65) <= 1 GFLOP", "budget/impossible-point"],
    ["time.train(adam) <= 1 s", "budget/not-yet"],
  ];
  for (const [line, code] of cases) {
    it(line, () => {
      const { verdicts, diagnostics } = lint(spec(`budget { ${line} }`));
      expect(diagnostics.map((d) => d.code)).toEqual([code]);
      expect(verdicts.every((v) => v.outcome === "not checked")).toBe(true);
    });
  }

  it("a profile that makes no sense", () => {
    const at = (fields: string) =>
      codes(spec("budget serve { params.total <= 1M }", `profile serve { ${fields} }`));
    expect(at("batch = 8, seq = 16, dtype = f32, device = h100, optimizer = adam")).toEqual([]);
    expect(at("bath = 8")).toEqual(["budget/profile-field"]);
    expect(at("batch = 0")).toEqual(["budget/profile-value"]);
    expect(at("batch = 8 GiB")).toEqual(["budget/profile-value"]);
    expect(at("dtype = bf16")).toEqual([]);
    expect(at("optimizer = adamax")).toEqual(["budget/profile-word"]);
    expect(at("dtype = bf61")).toEqual(["budget/profile-word"]);
  });
});

it("a budget on training takes its optimizer from the profile, where it names none", () => {
  const figures = (optimizer: string, metric: string) =>
    lint(
      spec(`budget once { ${metric} <= 1 TiB }`, `profile once { batch = 2, optimizer = ${optimizer} }`),
    ).verdicts.map((v) => v.exact?.actual[0])[0]!;
  const [adam, sgd] = [figures("adam", "memory.train"), figures("sgd", "memory.train")];
  expect(adam).toBeGreaterThan(sgd);
  expect(figures("adam", "memory.train(sgd)")).toBe(sgd);
  expect(figures("sgd", "memory.train(adam)")).toBe(adam);
});

describe("budgets on growth", () => {
  it("hold for the degree, and say what grows where they do not", () => {
    const text = spec('budget { growth(seq) <= 1 "serving cost must stay linear" }');
    const { verdicts, diagnostics } = lint(text);
    expect(verdicts.map((v) => [v.outcome, v.actual, v.limit])).toEqual([["violated", "2", "1"]]);
    expect(diagnostics[0]!.message).toBe("`growth` is 2, 1 over its budget");
    expect(diagnostics[0]!.notes).toEqual([
      "serving cost must stay linear",
      "`flops.forward` grows with `256*batch*seq^2`",
    ]);
    expect(outcomes(spec("budget { growth(seq) <= 2\n growth(batch) <= 1\n growth(past) == 1 }"))).toEqual([
      ...["held", "held", "held"],
    ]);
  });

  it("hold for a model whose cost is linear", () => {
    const text = spec("budget { growth(seq) <= 1 }").replace("attention(heads, causal = true)", "identity()");
    expect(lint(text)).toMatchObject({ verdicts: [{ outcome: "held", actual: "1" }], diagnostics: [] });
  });
});

describe("budgets of a profile", () => {
  const profile = "profile serve { batch = 2, seq = 16, past = 8 }";

  it("are taken at its sizes, in the model and its variants, with their message", () => {
    const variant = "model Wide : Small { dim = 64 }";
    const text = spec('budget serve { memory.cache <= 8 KiB "one phone" }', `${profile}\n${variant}`);
    const { verdicts, diagnostics } = lint(text);
    // 2 blocks, keys and values, batch 2, past 8, dim 32, 4 bytes each.
    expect(verdicts.map((v) => [v.model, v.profile, v.outcome, v.exact?.actual])).toEqual([
      ["Small", "serve", "held", [BigInt(2 * 2 * 2 * 8 * 32 * 4), 1n]],
      ["Wide", "serve", "violated", [BigInt(2 * 2 * 2 * 8 * 64 * 4), 1n]],
    ]);
    expect(diagnostics[0]!.notes).toContain("one phone");
  });

  it("count bytes for the profile's dtype", () => {
    const bytes = (dtype: string) =>
      lint(
        spec(
          "budget serve { memory.weights <= 1 GiB\n memory.cache <= 1 GiB }",
          `profile serve { batch = 2, seq = 16, past = 8, dtype = ${dtype} }`,
        ),
      ).verdicts.map((v) => v.exact?.actual[0]);
    expect(bytes("f32")).toEqual([BigInt(4 * PARAMS), 8192n]);
    expect(bytes("bf16")).toEqual([BigInt(2 * PARAMS), 4096n]);
    expect(bytes("int8")).toEqual([BigInt(PARAMS), 8192n]);
  });
});

describe("a question that names no model", () => {
  it("is about the last that has no holes", () => {
    expect(usual(spec("", "model Wide : Small { dim = 64 }"))).toBe("Wide");
    const open = "model Open : Small { dim = ? in 32..64 step 32 }";
    expect(usual(spec("", open))).toBe("Small");
    expect(usual(spec("", `${open}\nmodel Variant : Open {}`))).toBe("Small");
    expect(usual(spec("", `${open}\nmodel Set : Open { dim = 64 }`))).toBe("Set");
  });
});
