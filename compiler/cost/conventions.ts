import type { Tallies } from "./tallies.js";

/** How a tool or a paper counts a forward pass: so much for each entry of the tallies, 0 for those left out. */
export interface Convention {
  readonly weights: Readonly<Partial<Record<keyof Tallies, number>>>;
  /** What it is called after, and what to know about it. */
  readonly about: string;
}

export const conventions = {
  torch: {
    weights: { dense: 2, attention: 2 },
    about: "PyTorch's FlopCounterMode: products alone, masks not counted; `flops.forward` too",
  },
  fvcore: {
    weights: { dense: 1, norm: 5 },
    about: "fvcore, a multiply-add as one; fused attention is not counted",
  },
  palm: {
    weights: { params: 2, attention: 2 },
    about: "PaLM, appendix B, its forward third: 2N + 4LHQT a token, N the active parameters",
  },
  megatron: {
    weights: { dense: 2, attention: 1 },
    about: "Megatron-LM: attention counts half, as behind a causal mask",
  },
  kaplan: {
    weights: { blocks: 2 },
    about: "Kaplan et al. 2020: 2N a token, N the weights of the blocks, no embeddings and no head",
  },
  chinchilla: {
    weights: { dense: 2, attention: 2, softmax: 3, lookup: 2 },
    about: "Hoffmann et al. 2022, appendix F: embeddings as products with one-hot rows, 3 a softmax element",
  },
  calflops: {
    weights: { dense: 2, norm: 5, activation: 1 },
    about: "calflops; fused attention is not counted",
  },
  deepspeed: {
    weights: { dense: 2, attention: 2, norm: 5, activation: 1 },
    about: "DeepSpeed's profiler, fused attention counted",
  },
} as const satisfies Readonly<Record<string, Convention>>;

export type ConventionName = keyof typeof conventions;

export const conventionNames = Object.keys(conventions) as readonly ConventionName[];
