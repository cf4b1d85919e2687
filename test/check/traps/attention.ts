import { attn, grid, local, model, perceiver, reformer, xl, xlnet } from "./specs.js";
import type { Traps } from "./trap.js";

/** Attention over hashes, segments and latents; and what all of them share. */
export const attention: Traps = {
  // Reformer: trax, transformers (#4565, #10922, #17295, #5446), lucidrains (#72).
  "axial: a grid shorter than the sequence": [
    reformer("axial_positions([8, 7], [8, 24])", local),
    "`shape = [8, 8]`",
  ],
  "axial: widths that do not add up": [
    reformer("axial_positions([8, 8], [8, 16])", local),
    "`dims = [8, 24]`",
  ],
  "axial: more sizes than widths": [
    reformer("axial_positions([8, 8, 4], [8, 24])", local),
    "`shape = [8, 8]`",
  ],
  "lsh: an odd number of buckets": [
    reformer(grid, "lsh_attention(heads, chunk = 4, buckets = [7], causal = true)"),
    "`buckets = [6]` or `buckets = [8]`",
  ],
  "lsh: odd factors": [
    reformer(grid, "lsh_attention(heads, chunk = 4, buckets = [5, 7], causal = true)"),
    "`buckets = [4, 6]`",
  ],
  "lsh: no rounds": [
    reformer(grid, "lsh_attention(heads, chunk = 4, rounds = 0, buckets = [4], causal = true)"),
    "`rounds = 1`",
  ],
  "lsh: no chunk": [
    reformer(grid, "lsh_attention(heads, chunk = 0, buckets = [4], causal = true)"),
    "`chunk = 1`",
  ],
  "lsh: neither buckets nor a length": [reformer(grid, "lsh_attention(heads, chunk = 4, causal = true)")],
  "lsh: heads do not divide the width": [
    reformer(grid, "lsh_attention(6, chunk = 4, buckets = [4], causal = true)"),
    "`heads = 4` or `heads = 8`",
  ],
  "local: both causal and around": [reformer(grid, "local_attention(heads, causal = true, around = true)")],
  // Transformer-XL: kimiyoung/transformer-xl.
  "xl: a memory of nothing": [xl({ memory: "0" }), "`memory = 1`"],
  "xl: an odd width": [xl({ dim: "33", heads: "3" }), "`dim = 30` or `dim = 36`"],
  "xl: distances cut at nothing": [
    model("transformer_xl_shared", "blocks 2 { attn.clamp = 0 }", { memory: "24" }),
    "`attn.clamp = 1`",
  ],
  "xl: shared biases of other heads": [
    model("transformer_xl_shared", "blocks 2 { attn.heads = 8 }", { memory: "24" }),
    "`attn.heads = 4`",
  ],
  "xl: heads do not divide the width": [xl({ heads: "5" }), "`heads = 4` or `heads = 8`"],
  "xl: a memory of zeros beside kept keys": [
    attn("relative_attention(heads, memory = 24, cached = true, filled = true)"),
  ],
  // XLNet: zihangdai/xlnet, `transformers`.
  "xlnet: heads do not divide the width": [xlnet("blocks 2", { heads: "5" }), "`heads = 4` or `heads = 8`"],
  "xlnet: an odd width": [xlnet("blocks 2", { dim: "33", heads: "3" }), "`dim = 30` or `dim = 36`"],
  "xlnet: a memory of nothing": [xlnet("blocks 2\nmemory = 0"), "`memory = 1`"],
  "xlnet: distances cut at nothing": [xlnet("blocks 2 { attn.clamp = 0 }"), "`attn.clamp = 1`"],
  // Perceiver AR and Perceiver IO.
  "perceiver ar: more latents than are kept": [
    perceiver(
      "forward(input_ids: [B T] int, latents: count = 9) -> (logits: [B N, V = vocab]) {\n  x = positions(embed(input_ids))\n  return head(norm(blocks(read(query(recent(x, latents)), x))))\n}",
    ),
    "`latents = 6`",
  ],
  "perceiver ar: positions shorter than the input": [
    perceiver("positions = learned_positions(48)"),
    "`seq = 64`",
  ],
  "perceiver ar: rotary positions on an odd share": [
    perceiver("read = ask(causal_cross_attention(heads, positions = rotary(size = 5)), mlp())"),
    "`size = 4` or `size = 6`",
  ],
  "perceiver ar: rotary positions on more than a head": [
    perceiver("read = ask(causal_cross_attention(heads, positions = rotary(size = 16)), mlp())"),
    "`size = 8`",
  ],
  "perceiver ar: cross heads do not divide": [
    perceiver("read = ask(causal_cross_attention(5), mlp())"),
    "`heads = 4` or `heads = 8`",
  ],
  // What all of them share.
  "heads do not divide the width": [
    attn("attention(heads, causal = true)", { heads: "5" }),
    "`heads = 4` or `heads = 8`",
  ],
  "positions shorter than the sequence": [
    model(
      "decoder",
      "positions = learned_positions(48)\nblocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = mlp()\n}",
    ),
    "`seq = 64`",
  ],
};
