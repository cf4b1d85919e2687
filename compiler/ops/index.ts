import { abs } from "./abs.js";
import { add } from "./add.js";
import { and } from "./and.js";
import { argmax } from "./argmax.js";
import { argsort } from "./argsort.js";
import type { OpName } from "./attrs.js";
import { broadcast } from "./broadcast.js";
import { call } from "./call.js";
import { cast } from "./cast.js";
import { concat } from "./concat.js";
import { constant } from "./constant.js";
import { cos } from "./cos.js";
import { cumsum } from "./cumsum.js";
import type { OpDef } from "./define.js";
import { div } from "./div.js";
import { einsum } from "./einsum.js";
import { eq } from "./eq.js";
import { erf } from "./erf.js";
import { exp } from "./exp.js";
import { floor } from "./floor.js";
import { floorDiv } from "./floor-div.js";
import { gather } from "./gather.js";
import { gatherMatmul } from "./gather-matmul.js";
import { iota } from "./iota.js";
import { le } from "./le.js";
import { log } from "./log.js";
import { logistic } from "./logistic.js";
import { lt } from "./lt.js";
import { map } from "./map.js";
import { maximum } from "./maximum.js";
import { minimum } from "./minimum.js";
import { mod } from "./mod.js";
import { mul } from "./mul.js";
import { neg } from "./neg.js";
import { not } from "./not.js";
import { or } from "./or.js";
import { pad } from "./pad.js";
import { pow } from "./pow.js";
import { reduceMax } from "./reduce-max.js";
import { reduceMin } from "./reduce-min.js";
import { reduceSum } from "./reduce-sum.js";
import { reshape } from "./reshape.js";
import { rsqrt } from "./rsqrt.js";
import { scatterAdd } from "./scatter-add.js";
import { select } from "./select.js";
import { sign } from "./sign.js";
import { sin } from "./sin.js";
import { size } from "./size.js";
import { slice } from "./slice.js";
import { sqrt } from "./sqrt.js";
import { stopGradient } from "./stop-gradient.js";
import { sub } from "./sub.js";
import { tanh } from "./tanh.js";
import { topk } from "./topk.js";
import { transpose } from "./transpose.js";

export type { Attrs, None, OpName } from "./attrs.js";

/** Every op. A missing one is a compile error. */
export const ops: { readonly [K in OpName]: OpDef<K> } = {
  neg,
  abs,
  sign,
  exp,
  log,
  sqrt,
  rsqrt,
  tanh,
  erf,
  logistic,
  sin,
  cos,
  floor,
  add,
  sub,
  mul,
  div,
  pow,
  maximum,
  minimum,
  floor_div: floorDiv,
  mod,
  eq,
  lt,
  le,
  and,
  or,
  not,
  select,
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  reduce_min: reduceMin,
  argmax,
  cumsum,
  einsum,
  reshape,
  transpose,
  broadcast,
  slice,
  concat,
  pad,
  gather,
  scatter_add: scatterAdd,
  gather_matmul: gatherMatmul,
  topk,
  argsort,
  iota,
  size,
  constant,
  cast,
  stop_gradient: stopGradient,
  call,
  map,
};
