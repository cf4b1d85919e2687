/** What other libraries and configurations call things, and how to write them in archc. */

const table = (entries: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(
    Object.entries(entries).flatMap(([names, help]) => names.split(" ").map((name) => [name, help] as const)),
  );

const calls = table({
  "matmul mm bmm dot": "for a matrix product, write `einsum[.. T D, D H -> .. T H](x, w)`",
  "reshape view flatten unflatten rearrange":
    "to split an axis, write `split(x, L -> C M, M = size)`; to flatten several into one, `merge(x, A B -> P)`",
  "transpose permute swapaxes t T mT":
    "axes have names, so you rarely need this; to reorder them, write `einsum[.. T D -> .. D T](x)`",
  "var variance std": "for the variance, write `m = mean(x, D)`, then `mean((x - m) * (x - m), D)`",
  "cat concatenate stack": "to concatenate along two axes, write `concat(a, b, P T -> S)`",
  "range arange linspace": "for a range, write `0 ..< n`; for the positions along an axis, `index(T)`",
  "shape size dim ndim": "the size of an axis is its name: `T`, `D`",
  "unsqueeze squeeze expand repeat expand_as broadcast_to":
    "operands broadcast by axis name, so no axis needs to be added or expanded; to broadcast further, write the result's shape: `y: [T S] = …`",
  "detach no_grad": "to stop the gradient, write `stop_gradient(x)`",
  "contiguous to cuda cpu half clone requires_grad_":
    "remove it: the build decides where and how tensors are stored",
  masked_fill: "to fill by a mask, write `where(condition, lowest, x)`",
  "pow square": "write `x * x`; for a power of counts, `n ^ 2`",
  "chunk tensor_split": "write one slice per part: `x[D = 0 ..< n -> A]` and `x[D = n .. -> B]`",
  "zeros ones full zeros_like ones_like":
    "numbers broadcast to any shape: write `0` or `1`; for a trained tensor, `weight w: [D] init zeros`",
  "randn rand normal": "declare a random tensor: `random turn: [D] normal`",
  "Parameter register_parameter": "declare a trained tensor: `weight w: [D] init normal(0.02)`",
  register_buffer: "declare a buffer: `state mean: [D]`",
  "Sequential ModuleList":
    "call layers on each other's results, `b(a(x))`; for a stack of blocks, write `blocks 12 { … }` in a model",
  print: "a spec cannot print; `archc graph` shows every tensor",
  "triu tril": "build a causal mask by comparing positions: `seen: [T S] = index(S) <= index(T)`",
  softplus: "write `log(1 + exp(x))`",
  "scaled_dot_product_attention MultiheadAttention MultiHeadAttention":
    "use the layer `attention(heads, causal = true)`, which includes the projections",
  "while do": "loops have a fixed number of iterations: `for i in 0 ..< n { … }`",
});

/** How to write what other libraries call `name`. */
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
    "the standard layers have no dropout; in your own layer, write `dropout(x, %)`, which is active only in training",
  "num_layers n_layer n_layers layers depth num_hidden_layers nlayers":
    "for a stack of blocks, write `blocks % { … }`",
  "hidden_size d_model embed_dim n_embd embedding_dim model_dim width hidden_dim":
    "the width is called `dim`: write `dim = %`",
  "num_heads n_head n_heads nhead num_attention_heads": "write `heads = %`",
  "max_seq_len max_position_embeddings n_positions n_ctx block_size context_length context max_len max_length seq_len":
    "the maximum sequence length is called `seq`: write `seq = %`",
  "vocab_size n_vocab num_embeddings": "the vocabulary size is called `vocab`: write `vocab = %`",
  "intermediate_size d_ff dim_feedforward ffn_dim n_inner ff_dim mlp_dim mlp_ratio":
    "set the width of the feed-forward layer itself: `ffn = mlp(hidden = …)` inside `blocks { … }`",
  "learning_rate lr optimizer weight_decay epochs warmup_steps batch_size batch":
    "a spec describes a model, not its training; put the sizes of a run in a profile, `profile serve { batch = 8 }`",
  "activation act hidden_act activation_function":
    "pass the activation to the layer that uses it: `ffn = mlp(act = gelu)` inside `blocks { … }`",
  "dtype precision torch_dtype": "set the storage type in a profile: `profile serve { dtype = f16 }`",
  "tie_weights tie_word_embeddings tied":
    "for a tied head, write `head = tied(embed)`; for separate weights, `head = untied(vocab)`",
  "causal is_causal": "set it on the attention layer: `attn = attention(heads, causal = true)`",
  bias: "set it on each layer: `ffn = mlp(bias = false)`",
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

/** The field among `known` that is called `name` in other configurations. */
export function fieldNamed(name: string, known: readonly string[]): string | undefined {
  const field = /`(\w+) = %`/.exec(fields.get(name) ?? "")?.[1];
  return field !== undefined && known.includes(field) ? field : undefined;
}

/** How a field of other configurations is set here, with its value as it was written, in a model with fields of the names `known`. */
export function fieldHere(name: string, value: string, known: readonly string[]): string | undefined {
  const help = fields.get(name);
  const field = help && /`(\w+) = %`/.exec(help)?.[1];
  if (help === undefined || (field !== undefined && !known.includes(field))) return undefined;
  return help.replace("%", value.length > 20 ? "…" : value);
}
