/** What a newcomer edits: a small decoder. */
const model = `import { decoder } from "std"

model Mine : decoder {
  vocab = 256
  seq   = 64
  dim   = 32
  heads = 4
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp(act = gelu)
  }
  budget { params.total <= 100K }
}
`;

/** And a layer. */
const layer = `layer mine(x: [.. T D]) -> [.. T D] {
  weight up:   [D, F = 64]
  weight down: [F = 64, D]
  h = einsum[.. D, D F -> .. F](x, up)
  return einsum[.. F, F D -> .. D](gelu(h), down)
}
`;

/** A model with a `forward` of its own. */
const whole = `model Two {
  dim: count = 8
  forward(x: [B D = dim], z: [B D]) -> (y: [B, D], w: [B, D]) {
    return (x, z)
  }
}
`;

type Edit = readonly [from: string, to: string];
/** What was meant, the mistake, and the codes that it gives, in their order. */
type Slip = readonly [base: string, edit: Edit, ...codes: string[]];

const checkpoint = (line: string): Edit => ["  budget", `  checkpoint hf {\n    ${line}\n  }\n  budget`];
const up = "weight up:   [D, F = 64]";
const product = "einsum[.. D, D F -> .. F](x, up)";

/** Slips of people who know PyTorch and see `.arch` for the first time. */
export const slips: Readonly<Record<string, Slip>> = {
  "a layer misspelt": [model, ["attention(", "atention("], "name/unknown-layer"],
  "a field misspelt as a slot": [model, ["heads = 4", "head = 4"], "model/unset-fields", "kind/expected"],
  "an argument misspelt": [model, ["causal = true", "casual = true"], "call/unknown-argument"],
  "a missing comma": [model, ["heads, causal", "heads causal"], "syntax/expected"],
  "a missing parenthesis": [model, ["act = gelu)", "act = gelu"], "syntax/unclosed"],
  "a missing brace": [model, ["  }\n  budget", "  budget"], "syntax/unclosed", "syntax/misplaced"],
  "a colon for an equals sign": [model, ["dim   = 32", "dim: 32"], "syntax/colon"],
  "nn.Linear": [layer, [product, "nn.Linear(D, 64)(x)"], "name/foreign-module"],
  "nn.GELU": [model, ["act = gelu", "act = nn.GELU()"], "name/foreign-module"],
  "nn.Parameter": [layer, [up, "self.up = nn.Parameter(D, 64)"], "syntax/not-assignable", "name/unknown"],
  d_model: [model, ["dim   = 32", "d_model = 32"], "model/unknown-field"],
  n_heads: [model, ["heads = 4", "n_heads = 4"], "model/unknown-field"],
  "n_heads of a layer": [model, ["attention(heads", "attention(n_heads = heads"], "call/unknown-argument"],
  hidden_size: [model, ["act = gelu", "hidden_size = 64"], "call/unknown-argument"],
  vocab_size: [model, ["vocab = 256", "vocab_size = 256"], "model/unknown-field"],
  dropout: [model, ["act = gelu", "act = gelu, dropout = 0.1"], "call/unknown-argument"],
  "an einsum of a string": [layer, [product, 'einsum("bd,df->bf", x, up)'], "syntax/einsum-form"],
  "a product with @": [layer, [product, "x @ up"], "syntax/character"],
  "sizes that do not meet": [
    layer,
    ["down: [F = 64", "down: [F = 32"],
    "shape/axis-has-two-sizes",
    "einsum/dim-mismatch",
  ],
  "an axis too few": [layer, ["-> [.. T D] {", "-> [.. D] {"], "shape/rank"],
  "no import": [model, ['import { decoder } from "std"\n\n', ""], "name/unknown-model"],
  "an import misspelt": [model, ["import { decoder }", "import { decodr }"], "import/no-such-name"],
  "bytes for parameters": [model, ["100K", "100 MB"], "budget/unit"],
  "a unit in words": [model, ["100K", "100 million"], "syntax/spaced-suffix"],
  "a unit that touches": [model, ["params.total <= 100K", "memory.inference <= 4GiB"], "syntax/glued-unit"],
  "half of a metric": [model, ["params.total", "params"], "budget/unknown-name"],
  "FLOP as a plain number": [model, ["params.total <= 100K", "flops.forward <= 1e9"], "budget/unit"],
  "a comparison reversed": [model, ["<= 100K", "=< 100K"], "syntax/constraint-form"],
  "a percentage": [model, ["100K", "10%"], "syntax/foreign-operator"],
  "a value used before it is set": [layer, [`  h = ${product}\n`, "  g = h\n  h = x\n"], "name/not-yet"],
  "no seq": [model, ["  seq   = 64\n", ""], "model/unset-fields"],
  "two outputs of one name": [whole, ["w: [B, D]", "y: [B, D]"], "name/result-twice"],
  "two inputs of one name": [whole, ["z: [B D]", "x: [B D]"], "name/parameter-twice", "name/unknown"],
  "a weight of a checkpoint misspelt": [
    model,
    checkpoint('"h.{i}.q.weight" = blocks[i].attn.querry'),
    "checkpoint/unknown-weight",
  ],
  "a tensor's name without its index": [
    model,
    checkpoint('"h.q.weight" = blocks[i].attn.query'),
    "checkpoint/index-without-name",
  ],
  "a tensor's name with another index": [
    model,
    checkpoint('"h.{j}.q.weight" = blocks[i].attn.query[H G K, D]'),
    "checkpoint/index-without-weight",
  ],
  "an axis left out of a checkpoint": [
    model,
    checkpoint('"h.{i}.q.weight" = blocks[i].attn.query[D, H K]'),
    "checkpoint/axis-missing",
  ],
  "True of Python": [model, ["causal = true", "causal = True"], "name/unknown"],
  "1 for true": [model, ["causal = true", "causal = 1"], "kind/expected"],
  "an activation as a string": [model, ["act = gelu", 'act = "gelu"'], "kind/expected"],
  "heads that do not divide": [model, ["heads = 4", "heads = 5"], "count/not-whole"],
  "a width that is no whole number": [model, ["dim   = 32", "dim   = 32.5"], "kind/expected"],
  "a negative width": [model, ["dim   = 32", "dim   = -32"], "count/negative"],
  "a comment with #": [model, ["  dim   = 32", "  # width\n  dim   = 32"], "syntax/comment"],
  "a semicolon": [model, ["dim   = 32", "dim   = 32;"], "syntax/semicolon"],
  "a block that is not there": [
    model,
    ["act = gelu)\n", "act = gelu)\n    at 2 { ffn = pkm() }\n"],
    "blocks/index-out-of-range",
  ],
  "a slot outside of its blocks": [
    model,
    ["blocks 2 {\n    attn = attention(heads, causal = true)", "attn = attention(heads)\n  blocks 2 {"],
    "model/unknown-field",
  ],
  "class for model": [
    model,
    ["model Mine : decoder", "class Mine(decoder)"],
    "syntax/foreign-word",
    "syntax/base-form",
  ],
  extends: [model, ["Mine : decoder", "Mine extends decoder"], "syntax/base-form"],
  "no return": [layer, ["return einsum", "y = einsum"], "layer/no-return"],
  "softmax with dim": [layer, ["gelu(h)", "softmax(h, dim = -1)"], "builtin/unknown-argument"],
  view: [layer, ["gelu(h)", "h.view(-1, 64)"], "kind/no-members"],
  "an index by position": [layer, ["gelu(h)", "gelu(h[:, 0])"], "syntax/positional-index"],
  "a power": [layer, ["gelu(h)", "h ** 2"], "syntax/foreign-operator"],
  "an unknown initializer": [layer, [up, `${up} init xavier()`], "weight/init"],
  "an if with a colon": [layer, ["  return", "  if D > 4:\n    h = h\n  return"], "syntax/missing-open"],
};
