/**
 * One right project with a place for every kind of slip, and single slips for those places. Any two in different places
 * have nothing to do with each other, so a file with both has exactly both problems.
 */
const right = {
  import: "",
  "other file": "layer doubled(x: [..]) -> [..] {\n  return 2 * x\n}\n",
  profile: "batch = 8, seq = 32",
  "own layer": "  weight scale: [D]\n  return x * scale",
  "other layer": "  y = mean(x, T)\n  return x + y",
  function: "x * sigmoid(x)",
  field: "",
  require: "",
  embed: "token_embedding(vocab, dim)",
  positions: "learned_positions(seq)",
  norm: "layer_norm()",
  head: "tied(embed)",
  blocks: "4",
  attn: "attention(heads, causal = true)",
  ffn: "mlp()",
  wiring: "pre_norm(attn, ffn)",
  at: "at 1 { ffn = scaled() }",
  stack: "",
  weight: "",
  budget: "params.total <= 10M",
  "budget at a profile": "memory.inference <= 1 GiB",
  expect: "params.total >= 10K",
  checkpoint: '"wte" = embed.table',
  "other model": "dim = 64",
  "other blocks": "attn = attention(heads, causal = true)\n    ffn = doubled()",
  "other budget": "flops.forward <= 1 TFLOP",
  "other expect": "params.total >= 10K",
  "third model": "vocab = 100, seq = 16, dim = 32, heads = 4",
  item: "",
} as const;

export type Place = keyof typeof right;

/** The project with some of its places written otherwise, by file. */
export function projectWith(
  slips: Partial<Readonly<Record<Place, string>>>,
): Readonly<Record<string, string>> {
  const p = { ...right, ...slips };
  const main = `import { decoder } from "std"
import { doubled } from "./other.arch"
${p.import}

profile serve { ${p.profile} }

layer scaled(x: [.. T D]) -> [.. T D] {
${p["own layer"]}
}

layer unused(x: [.. T D]) -> [.. T D] {
${p["other layer"]}
}

fn swish(x) = ${p.function}

${p.item}

model First : decoder {
  vocab = 256
  seq = 32
  dim = 64
  heads = 4
  ${p.field}
  ${p.require}
  embed = ${p.embed}
  positions = ${p.positions}
  norm = ${p.norm}
  head = ${p.head}
  ${p.weight}
  blocks ${p.blocks} {
    attn = ${p.attn}
    ffn = ${p.ffn}
    wiring = ${p.wiring}
    ${p.stack}
    ${p.at}
  }
  budget { ${p.budget} }
  budget serve { ${p["budget at a profile"]} }
  expect { ${p.expect} }
  checkpoint files {
    ${p.checkpoint}
  }
}

model Second : decoder {
  vocab = 256
  seq = 32
  ${p["other model"]}
  heads = 4
  blocks 4 {
    ${p["other blocks"]}
  }
  budget { ${p["other budget"]} }
  expect { ${p["other expect"]} }
}

model Third : decoder {
  ${p["third model"].replaceAll(", ", "\n  ")}
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn = mlp()
  }
}
`;
  return { "main.arch": main, "other.arch": p["other file"] };
}

export interface Fault {
  readonly place: Place;
  readonly text: string;
  readonly code: string;
  /** It cannot be seen before slips in these places are mended: a number that comes out wrong needs a model. */
  readonly restsOn: readonly Place[];
}

const fault = (place: Place, text: string, code: string, restsOn: Fault["restsOn"] = []): Fault => ({
  place,
  text,
  code,
  restsOn,
});

/** Where the figures of the second model come from. */
const second = ["other model", "other blocks", "other file"] as const;

export const isApart = (a: Fault, b: Fault): boolean =>
  [
    [a, b],
    [b, a],
  ].every(([x, y]) => x!.place !== y!.place && !x!.restsOn.includes(y!.place));

export const faults: readonly Fault[] = [
  fault("import", 'import { gone } from "std"', "import/no-such-name"),
  fault("import", 'import { gone } from "./gone.arch"', "import/not-found"),
  fault("other file", "layer doubled(x: [..]) -> [..] {\n  return 2 * y\n}\n", "name/unknown"),
  fault("other file", "layer doubled(x: [.. D]) -> [.. D] {\n  return mean(x, D)\n}\n", "shape/rank"),
  fault("other file", "layer doubled(x: [..]) -> [..] {\n  return 2 * (x\n}\n", "syntax"),
  fault("profile", "batch = 8, sek = 32", "budget/profile-field"),
  fault("profile", "batch = 0, seq = 32", "budget/profile-value"),
  fault("profile", "batch = 8, dtype = fp17", "budget/profile-word"),
  fault("own layer", "  weight scale: [D]\n  return x * scal", "name/unknown"),
  fault("own layer", "  weight scale: [E = 7]\n  return x * scale", "shape/operands-do-not-meet"),
  fault("own layer", "  weight scale: [D\n  return x * scale", "syntax"),
  fault("other layer", "  weight scale: [E = 7]\n  return x * scale", "shape/operands-do-not-meet"),
  fault("other layer", "  y = meen(x, T)\n  return x + y", "name/unknown-layer"),
  fault("other layer", "  y = mean(x, Q)\n  return x + y", "shape/unknown-axis"),
  fault("other layer", "  y = mean(x, T) +\n  return x + y", "syntax"),
  fault("function", "x * sigmoidd(x)", "name/unknown-layer"),
  fault("field", "widht = 64", "model/unknown-field"),
  fault("field", "limit: count = 0.5", "kind/expected"),
  fault("field", "dim = 64", "name/set-twice"),
  fault("field", "limit: count = 5 % 0", "count/divided-by-zero"),
  fault("require", "require dim > 64", "require/failed"),
  fault("embed", "token_embeding(vocab, dim)", "name/unknown-layer"),
  fault("positions", "learned_positions(seqq)", "name/unknown"),
  fault("positions", "learned_positions()", "call/missing-argument"),
  fault("positions", "learned_positions(floor_div(seq, 2))", "size/at-declared"),
  fault("norm", "layer_norm(eps = true)", "kind/expected"),
  fault("norm", "layer_nrm()", "name/unknown-layer"),
  fault("head", "untied(vocab, biass = true)", "call/unknown-argument"),
  fault("blocks", "4.5", "kind/expected"),
  fault("attn", "attention(5, causal = true)", "count/not-whole"),
  fault("attn", "attention(heads, causal = 1)", "kind/expected"),
  fault("attn", "atention(heads, causal = true)", "name/unknown-layer"),
  fault("attn", "attention(headz, causal = true)", "name/unknown"),
  fault("ffn", "gatee()", "name/unknown-layer"),
  fault("ffn", "pkm(keys = 16, k = 17)", "require/failed"),
  fault("ffn", "64", "kind/expected"),
  fault("wiring", "pre_norm(attn, fnn)", "name/unknown"),
  fault("wiring", "pre_nrm(attn, ffn)", "name/unknown-layer"),
  fault("at", "at 12 { ffn = scaled() }", "blocks/index-out-of-range", ["blocks"]),
  fault("stack", "atn = attention(heads)", "model/unknown-slot"),
  fault("weight", "weight table: [N = 16, D = dim / 5]", "count/not-whole"),
  fault("budget", "params.total <= 1 thousand", "syntax"),
  fault("budget", "params.total <= 16 MiB", "budget/unit"),
  fault("budget", "params.totl <= 10M", "budget/unknown-metric"),
  fault("budget", "params.total <= most", "budget/unknown-name"),
  fault("budget at a profile", "memory.inference(btch = 2) <= 1 GiB", "budget/unknown-argument"),
  fault("expect", "params.total >= 10 * ms", "budget/unknown-name"),
  fault("checkpoint", '"wte" = embed.tabel', "checkpoint/unknown-weight"),
  fault("checkpoint", '"wte" = embed.table[V]', "checkpoint/axis-missing"),
  fault("checkpoint", '"wte.{i}" = embed.table', "checkpoint/index-without-weight"),
  fault("other model", "dim = 64\n  limit: count = 1 / 2", "count/not-whole"),
  fault("other model", "", "model/unset-fields"),
  fault("other blocks", "attn = attention(heads)\n    fnn = mlp()", "model/unknown-slot"),
  fault("other budget", "flops.forward <= 1 MFLOP", "budget/exceeded", second),
  fault("other expect", "params.total == 7", "budget/expectation", second),
  fault("third model", "vocab = 100, seq = 16, dim = 32", "model/unset-fields"),
  fault("third model", "vocab = 100, seq = 16, dim = 32, heads = 4, heads", "syntax"),
  fault("item", "layer scaled(x: [..]) -> [..] {\n  return x\n}", "name/declared-twice"),
  fault("own layer", "  weight scale: [D]\n  y = x * scale", "layer/no-return"),
  fault(
    "item",
    "modle Fourth : decoder {\n  vocab = 64\n  seq = 8\n  dim = 8\n  heads = 2\n" +
      "  blocks 1 {\n    attn = attention(heads, causal = true)\n    ffn = mlp()\n  }\n}",
    "syntax",
  ),
  fault("item", "stray words here", "syntax"),
  fault("item", "profile spare { batch = 8, sek = 32 }", "budget/profile-field"),
  fault(
    "item",
    "layer kept(x: [.. D]) -> [.. D] {\n  state last: [.., D]\n  return x + last\n}",
    "state/never-set",
  ),
  fault("stack", "at 2 { ffn = doubled() }\n    at 2 { ffn = mlp() }", "name/set-twice", ["blocks"]),
  fault("norm", "layer_norm(dim)", "kind/out-of-range", ["embed", "positions"]),
  fault("field", "share: number = 80%", "syntax/foreign-operator"),
  fault("field", "share: count = 5%", "syntax/foreign-operator"),
  fault("attn", "attention(80%, causal = true)", "syntax/foreign-operator"),
  fault("blocks", '"4"', "syntax/blocks-form"),
  fault("blocks", "= 4", "syntax/blocks-form"),
  fault("attn", "attention((heads, causal = true)", "syntax/unclosed"),
  fault("at", "at last { ffn = scaled() }", "name/unknown"),
  fault("require", "require 1 <= dim <= 128", "syntax/chained-comparison"),
  fault("budget", "10K <= params.total <= 10M", "syntax/chained-comparison"),
  fault("import", 'import * from "std"', "syntax/import-form"),
  fault(
    "item",
    "layer grown(x: [.. D], by: count = 1, by: count = 2) -> [.. D] {\n  return by * x\n}",
    "name/parameter-twice",
  ),
  fault("item", "model Fourth : scaled {\n  dim = 1\n}", "name/unknown-model"),
  fault("third model", "vocab = 100, seq = 16, dim = 32, heads = 0", "count/divided-by-zero"),
  fault("field", "dropout = 0.1", "model/unknown-field"),
  fault("ffn", "linear(dim, 4 * dim)", "kind/expected"),
  fault("ffn", "persistent_memory(6)", "weight/size-unknown"),
  fault("budget", "params <= 10M", "budget/unknown-name"),
  fault("field", "limit: count = 1e4", "kind/expected"),
  fault("other layer", "  y = torch.relu(x)\n  return x + y", "name/foreign-module"),
  fault("other layer", "  y = x.view(4, 8)\n  return x", "kind/no-members"),
  fault("other layer", "  y = x if T > 4 else 2 * x\n  return x + y", "syntax/choice-form"),
  fault("other layer", "  y = x[:, 0]\n  return x", "syntax/positional-index"),
  fault("other layer", "  y = lambda v: 2 * v\n  return x", "syntax/nameless-function"),
  fault("item", "model Fourth : decodr {\n  dim = 1\n}", "name/unknown-model"),
];
