/** What a mixture is made of. A kind more is a line more. */
export interface Kind {
  readonly text: string;
  /** Its cache approximates: decoding step by step only comes near a full pass. */
  readonly approximate?: true;
  /** A line that the model needs beside it. */
  readonly needs?: string;
  /** Wirings that it can stand in; all where left out. */
  readonly only?: readonly string[];
}

const places = "weight places: [K = dim / heads, A = 8]";
const span = "span_attention(heads, 8, table = places, ramp = 3, block = 4";

export const attentions: readonly Kind[] = [
  { text: "attention(heads, causal = true)" },
  { text: "attention(heads, kv_heads = 2, causal = true, bias = false, positions = rotary())" },
  { text: "attention(heads, causal = true, memory = persistent_memory(6))" },
  { text: "attention(heads, causal = true, window = 4)" },
  { text: "attention(heads, causal = true, window = 4, bounded = true)" },
  { text: "local_attention(heads, chunk = 4, causal = true)" },
  { text: "lsh_attention(heads, chunk = 16, rounds = 2, buckets = [4], causal = true)" },
  { text: "lsh_attention(heads, chunk = 4, rounds = 2, buckets = [4], causal = true)", approximate: true },
  {
    text: "lsh_attention(heads, chunk = 16, rounds = 2, buckets = [4], causal = true, memory = persistent_memory(6))",
  },
  { text: "sparse_attention(heads, strided_rows(4), kept = 3)" },
  { text: "sparse_attention(heads, strided_columns(4))" },
  { text: "sparse_attention(heads, strided_rows(4), strided_columns(4), per_head = true)" },
  { text: "sparse_attention(heads, fixed_rows(4), fixed_columns(4, summary = 2, apart = true))" },
  { text: `${span})`, needs: places },
  { text: `${span}, kept = [5, 8], projected = true)`, needs: places },
  { text: `${span}, memory = persistent_memory(6))`, needs: places },
  { text: "relative_attention(heads, memory = 24)" },
  { text: "relative_attention(heads, memory = 24, cached = true)" },
];

export const feedForwards: readonly Kind[] = [
  { text: "mlp(hidden = 32)" },
  { text: "gated_mlp(hidden = 24)" },
  { text: "pkm(heads = 2, keys = 8, k = 4, key_dim = 8)" },
  { text: "experts(experts = 3, k = 2, hidden = 24)" },
  { text: "chunked(mlp(hidden = 32), size = 4)" },
  { text: "none" },
];

const REVERSIBLE = "reversible(attn, ffn)";
const PLAIN = ["pre_norm(attn, ffn)", "post_norm(attn, ffn)", "parallel(attn, ffn)"];

/** Base models. The latents of a Perceiver AR are all positions here, so that each has logits. */
export const bases: readonly Kind[] = [
  { text: "decoder", only: PLAIN },
  { text: "perceiver_ar", only: PLAIN, needs: "most = 16" },
  { text: "reversible_decoder", only: [REVERSIBLE], needs: "join = mean_of_both()\n  head = tied(embed)" },
];

export const wirings: readonly Kind[] = [...PLAIN, REVERSIBLE].map((text) => ({ text }));

export interface Mixture {
  readonly title: string;
  readonly text: string;
  readonly exact: boolean;
  readonly kinds: readonly Kind[];
}

/** `count` models of two blocks. Kinds come from shuffled decks, so that each comes before any comes again. */
export function mixtures(seed: number, count: number): readonly Mixture[] {
  const random = randoms(seed);
  const [base, attention, feedForward, wiring] = [bases, attentions, feedForwards, wirings].map((k) =>
    deck(k, random),
  );
  return Array.from({ length: count }, (_, i) => {
    const w = wiring!(() => true);
    const fits = (k: Kind) => !k.only || k.only.includes(w.text);
    const [a, b] = [attention!(fits), attention!(fits)];
    const [f, g] = [feedForward!(fits), feedForward!(fits)];
    const stack = base!(fits);
    const kinds = [stack, w, a, b, f, g];
    const needs = new Set(kinds.flatMap((k) => (k.needs ? [`  ${k.needs}\n`] : [])));
    const text = `import { ${stack.text} as base } from "std"

model Mixture : base {
  vocab = 64
  seq   = 64
  dim   = 16
  heads = 4
${[...needs].join("")}  blocks 2 {
    attn   = ${a.text}
    ffn    = ${f.text}
    wiring = ${w.text}
    at 1 {
      attn = ${b.text}
      ffn  = ${g.text}
    }
  }
}
`;
    const title = `seed ${seed}, ${i}: ${stack.text}, ${w.text} of ${a.text} and ${f.text}, then ${b.text} and ${g.text}`;
    return { title, text, exact: kinds.every((k) => !k.approximate), kinds };
  });
}

/** Draws the first card that fits; a card that does not stays for later. */
function deck(kinds: readonly Kind[], random: () => number): (fits: (kind: Kind) => boolean) => Kind {
  let cards: Kind[] = [];
  return (fits) => {
    let at = cards.findIndex(fits);
    if (at < 0) {
      const fresh = kinds.map((kind) => ({ kind, order: random() })).sort((a, b) => a.order - b.order);
      cards = [...cards, ...fresh.map(({ kind }) => kind)];
      at = cards.findIndex(fits);
    }
    return cards.splice(at, 1)[0]!;
  };
}

/** Numbers from 0 to 1, the same for a seed on every machine (Park and Miller's generator). */
function randoms(seed: number): () => number {
  let state = (seed * 7919) % 2147483647 || 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
