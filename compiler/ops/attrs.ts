import type { Dim } from "../dim/dim.js";
import type { DType, Region } from "../ir/graph.js";

/** An op without attributes. */
export type None = Record<string, never>;

/**
 * Every primitive op and its attributes. Axes are counted from 0 and never negative.
 *
 * Elementwise ops with several operands broadcast as NumPy does: trailing axes meet, a size of
 * constant 1 spreads. All else is explicit.
 */
export interface Attrs {
  // elementwise, one f32 operand
  neg: None; // also i32
  abs: None; // also i32
  sign: None;
  exp: None;
  log: None;
  sqrt: None;
  rsqrt: None;
  tanh: None;
  erf: None;
  logistic: None;
  sin: None;
  cos: None;
  floor: None;
  // elementwise, two operands of one dtype (f32 or i32)
  add: None;
  sub: None;
  mul: None;
  div: None; // f32 only
  pow: None; // f32 only
  maximum: None;
  minimum: None;
  floor_div: None; // i32, towards minus infinity
  mod: None; // i32, the sign of the divisor
  // comparison (f32 or i32 → bool) and logic (bool)
  eq: None; // also bool
  lt: None;
  le: None;
  and: None;
  or: None;
  not: None;
  /** (condition: bool, then, otherwise) */
  select: None;
  // reductions drop their axes
  reduce_sum: { readonly axes: readonly number[] };
  reduce_max: { readonly axes: readonly number[] };
  reduce_min: { readonly axes: readonly number[] };
  /** f32 → i32, lowest index first among equals; drops the axis. */
  argmax: { readonly axis: number };
  /** Inclusive running sum along `axis`; `reverse` sums from the end. */
  cumsum: { readonly axis: number; readonly reverse: boolean };
  /**
   * Two operands, one letter per axis: `"btd,dhk->bthk"`. No letter twice in one operand; every letter of
   * the output is in an operand; a letter of one operand alone is in the output (sum it first otherwise).
   */
  einsum: { readonly equation: string };
  // structure
  reshape: { readonly shape: readonly Dim[] };
  /** Output axis i is input axis perm[i]. */
  transpose: { readonly perm: readonly number[] };
  /** To a shape of the same rank; input sizes are equal or constant 1. */
  broadcast: { readonly shape: readonly Dim[] };
  slice: { readonly axis: number; readonly start: Dim; readonly size: Dim };
  concat: { readonly axis: number };
  pad: { readonly axis: number; readonly before: Dim; readonly after: Dim; readonly value: number };
  /**
   * (x, indices: i32): rows of `x` along `axis`. The first `batch` axes of x and indices are shared; the other
   * axes of indices stand in the place of `axis`: [b.., pre.., N, post..] and [b.., i..] give [b.., pre.., i.., post..].
   */
  gather: { readonly axis: number; readonly batch: number };
  /**
   * (indices: i32, updates): the transpose of gather along axis `batch`: zeros of [b.., size, post..] to which each
   * row of updates [b.., i.., post..] is added at its index [b.., i..].
   */
  scatter_add: { readonly batch: number; readonly size: Dim };
  /**
   * (x [i.., K], table [E, K, F], indices: i32 [i..]): each row times the matrix that its index picks, [i.., F]. `turned`:
   * the table is [E, F, K].
   */
  gather_matmul: { readonly turned: boolean };
  /** Along the last axis: (values, indices: i32), descending, lowest index first among equals, NaN last. */
  topk: { readonly k: Dim };
  /** Along the last axis: i32 permutation that sorts ascending, stable. f32 or i32. */
  argsort: None;
  // sources
  /** i32 [size]: 0, 1, … */
  iota: { readonly size: Dim };
  /** i32 scalar: a size of run time. */
  size: { readonly dim: Dim };
  /** Data in row-major order, numbers for every dtype (bool as 0 and 1). A scalar has shape []. */
  constant: { readonly dtype: DType; readonly shape: readonly number[]; readonly data: readonly number[] };
  /** f32 → i32 truncates; bool → 0 and 1; to bool is `!= 0`. */
  cast: { readonly to: DType };
  stop_gradient: None;
  // composition
  /**
   * A layer or library function: `name` says what it means (`layer_norm`, `softmax`, …), `args` are its static
   * arguments, `path` its instance (`blocks.5.ffn`; "" without one) as seen from the instance around it (ir/path.ts), so
   * that layers alike share one body. A backend may match `name` to a fused kernel or expand `body`; both mean the
   * same.
   */
  call: {
    readonly name: string;
    readonly path: string;
    readonly args: Readonly<Record<string, number | string | boolean>>;
    readonly body: Region;
  };
  /**
   * One place after another along axis 0 of the first `mapped` inputs: the body gets each input without that axis,
   * then the other inputs whole; its outputs are stacked along a new axis 0.
   */
  map: { readonly mapped: number; readonly body: Region };
}

export type OpName = keyof Attrs;
