/**
 * What users of the reference implementations run into (`pkm-span-allattention.md` and `reformer-perceiver-xl.md`, §8:
 * issues and assertions of trax, `transformers`, the ports for PyTorch and the papers' own code): each as a small spec
 * with the mistake, and what one of its numbers must be, which the message has to say.
 */
export interface Trap {
  readonly name: string;
  readonly spec: string;
  /** A line of the message's help; undefined where no number alone would mend it and the message says what to do. */
  readonly fits: string | undefined;
}

const sizes = { vocab: "256", seq: "64", dim: "32", heads: "4" };

/** A model of a base of the library at small sizes, with lines of its own. */
const model = (base: string, lines: string, over: Readonly<Record<string, string>> = {}): string =>
  [
    `import { ${base} } from "std"`,
    "",
    `model Mine : ${base} {`,
    ...Object.entries({ ...sizes, ...over }).map(([k, v]) => `  ${k} = ${v}`),
    ...lines.split("\n").map((l) => `  ${l}`),
    "}",
    "",
  ].join("\n");

const attn = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model("decoder", `blocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}`, over);

const ffn = (layer: string): string =>
  model("decoder", `blocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = ${layer}\n}`);

const span = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model(
    "decoder",
    `positions = no_positions()\nblocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}\nweight places: [K = 8, A = 64]`,
    over,
  );

const reformer = (positions: string, layer: string): string =>
  model(
    "reformer",
    `positions = ${positions}\nhead = untied(vocab)\nblocks 2 {\n  attn = ${layer}\n  ffn = mlp()\n}`,
  );

const local = "local_attention(heads, chunk = 4, causal = true)";
const grid = "axial_positions([8, 8], [8, 24])";

const sparse = (layer: string, over?: Readonly<Record<string, string>>): string =>
  model("sparse_transformer", `blocks 2 { attn = ${layer} }`, { stride: "4", ...over });

const clusters = (embed: string, over?: Readonly<Record<string, string>>): string =>
  model(
    "decoder",
    `embed = ${embed}\nhead = adaptive_softmax(embed)\nblocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = mlp()\n}`,
    { vocab: "1000", ...over },
  );

const xl = (over: Readonly<Record<string, string>>, lines = ""): string =>
  model("transformer_xl_shared", `${lines}\nblocks 2`, { memory: "24", ...over });

const persistent = (
  layer: string,
  over?: Readonly<Record<string, string>>,
  places = "[K = 8, A = 64]",
): string =>
  model(
    "decoder",
    `positions = no_positions()\nblocks 2 {\n  attn = ${layer}\n  ffn = none\n  wiring = post_norm(attn, ffn)\n}\nweight places: ${places}`,
    over,
  );

const allAttention = (memory: string, more = "", over?: Readonly<Record<string, string>>): string =>
  persistent(`span_attention(heads, 64, table = places, memory = ${memory}${more})`, over);

const xlnet = (lines: string, over?: Readonly<Record<string, string>>): string => model("xlnet", lines, over);

const perceiver = (lines: string, over?: Readonly<Record<string, string>>): string =>
  model("perceiver_ar", `${lines}\nblocks 2`, { most: "6", ...over });

export const traps: readonly Trap[] = [
  // Product-key memories: XLM, lucidrains/product-key-memory.
  {
    name: "pkm keeps more than it has sub-keys",
    spec: ffn("pkm(keys = 16, k = 32, key_dim = 8)"),
    fits: "`k = 16`",
  },
  {
    name: "pkm has a key without halves",
    spec: ffn("pkm(keys = 16, k = 4, key_dim = 9)"),
    fits: "`key_dim = 8` or `key_dim = 10`",
  },
  {
    name: "pkm shares a table of another size",
    spec: `${ffn("pkm(keys = 16, k = 4, key_dim = 8, table = memory)").replace(/}\n$/, "")}  weight memory: [M = 255, V = 32] lookup\n}\n`,
    fits: "`M = 256`",
  },
  // Adaptive spans and all-attention: facebookresearch/adaptive-span.
  {
    name: "span: heads do not divide the width",
    spec: span("span_attention(heads, 64, table = places)", { heads: "5" }),
    fits: "`heads = 4`",
  },
  {
    name: "span: trimmed below the ramp",
    spec: span("span_attention(heads, 64, table = places, kept = [16])"),
    fits: "`kept = [32]`",
  },
  {
    name: "span: trimmed beyond the table",
    spec: span("span_attention(heads, 64, table = places, kept = [80])"),
    fits: "`kept = [64]`",
  },
  {
    name: "span: a table of another length",
    spec: span("span_attention(heads, 48, table = places)"),
    fits: "`span = 64`",
  },
  {
    name: "span: no ramp",
    spec: span("span_attention(heads, 64, table = places, ramp = 0)"),
    fits: "`ramp = 1`",
  },
  {
    name: "span: groups that do not divide the heads",
    spec: span("span_attention(heads, 64, table = places, kept = [32, 48, 64])"),
    fits: "`kept = [32, 48]`",
  },
  {
    name: "span: blocks of nothing",
    spec: span("span_attention(heads, 64, table = places, block = 0)"),
    fits: "`block = 1`",
  },
  {
    name: "span: one number where heads have one each",
    spec: span("span_attention(heads, 64, table = places, kept = 40)"),
    fits: "`[40]`",
  },
  // --pers-mem-size: 0 is "none" there, and the hidden size of a feed-forward becomes a dummy.
  {
    name: "all-attention: a memory of nothing",
    spec: allAttention("persistent_memory(0)"),
    fits: "`size = 1`",
  },
  {
    name: "all-attention: a memory of nothing in full attention",
    spec: attn("attention(heads, causal = true, memory = persistent_memory(0))"),
    fits: "`size = 1`",
  },
  {
    name: "all-attention: a memory without a size",
    spec: allAttention("persistent_memory()"),
    fits: "`size = …`",
  },
  {
    name: "all-attention: a size that is not whole",
    spec: allAttention("persistent_memory(dim / 5)"),
    fits: "`size = dim / 4` or `size = dim / 8`",
  },
  { name: "all-attention: a number for the memory", spec: allAttention("1024"), fits: undefined },
  { name: "all-attention: a feed-forward for the memory", spec: allAttention("mlp()"), fits: undefined },
  {
    name: "all-attention: the memory in the place of the feed-forward",
    spec: ffn("persistent_memory(6)"),
    fits: undefined,
  },
  {
    name: "all-attention: values of another width",
    spec: attn("attention(heads, causal = true, value_dim = 4, memory = persistent_memory(6))"),
    fits: "`value_dim = 8`",
  },
  {
    name: "all-attention: more heads than distances are wide",
    spec: allAttention("persistent_memory(6)", "", { heads: "8" }),
    fits: "`heads = 4`",
  },
  {
    name: "all-attention: wider than the distances",
    spec: allAttention("persistent_memory(6)", "", { dim: "64" }),
    fits: "`heads = 8`",
  },
  {
    name: "all-attention: a span beyond the distances",
    spec: persistent("span_attention(heads, 128, table = places, memory = persistent_memory(6))"),
    fits: "`span = 64`",
  },
  {
    name: "all-attention: trimmed in groups that do not divide",
    spec: allAttention("persistent_memory(6)", ", parts = 3"),
    fits: "`parts = 2` or `parts = 4`",
  },
  {
    name: "all-attention: trimmed in other groups than said",
    spec: allAttention("persistent_memory(6)", ", parts = 4, kept = [40, 50]"),
    fits: "`parts = 2`",
  },
  // Adaptive input and softmax: Transformer-XL, all-attention.
  {
    name: "cutoffs are equal",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 100])", { dim: "64" }),
    fits: "`cutoffs = [99, 100]`",
  },
  {
    name: "cutoffs of a larger vocabulary",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [20_000, 40_000, 200_000])", { dim: "64" }),
    fits: "`vocab = 200001`",
  },
  {
    name: "cutoffs begin at nothing",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [0, 400])", { dim: "64" }),
    fits: "`cutoffs = [1, 400]`",
  },
  {
    name: "cutoffs are one number",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = 400)", { dim: "64" }),
    fits: "`[400]`",
  },
  {
    name: "clusters divided by nothing",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400], div = 0)", { dim: "64" }),
    fits: "`div = 1`",
  },
  {
    name: "clusters by a number that does not divide",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400], div = 3)", { dim: "64" }),
    fits: "`div = 2` or `div = 4`",
  },
  {
    name: "clusters too many to divide",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 200, 400, 800])", { dim: "64" }),
    fits: "`div = 2` as an argument of `adaptive_embedding`",
  },
  {
    name: "more projections of their own than clusters",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400])", { dim: "64" }).replace(
      "adaptive_softmax(embed)",
      "adaptive_softmax(embed, own = 4)",
    ),
    fits: "`own = 3`",
  },
  {
    name: "an adaptive softmax over one table",
    spec: clusters("token_embedding(vocab, dim)"),
    fits: undefined,
  },
  {
    name: "cutoffs fall",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [400, 100])", { dim: "64" }),
    fits: "`cutoffs = [100, 400]`",
  },
  {
    name: "cutoffs reach the vocabulary",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 1000])", { dim: "64" }),
    fits: "`cutoffs = [100, 999]`",
  },
  {
    name: "clusters too narrow to divide",
    spec: clusters("adaptive_embedding(vocab, dim, cutoffs = [100, 400])", { dim: "40" }),
    fits: "`div = 2`",
  },
  // Reformer: trax, transformers (#4565, #10922, #17295, #5446), lucidrains (#72).
  {
    name: "axial: a grid shorter than the sequence",
    spec: reformer("axial_positions([8, 7], [8, 24])", local),
    fits: "`shape = [8, 8]`",
  },
  {
    name: "axial: widths that do not add up",
    spec: reformer("axial_positions([8, 8], [8, 16])", local),
    fits: "`dims = [8, 24]`",
  },
  {
    name: "axial: more sizes than widths",
    spec: reformer("axial_positions([8, 8, 4], [8, 24])", local),
    fits: "`shape = [8, 8]`",
  },
  {
    name: "lsh: an odd number of buckets",
    spec: reformer(grid, "lsh_attention(heads, chunk = 4, buckets = [7], causal = true)"),
    fits: "`buckets = [6]` or `buckets = [8]`",
  },
  {
    name: "lsh: odd factors",
    spec: reformer(grid, "lsh_attention(heads, chunk = 4, buckets = [5, 7], causal = true)"),
    fits: "`buckets = [4, 6]`",
  },
  {
    name: "lsh: no rounds",
    spec: reformer(grid, "lsh_attention(heads, chunk = 4, rounds = 0, buckets = [4], causal = true)"),
    fits: "`rounds = 1`",
  },
  {
    name: "lsh: no chunk",
    spec: reformer(grid, "lsh_attention(heads, chunk = 0, buckets = [4], causal = true)"),
    fits: "`chunk = 1`",
  },
  {
    name: "lsh: neither buckets nor a length",
    spec: reformer(grid, "lsh_attention(heads, chunk = 4, causal = true)"),
    fits: undefined,
  },
  {
    name: "lsh: heads do not divide the width",
    spec: reformer(grid, "lsh_attention(6, chunk = 4, buckets = [4], causal = true)"),
    fits: "`heads = 4` or `heads = 8`",
  },
  {
    name: "local: both causal and around",
    spec: reformer(grid, "local_attention(heads, causal = true, around = true)"),
    fits: undefined,
  },
  // Transformer-XL: kimiyoung/transformer-xl.
  { name: "xl: a memory of nothing", spec: xl({ memory: "0" }), fits: "`memory = 1`" },
  { name: "xl: an odd width", spec: xl({ dim: "33", heads: "3" }), fits: "`dim = 30` or `dim = 36`" },
  {
    name: "xl: distances cut at nothing",
    spec: model("transformer_xl_shared", "blocks 2 { attn.clamp = 0 }", { memory: "24" }),
    fits: "`attn.clamp = 1`",
  },
  {
    name: "xl: shared biases of other heads",
    spec: model("transformer_xl_shared", "blocks 2 { attn.heads = 8 }", { memory: "24" }),
    fits: "`attn.heads = 4`",
  },
  { name: "xl: heads do not divide the width", spec: xl({ heads: "5" }), fits: "`heads = 4` or `heads = 8`" },
  {
    name: "xl: a memory of zeros beside kept keys",
    spec: attn("relative_attention(heads, memory = 24, cached = true, filled = true)"),
    fits: undefined,
  },
  // XLNet: zihangdai/xlnet, `transformers`.
  {
    name: "xlnet: heads do not divide the width",
    spec: xlnet("blocks 2", { heads: "5" }),
    fits: "`heads = 4` or `heads = 8`",
  },
  {
    name: "xlnet: an odd width",
    spec: xlnet("blocks 2", { dim: "33", heads: "3" }),
    fits: "`dim = 30` or `dim = 36`",
  },
  { name: "xlnet: a memory of nothing", spec: xlnet("blocks 2\nmemory = 0"), fits: "`memory = 1`" },
  {
    name: "xlnet: distances cut at nothing",
    spec: xlnet("blocks 2 { attn.clamp = 0 }"),
    fits: "`attn.clamp = 1`",
  },
  // Perceiver AR and Perceiver IO.
  {
    name: "perceiver ar: more latents than are kept",
    spec: perceiver(
      "forward(input_ids: [B T] int, latents: count = 9) -> (logits: [B N, V = vocab]) {\n  x = positions(embed(input_ids))\n  return head(norm(blocks(read(query(recent(x, latents)), x))))\n}",
    ),
    fits: "`latents = 6`",
  },
  {
    name: "perceiver ar: positions shorter than the input",
    spec: perceiver("positions = learned_positions(48)"),
    fits: "`seq = 64`",
  },
  {
    name: "perceiver ar: rotary positions on an odd share",
    spec: perceiver("read = ask(causal_cross_attention(heads, positions = rotary(size = 5)), mlp())"),
    fits: "`size = 4` or `size = 6`",
  },
  {
    name: "perceiver ar: rotary positions on more than a head",
    spec: perceiver("read = ask(causal_cross_attention(heads, positions = rotary(size = 16)), mlp())"),
    fits: "`size = 8`",
  },
  {
    name: "perceiver ar: cross heads do not divide",
    spec: perceiver("read = ask(causal_cross_attention(5), mlp())"),
    fits: "`heads = 4` or `heads = 8`",
  },
  // Sparse Transformer: openai/sparse_attention.
  {
    name: "sparse: a cache shorter than the neighbours",
    spec: sparse("sparse_attention(heads, strided_rows(8), kept = 4)"),
    fits: "`kept = 7`",
  },
  {
    name: "sparse: a cache shorter than the block",
    spec: sparse("sparse_attention(heads, fixed_rows(8), kept = 4)"),
    fits: "`kept = 7`",
  },
  {
    name: "sparse: columns with a short cache",
    spec: sparse("sparse_attention(heads, strided_columns(8), kept = 7)"),
    fits: "`kept = 63`",
  },
  {
    name: "sparse: merged patterns that overlap",
    spec: sparse("sparse_attention(heads, strided_rows(8), strided_columns(8))"),
    fits: "`apart = 1` as an argument of `strided_columns`",
  },
  {
    name: "sparse: the paper's neighbours, merged one too near",
    spec: sparse("sparse_attention(heads, strided_rows(8, window = 9), strided_columns(8, apart = 8))"),
    fits: "`apart = 9`",
  },
  {
    name: "sparse: merged summaries that overlap",
    spec: sparse("sparse_attention(heads, fixed_rows(4), fixed_columns(4, summary = 1))"),
    fits: "`apart = true` as an argument of `fixed_columns`",
  },
  {
    name: "sparse: merged blocks of two sizes",
    spec: sparse("sparse_attention(heads, fixed_rows(4), fixed_columns(8, summary = 1, apart = true))"),
    fits: "`stride = 8`",
  },
  {
    name: "sparse: merged in the wrong order",
    spec: sparse("sparse_attention(heads, strided_columns(4, apart = 4), strided_rows(4))"),
    fits: undefined,
  },
  {
    name: "sparse: summaries that do not divide",
    spec: sparse("sparse_attention(heads, fixed_columns(8, summary = 3))"),
    fits: "`summary = 2` or `summary = 4`",
  },
  {
    name: "sparse: neighbours beyond the chunk before",
    spec: sparse("sparse_attention(heads, strided_rows(8, window = 12))"),
    fits: "`window = 9`",
  },
  {
    name: "sparse: half of an odd number of heads",
    spec: sparse("sparse_attention(1, strided_rows(8), strided_columns(8), per_head = true)"),
    fits: "`heads = 2`",
  },
  {
    name: "sparse: a grid shorter than the sequence",
    spec: sparse("sparse_attention(heads, strided_rows(8))", { shape: "[8, 7]" }),
    fits: "`shape = [8, 8]`",
  },
  {
    name: "sparse: blocks of nothing",
    spec: sparse("sparse_attention(heads, fixed_rows(0))"),
    fits: "`stride = 1`",
  },
  {
    name: "sparse: columns of nothing",
    spec: sparse("sparse_attention(heads, strided_columns(0))"),
    fits: "`stride = 1`",
  },
  {
    name: "sparse: no summaries",
    spec: sparse("sparse_attention(heads, fixed_columns(8, summary = 0))"),
    fits: "`summary = 1`",
  },
  {
    name: "sparse: summaries beyond the block",
    spec: sparse("sparse_attention(heads, fixed_columns(8, summary = 16))"),
    fits: "`summary = 8`",
  },
  {
    name: "sparse: heads do not divide the width",
    spec: sparse("sparse_attention(5, strided_rows(4))"),
    fits: "`heads = 4` or `heads = 8`",
  },
  {
    name: "sparse: half of the heads without a pattern",
    spec: sparse("sparse_attention(heads, strided_rows(8), per_head = true)"),
    fits: undefined,
  },
  // What all of them share.
  {
    name: "heads do not divide the width",
    spec: attn("attention(heads, causal = true)", { heads: "5" }),
    fits: "`heads = 4` or `heads = 8`",
  },
  {
    name: "positions shorter than the sequence",
    spec: model(
      "decoder",
      "positions = learned_positions(48)\nblocks 2 {\n  attn = attention(heads, causal = true)\n  ffn = mlp()\n}",
    ),
    fits: "`seq = 64`",
  },
];
