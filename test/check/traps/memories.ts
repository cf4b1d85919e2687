import { allAttention, attn, clusters, ffn, persistent, span } from "./specs.js";
import type { Traps } from "./trap.js";

/** Memories, spans and tables of a vocabulary. */
export const memories: Traps = {
  // Product-key memories: XLM, lucidrains/product-key-memory.
  "pkm keeps more than it has sub-keys": [ffn("pkm(keys = 16, k = 32, key_dim = 8)"), "`k = 16`"],
  "pkm has a key without halves": [
    ffn("pkm(keys = 16, k = 4, key_dim = 9)"),
    "`key_dim = 8` or `key_dim = 10`",
  ],
  "pkm shares a table of another size": [
    `${ffn("pkm(keys = 16, k = 4, key_dim = 8, table = memory)").replace(/}\n$/, "")}  weight memory: [M = 255, V = 32] lookup\n}\n`,
    "`M = 256`",
  ],
  // Adaptive spans and all-attention: facebookresearch/adaptive-span.
  "span: heads do not divide the width": [
    span("span_attention(heads, 64, table = places)", { heads: "5" }),
    "`heads = 4`",
  ],
  "span: trimmed below the ramp": [
    span("span_attention(heads, 64, table = places, kept = [16])"),
    "`kept = [32]`",
  ],
  "span: trimmed beyond the table": [
    span("span_attention(heads, 64, table = places, kept = [80])"),
    "`kept = [64]`",
  ],
  "span: a table of another length": [span("span_attention(heads, 48, table = places)"), "`span = 64`"],
  "span: no ramp": [span("span_attention(heads, 64, table = places, ramp = 0)"), "`ramp = 1`"],
  "span: groups that do not divide the heads": [
    span("span_attention(heads, 64, table = places, kept = [32, 48, 64])"),
    "`kept = [32, 48]`",
  ],
  "span: blocks of nothing": [span("span_attention(heads, 64, table = places, block = 0)"), "`block = 1`"],
  "span: one number where heads have one each": [
    span("span_attention(heads, 64, table = places, kept = 40)"),
    "`[40]`",
  ],
  // --pers-mem-size: 0 is "none" there, and the hidden size of a feed-forward becomes a dummy.
  "all-attention: a memory of nothing": [allAttention("persistent_memory(0)"), "`size = 1`"],
  "all-attention: a memory of nothing in full attention": [
    attn("attention(heads, causal = true, memory = persistent_memory(0))"),
    "`size = 1`",
  ],
  "all-attention: a memory without a size": [allAttention("persistent_memory()"), "`size = …`"],
  "all-attention: a size that is not whole": [
    allAttention("persistent_memory(dim / 5)"),
    "`size = dim / 4` or `size = dim / 8`",
  ],
  "all-attention: a number for the memory": [allAttention("1024")],
  "all-attention: a feed-forward for the memory": [allAttention("mlp()")],
  "all-attention: the memory in the place of the feed-forward": [ffn("persistent_memory(6)")],
  "all-attention: values of another width": [
    attn("attention(heads, causal = true, value_dim = 4, memory = persistent_memory(6))"),
    "`value_dim = 8`",
  ],
  "all-attention: more heads than distances are wide": [
    allAttention("persistent_memory(6)", "", { heads: "8" }),
    "`heads = 4`",
  ],
  "all-attention: wider than the distances": [
    allAttention("persistent_memory(6)", "", { dim: "64" }),
    "`heads = 8`",
  ],
  "all-attention: a span beyond the distances": [
    persistent("span_attention(heads, 128, table = places, memory = persistent_memory(6))"),
    "`span = 64`",
  ],
  "all-attention: trimmed in groups that do not divide": [
    allAttention("persistent_memory(6)", ", parts = 3"),
    "`parts = 2` or `parts = 4`",
  ],
  "all-attention: trimmed in other groups than said": [
    allAttention("persistent_memory(6)", ", parts = 4, kept = [40, 50]"),
    "`parts = 2`",
  ],
  // Adaptive input and softmax: Transformer-XL, all-attention.
  "cutoffs are equal": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 100])", { dim: "64" }),
    "`cutoffs = [99, 100]`",
  ],
  "cutoffs of a larger vocabulary": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [20_000, 40_000, 200_000])", { dim: "64" }),
    "`vocab = 200001`",
  ],
  "cutoffs begin at nothing": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [0, 400])", { dim: "64" }),
    "`cutoffs = [1, 400]`",
  ],
  "cutoffs are one number": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = 400)", { dim: "64" }),
    "`[400]`",
  ],
  "clusters divided by nothing": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400], div = 0)", { dim: "64" }),
    "`div = 1`",
  ],
  "clusters by a number that does not divide": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400], div = 3)", { dim: "64" }),
    "`div = 2` or `div = 4`",
  ],
  "clusters too many to divide": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 200, 400, 800])", { dim: "64" }),
    "`div = 2` as an argument of `adaptive_embedding`",
  ],
  "more projections of their own than clusters": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400])", { dim: "64" }).replace(
      "adaptive_softmax(embed)",
      "adaptive_softmax(embed, own = 4)",
    ),
    "`own = 3`",
  ],
  "an adaptive softmax over one table": [clusters("token_embedding(vocab, dim)")],
  "cutoffs fall": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [400, 100])", { dim: "64" }),
    "`cutoffs = [100, 400]`",
  ],
  "cutoffs reach the vocabulary": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 1000])", { dim: "64" }),
    "`cutoffs = [100, 999]`",
  ],
  "clusters too narrow to divide": [
    clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400])", { dim: "40" }),
    "`div = 2`",
  ],
};
