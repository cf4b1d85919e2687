import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { codes } from "../../compiler/diagnostics/codes.js";
import { lintRules, ruleOf } from "../../compiler/lint/index.js";
import { decoder, findings, lint } from "./support.js";

describe("lint rules", () => {
  it("have the name of their file and of their code", () => {
    const files = readdirSync(new URL("../../compiler/lint/rules", import.meta.url));
    const names = lintRules.map((r) => r.name).sort();
    expect(files.map((f) => f.replace(/\.ts$/, "")).sort()).toEqual(names);
    const coded = Object.keys(codes).filter((c) => c.startsWith("lint/"));
    expect([...new Set(coded.map(ruleOf))].sort()).toEqual(names);
  });

  it("find nothing in a spec that is well", () => {
    expect(lint(decoder())).toEqual([]);
  });

  it("answer for text that is no spec", () => {
    expect(lint("import { from\nprofile {").filter((f) => !f.startsWith("syntax/"))).toEqual([]);
  });

  it("are silent about models where a spec does not compile", () => {
    const text = decoder({ attn: "attention(6)", fields: "vocab = 50_257\n seq = 8\n dim = 40\n heads = 8" });
    expect(lint(text).filter((f) => /^(head|vocab|width)/.test(f))).toEqual([]);
  });
});

describe("head-size", () => {
  const odd = decoder({ fields: "vocab = 256\n  seq = 64\n  dim = 48\n  heads = 4" });

  it("says once, at the line of the slot, how many blocks have heads of an odd size", () => {
    const [found, ...rest] = findings(odd);
    expect(rest).toEqual([]);
    expect(found).toMatchObject({
      code: "lint/head-size",
      severity: "warning",
      message: "attention uses heads of size 12, which is not a multiple of 8",
      subject: "Small/blocks.0.attn",
    });
    expect(found!.notes[0]).toBe("in `blocks.0.attn` of `Small`, and 2 more places");
    expect(found!.helps).toEqual(["choose widths and heads that give `8` or `16`"]);
    expect(lint(odd)).toEqual(["head-size attn = attention(heads, causal = true)"]);
  });

  it("finds the block that differs", () => {
    const text = decoder({ ffn: "mlp(hidden = 4 * dim)\n    at 1 { attn = attention(2, head_dim = 20) }" });
    expect(lint(text)).toEqual(["head-size attn = attention(2, head_dim = 20)"]);
  });

  it("speaks of the size of heads alone, not of the number of keys where that is constant", () => {
    const text = (head: number): string => `import { perceiver } from "std"
model Small : perceiver {
  channels = 16
  latents  = 6
  dim      = 32
  heads    = 4
  blocks 2 { attn = attention(heads, head_dim = ${head}) }
}
`;
    expect(lint(text(16))).toEqual([]);
    expect(lint(text(12))).toEqual(["head-size attn = attention(heads, head_dim = 12)"]);
  });
});

describe("width", () => {
  it("finds a hidden size of an odd width, where it stands", () => {
    expect(lint(decoder({ ffn: "mlp(hidden = 100)" }))).toEqual(["width ffn  = mlp(hidden = 100)"]);
    expect(lint(decoder({ ffn: "mlp(hidden = 104)" }))).toEqual([]);
  });

  it("warns once of a field that several lines take their width from, at the field", () => {
    const fields = (seq: number, dim: number) => `vocab = 256\n  seq = ${seq}\n  dim = ${dim}\n  heads = 2`;
    const parts = { attn: "attention(heads, head_dim = 16, causal = true)", ffn: "mlp(hidden = 64)" };
    const text = decoder({ fields: fields(100, 100), ...parts });
    expect(lint(text)).toEqual(["width dim = 100"]);
    expect(findings(text)[0]!.notes[0]).toMatch(/^in `.*` of `Small`, and 6 more places$/);
    expect(lint(decoder({ fields: fields(100, 104), ...parts }))).toEqual([]);
    const other = decoder({ fields: fields(64, 100), ...parts, ffn: "mlp(hidden = 4 * dim + 4)" });
    expect(lint(other)).toEqual(["width dim = 100", "width ffn  = mlp(hidden = 4 * dim + 4)"]);
    const ignored = text.replace("dim = 100", "dim = 100  // archc-ignore width: as the paper has it");
    expect(lint(ignored)).toEqual([]);
  });

  it("finds that of each expert, as their products go one by one", () => {
    const experts = (hidden: number) => `experts(experts = 4, k = 2, hidden = ${hidden})`;
    expect(lint(decoder({ ffn: experts(100) }))).toEqual([`width ffn  = ${experts(100)}`]);
    expect(lint(decoder({ ffn: experts(104) }))).toEqual([]);
  });
});

describe("vocab-size", () => {
  it("finds a vocabulary that is not a multiple of 64, at the field", () => {
    const of = (vocab: string) =>
      decoder({ fields: `vocab = ${vocab}\n  seq = 64\n  dim = 32\n  heads = 4` });
    expect(lint(of("50_257"))).toEqual(["vocab-size vocab = 50_257"]);
    expect(findings(of("50_257"))[0]!.helps[0]).toContain("`50304` leaves 47 rows unused");
    expect(lint(of("50_304"))).toEqual([]);
    expect(lint(of("257"))).toEqual([]);
  });
});

describe("idle-topk", () => {
  it("finds a memory that keeps all its sub-keys", () => {
    const pkm = (k: number) => decoder({ ffn: `pkm(heads = 2, keys = 16, k = ${k}, key_dim = 32)` });
    expect(lint(pkm(16))).toEqual(["idle-topk ffn  = pkm(heads = 2, keys = 16, k = 16, key_dim = 32)"]);
    expect(lint(pkm(8))).toEqual([]);
  });
});

describe("table-size", () => {
  const text = decoder({ ffn: "pkm(heads = 2, keys = 64, k = 8, key_dim = 32)" });

  it("compares the rows that all tokens can read with those there are", () => {
    // 4,096 rows; a token reads 2 · 8 of them.
    expect(lint(text, { dataTokens: 256n })).toEqual([]);
    const found = findings(text, { dataTokens: 255n });
    expect(found.map((d) => d.code)).toEqual(["lint/table-size"]);
    expect(found[0]!.message).toBe(
      "`table` has 4,096 rows, but training on 255 tokens reads at most 4,080 of them",
    );
  });

  it("knows the data from a profile, before the configuration", () => {
    const used = "budget train { params.total <= 1G }".replace("1G", "1B");
    const with_ = (data: string) =>
      `${text.replace(/\}\n$/, `  ${used}\n}\n`)}profile train { data = ${data} }\n`;
    expect(lint(with_("10"), { dataTokens: 10_000n }).filter((f) => f.startsWith("table-size"))).not.toEqual(
      [],
    );
    expect(lint(with_("300B"), { dataTokens: 10n })).toEqual([]);
    expect(lint(text)).toEqual([]);
  });
});

describe("dead-weight", () => {
  const layer = (body: string) => `layer odd(x: [.. D]) -> [.. D] {
  weight w: [D] init zeros
  ${body}
}
`;
  it("finds a weight that no output depends on, though it is read", () => {
    const dead = `${decoder({ ffn: "odd()" })}${layer("y = x + w\n  z = y\n  return x + 0 * 1")}`;
    expect(lint(dead).filter((f) => f.startsWith("dead-weight"))).toEqual(["dead-weight ffn  = odd()"]);
    expect(lint(`${decoder({ ffn: "odd()" })}${layer("return x + w")}`)).toEqual([]);
  });
});

describe("unused declarations", () => {
  const use = "layer c(x: [.. D]) -> [.. D] { return other(x) }\n";

  it("unused-import: a name that nothing refers to, by the name it has here", () => {
    expect(lint('import { b } from "b.arch"\n')).toEqual(["unused-import b"]);
    expect(lint(`import { b as other } from "b.arch"\n${use}`)).toEqual([]);
    expect(
      lint('import { b as another } from "b.arch"\nlayer b(x: [.. D]) -> [.. D] { return x }\n'),
    ).toEqual(["unused-import another"]);
    expect(
      lint('import { b } from "b.arch"\nmodel M : b {}\n').filter((f) => f.startsWith("unused")),
    ).toEqual([]);
  });

  it("unused-profile: a use case without a budget", () => {
    const budget = "budget serve { params.total <= 1M }";
    expect(lint(`${decoder()}profile serve { batch = 8 }\n`)).toEqual(["unused-profile serve"]);
    expect(lint(`${decoder({ more: budget })}profile serve { batch = 8 }\n`)).toEqual([]);
    expect(lint(`${decoder()}profile train { data = 300B }\n`)).toEqual([]);
  });

  it("unused-layer: layers and functions beside models; a file without models is a library", () => {
    const own = "layer own(x: [.. D]) -> [.. D] { return half(x) }\nfn half(y) = y / 2\n";
    expect(lint(`${decoder()}${own}`)).toEqual(["unused-layer own"]);
    expect(lint(`${decoder()}fn half(y) = y / 2\n`)).toEqual(["unused-layer half"]);
    expect(lint(`${decoder({ ffn: "own()" })}${own}`)).toEqual([]);
    expect(lint(own)).toEqual([]);
  });

  it("unused-param: of layers and functions; an axis reads the parameter that sizes it", () => {
    expect(lint("layer f(x: [.. D], n: count = 3) -> [.. D] { return x }\n")).toEqual(["unused-param n"]);
    expect(lint("layer f(x: [.. D], _n: count = 3) -> [.. D] { return x }\n")).toEqual([]);
    expect(lint("fn f(x, y) = x\n")).toEqual(["unused-param y"]);
    expect(
      lint(
        "layer f(x: [.. D], n: count = 3) -> [.. n] {\n  weight w: [D, n] init zeros\n  return einsum[.. D, D F -> .. F](x, w)\n}\n",
      ),
    ).toEqual([]);
  });

  it("unused-name: weights, values, instances and functions within a layer", () => {
    const layer = (body: string) => `layer f(x: [.. D]) -> [.. D] {\n  ${body}\n  return x\n}\n`;
    expect(lint(layer("weight w: [D] init zeros"))).toEqual(["unused-name w"]);
    expect(lint(layer("y = x + 1"))).toEqual(["unused-name y"]);
    expect(lint(layer("norm: layer = layer_norm()"))).toEqual(["unused-name norm"]);
    expect(lint(layer("fn g(a) = a"))).toEqual(["unused-name g"]);
    expect(lint(layer("_y = x + 1"))).toEqual([]);
  });
});

describe("unused-slot", () => {
  const wired = (lines: string, more = "") => {
    const ffn = `mlp()\n    ${lines}`;
    return lint(decoder({ ffn, more })).filter((f) => f.startsWith("unused-slot"));
  };

  it("is a line for a slot that no block's wiring asks for", () => {
    expect(wired("wiring = parallel(attn)")).toEqual(["unused-slot ffn  = mlp()"]);
    expect(wired("wiring = parallel(attn, ffn)")).toEqual([]);
    expect(wired("")).toEqual([]);
  });

  it("counts a line as read where one block reads it, of the model or of a variant", () => {
    expect(wired("at 1 { wiring = parallel(attn) }")).toEqual([]);
    const variant = "}\nmodel Alone : Small { blocks { wiring = parallel(attn) }\n";
    expect(wired("", variant)).toEqual([]);
    const own = "}\nmodel Alone : Small { blocks { wiring = parallel(attn)\n ffn = mlp(hidden = 8) }\n";
    expect(wired("", own)).toEqual(["unused-slot ffn = mlp(hidden = 8)"]);
  });

  it("says nothing of `none`", () => {
    const none = lint(decoder({ ffn: "none\n    wiring = parallel(attn)" }));
    expect(none.filter((f) => f.startsWith("unused-slot"))).toEqual([]);
  });
});

describe("expect-source", () => {
  const model = (comment: string, doc = "") =>
    decoder({ more: `expect {\n    ${comment}\n    params.total >= 1\n  }` }).replace("model", `${doc}model`);

  it("wants a link, a paper, a year or a derivation beside the figures or in the model's doc", () => {
    expect(lint(model(""))).toEqual(["expect-source expect"]);
    expect(lint(model("// the right one"))).toEqual(["expect-source expect"]);
    for (const said of ["// arXiv 1907.05242", "// https://x.org/y", "// Lample et al.", "// by hand: 3 · 4"])
      expect(lint(model(said)), said).toEqual([]);
    expect(lint(model("", "/// As in Radford et al. 2019.\n"))).toEqual([]);
  });

  it("takes the doc of a base in the file", () => {
    const variant = "model Wide : Small { dim = 64\n  expect { params.total >= 2 } }\n";
    expect(lint(`${model("", "/// Radford et al.\n")}${variant}`)).toEqual([]);
    expect(lint(`${decoder()}${variant}`)).toEqual(["expect-source expect"]);
  });
});

describe("rules that are off unless asked for", () => {
  it("missing-budget: a model that none holds for, its bases' counted", () => {
    const levels = { "missing-budget": "warn" } as const;
    expect(lint(decoder(), { levels })).toEqual(["missing-budget Small"]);
    const based = `${decoder({ more: "budget { params.total <= 1B }" })}model Wide : Small { dim = 64 }\n`;
    expect(lint(based, { levels })).toEqual([]);
  });

  it("loose-budget: twice what the model needs", () => {
    const levels = { "loose-budget": "error" } as const;
    const text = (limit: string) => decoder({ more: `budget { params.total <= ${limit} }` });
    expect(lint(text("100_000"), { levels })).toEqual(["loose-budget params.total <= 100_000"]);
    expect(lint(text("90_000"), { levels })).toEqual([]);
    const [found] = findings(text("100_000"), { levels });
    expect(found!.severity).toBe("error");
  });
});
