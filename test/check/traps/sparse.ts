import { sparse } from "./specs.js";
import type { Traps } from "./trap.js";

/** Patterns of sparse attention. */
export const sparsePatterns: Traps = {
  // Sparse Transformer: openai/sparse_attention.
  "sparse: a cache shorter than the neighbours": [
    sparse("sparse_attention(heads, strided_rows(8), kept = 4)"),
    "`kept = 7`",
  ],
  "sparse: a cache shorter than the block": [
    sparse("sparse_attention(heads, fixed_rows(8), kept = 4)"),
    "`kept = 7`",
  ],
  "sparse: columns with a short cache": [
    sparse("sparse_attention(heads, strided_columns(8), kept = 7)"),
    "`kept = 63`",
  ],
  "sparse: merged patterns that overlap": [
    sparse("sparse_attention(heads, strided_rows(8), strided_columns(8))"),
    "`apart = 1` as an argument of `strided_columns`",
  ],
  "sparse: the paper's neighbours, merged one too near": [
    sparse("sparse_attention(heads, strided_rows(8, window = 9), strided_columns(8, apart = 8))"),
    "`apart = 9`",
  ],
  "sparse: merged summaries that overlap": [
    sparse("sparse_attention(heads, fixed_rows(4), fixed_columns(4, summary = 1))"),
    "`apart = true` as an argument of `fixed_columns`",
  ],
  "sparse: merged blocks of two sizes": [
    sparse("sparse_attention(heads, fixed_rows(4), fixed_columns(8, summary = 1, apart = true))"),
    "`stride = 8`",
  ],
  "sparse: merged in the wrong order": [
    sparse("sparse_attention(heads, strided_columns(4, apart = 4), strided_rows(4))"),
  ],
  "sparse: summaries that do not divide": [
    sparse("sparse_attention(heads, fixed_columns(8, summary = 3))"),
    "`summary = 2` or `summary = 4`",
  ],
  "sparse: neighbours beyond the chunk before": [
    sparse("sparse_attention(heads, strided_rows(8, window = 12))"),
    "`window = 9`",
  ],
  "sparse: half of an odd number of heads": [
    sparse("sparse_attention(1, strided_rows(8), strided_columns(8), per_head = true)"),
    "`heads = 2`",
  ],
  "sparse: a grid shorter than the sequence": [
    sparse("sparse_attention(heads, strided_rows(8))", { shape: "[8, 7]" }),
    "`shape = [8, 8]`",
  ],
  "sparse: blocks of nothing": [sparse("sparse_attention(heads, fixed_rows(0))"), "`stride = 1`"],
  "sparse: columns of nothing": [sparse("sparse_attention(heads, strided_columns(0))"), "`stride = 1`"],
  "sparse: no summaries": [sparse("sparse_attention(heads, fixed_columns(8, summary = 0))"), "`summary = 1`"],
  "sparse: summaries beyond the block": [
    sparse("sparse_attention(heads, fixed_columns(8, summary = 16))"),
    "`summary = 8`",
  ],
  "sparse: heads do not divide the width": [
    sparse("sparse_attention(5, strided_rows(4))"),
    "`heads = 4` or `heads = 8`",
  ],
  "sparse: half of the heads without a pattern": [
    sparse("sparse_attention(heads, strided_rows(8), per_head = true)"),
  ],
};
