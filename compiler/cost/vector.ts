import type { Dim } from "../dim/dim.js";

/**
 * What one execution of a node costs, every entry a polynomial in the run-time sizes. Bytes are at 4 per f32 and i32,
 * 1 per bool. See docs/cost.md for the conventions.
 */
export interface Cost {
  /** Multiply-adds of products with a weight or another value that is not attention. */
  readonly macs: Dim;
  /** Multiply-adds between two activations (scores, mixing), the mask not counted. Filled in by the analysis. */
  readonly attentionMacs: Dim;
  /** Adds, multiplies, comparisons, selects: one per output element. */
  readonly elementwise: Dim;
  /** exp, log, tanh, erf, sqrt, sin, …: one per output element. */
  readonly transcendental: Dim;
  /** Elements that go into reductions. */
  readonly reduce: Dim;
  /** Comparisons of sorting and selecting, n·log2 n rounded up. */
  readonly compares: Dim;
  /** Rows fetched by index, and their bytes. */
  readonly gatherRows: Dim;
  readonly gatherBytes: Dim;
  /** Bytes of operands read once, and of results written once. Views (reshape) move none. */
  readonly bytesRead: Dim;
  readonly bytesWritten: Dim;
  /** Scratch bytes beyond operands and results while the op runs. */
  readonly workspace: Dim;
}
