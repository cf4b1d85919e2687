/** What other libraries and configurations call things, and how that is said here. */

const table = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(entries).flatMap(([names, help]) => names.split(" ").map((name) => [name, help] as const)),
  );

const calls = table({
  "matmul mm bmm dot": "a matrix product is `einsum[.. T D, D H -> .. T H](x, w)`",
  "reshape view flatten unflatten rearrange":
    "an axis is cut by `split(x, L -> C M, M = size)`, and several are made one by `merge(x, A B -> P)`",
  "transpose permute swapaxes t T mT":
    "axes have names, and `einsum[.. T D -> .. D T](x)` writes them in another order",
  "var variance std": "with `m = mean(x, D)`, the variance is `mean((x - m) * (x - m), D)`",
  "cat concatenate stack": "two axes are put one behind the other by `concat(a, b, P T -> S)`",
  "range arange linspace": "a range is `0 ..< n`; the places along an axis are `index(T)`",
  "shape size dim ndim": "the size of an axis is its name: `T`, `D`",
  "unsqueeze squeeze expand repeat expand_as broadcast_to":
    "operands meet by the names of their axes, so that none is added or spread; what has an axis more is written by its shape: `y: [T S] = …`",
  "detach no_grad": "the gradient is cut by `stop_gradient(x)`",
  "contiguous to cuda cpu half clone requires_grad_":
    "where and how a tensor is kept is the build's: leave it out",
  masked_fill: "values are chosen by `where(condition, lowest, x)`",
  "pow square": "write `x * x`; a power of counts is `n ^ 2`",
  "chunk tensor_split": "slices have names: `x[D = 0 ..< n -> A]` and `x[D = n .. -> B]`",
  "zeros ones full zeros_like ones_like":
    "a number meets a tensor of any shape: write `0` or `1`; a trained one is `weight w: [D] init zeros`",
  "randn rand normal": "random numbers are declared: `random turn: [D] normal`",
  "Parameter register_parameter": "a trained tensor is declared: `weight w: [D] init normal(0.02)`",
  register_buffer: "what is kept and not trained is declared: `state mean: [D]`",
  "Sequential ModuleList":
    "layers are applied to one another, `b(a(x))`; a stack of blocks is `blocks 12 { … }` in a model",
  print: "nothing is printed; `archc graph` shows every tensor",
  "triu tril": "what may be seen is a comparison of places: `seen: [T S] = index(S) <= index(T)`",
  softplus: "write `log(1 + exp(x))`",
  "scaled_dot_product_attention MultiheadAttention MultiHeadAttention":
    "it is the layer `attention(heads, causal = true)`, which has its projections",
  "while do": "every evaluation ends: `for i in 0 ..< n { … }`",
});

/** How what other libraries call `name` is said here. */
export const saidHere = (name: string): string | undefined => calls.get(name);

/** Layers and functions of other libraries under the names of ours. */
const callables = table({
  linear: "Linear Dense linear dense",
  layer_norm: "LayerNorm layer_norm LayerNormalization",
  rms_norm: "RMSNorm rms_norm",
  batch_norm: "BatchNorm1d BatchNorm2d BatchNormalization batch_norm",
  token_embedding: "Embedding embedding",
  dropout: "Dropout Dropout1d",
  relu: "ReLU",
  gelu: "GELU",
  silu: "SiLU swish Swish",
  identity: "Identity",
  softmax: "Softmax",
  convolution: "Conv2d Conv2D conv2d",
  max_pool: "MaxPool2d MaxPooling2D max_pool2d",
  maximum: "maximum",
  clip: "clamp clip_by_value",
  concat: "concat",
  sqrt: "sqrt",
});

/** What `name` of another library is called here, where only the name differs. */
export function namedHere(name: string): string | undefined {
  for (const [ours, theirs] of callables) if (theirs.split(" ").includes(name)) return ours;
  return undefined;
}

/** Modules of other languages, before a point. */
export const foreignModules: ReadonlySet<string> = new Set(
  "torch nn F functional np numpy jnp jax flax lax tf keras tfjs math mx ops self".split(" "),
);

/** What configurations and trainers set on a model. `%` is the value. */
const fields = table({
  "dropout dropout_rate dropout_prob hidden_dropout_prob resid_pdrop embd_pdrop drop":
    "the library's layers have no dropout; in a layer of your own it is `dropout(x, %)`, which acts in training alone",
  "num_layers n_layer n_layers layers depth num_hidden_layers nlayers":
    "a stack of blocks is `blocks % { … }`",
  "hidden_size d_model embed_dim n_embd embedding_dim model_dim width hidden_dim": "the width is `dim = %`",
  "num_heads n_head n_heads nhead num_attention_heads": "the heads are `heads = %`",
  "max_seq_len max_position_embeddings n_positions n_ctx block_size context_length context max_len max_length seq_len":
    "the longest sequence is `seq = %`",
  "vocab_size n_vocab num_embeddings": "the vocabulary is `vocab = %`",
  "intermediate_size d_ff dim_feedforward ffn_dim n_inner ff_dim mlp_dim mlp_ratio":
    "the feed-forward layer has its own width: `ffn = mlp(hidden = …)` inside `blocks { … }`",
  "learning_rate lr optimizer weight_decay epochs warmup_steps batch_size batch":
    "a spec says what a model is, not how it is trained; sizes of a run stand in a profile, `profile serve { batch = 8 }`",
  "activation act hidden_act activation_function":
    "an activation is an argument of the layer that has it: `ffn = mlp(act = gelu)` inside `blocks { … }`",
  "dtype precision torch_dtype":
    "the type that numbers are stored in is a profile's: `profile serve { dtype = f16 }`",
  "tie_weights tie_word_embeddings tied":
    "a tied head is `head = tied(embed)`, one of its own `head = untied(vocab)`",
  "causal is_causal":
    "whether attention sees what comes after is its own: `attn = attention(heads, causal = true)`",
  bias: "each layer has its own: `ffn = mlp(bias = false)`",
});

/** What arguments of layers are called in other libraries. */
const args = table({
  "mem_len memory_len mem_length": "memory",
  "topk top_k knn": "k",
  "n_keys num_keys": "keys",
  "num_hashes n_hashes n_rounds num_rounds": "rounds",
  "num_buckets n_buckets": "buckets",
  "bucket_size chunk_len chunk_length chunk_size": "chunk",
  "num_heads n_head n_heads nhead": "heads",
  "num_kv_heads n_kv_heads num_key_value_heads": "kv_heads",
  "d_head dim_head d_k": "head_dim",
  "d_ff d_inner hidden_dim hidden_size intermediate_size": "hidden",
  "activation act_fn": "act",
  is_causal: "causal",
  use_bias: "bias",
  "epsilon layer_norm_eps": "eps",
});

/** The argument among `known` that is called `name` elsewhere. */
export function argumentHere(name: string, known: readonly string[]): string | undefined {
  const ours = args.get(name);
  return ours !== undefined && known.includes(ours) ? ours : undefined;
}

/** How a field of other configurations is set here, with its value as it was written, in a model with fields of the names `known`. */
export function fieldHere(name: string, value: string, known: readonly string[]): string | undefined {
  const help = fields.get(name);
  const field = help && /`(\w+) = %`/.exec(help)?.[1];
  if (help === undefined || (field !== undefined && !known.includes(field))) return undefined;
  return help.replace("%", value.length > 20 ? "…" : value);
}
