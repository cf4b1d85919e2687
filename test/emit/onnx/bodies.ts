import { Dim } from "../../../compiler/dim/dim.js";
import type { Builder } from "../../../compiler/ir/build.js";
import type { Value } from "../../../compiler/ir/graph.js";

const kept = (x: Value): Dim[] => [...x.shape.slice(0, -1), Dim.of(1)];
const last = (x: Value): number => x.shape.length - 1;

/** Over the last axis, with the maximum taken off. */
export function softmaxBody(b: Builder, x: Value): Value {
  const top = b.op("reshape", [b.op("reduce_max", [x], { axes: [last(x)] })], { shape: kept(x) });
  const mass = b.op("exp", [b.op("sub", [x, top], {})], {});
  const total = b.op("reshape", [b.op("reduce_sum", [mass], { axes: [last(x)] })], { shape: kept(x) });
  return b.op("div", [mass, total], {});
}

/** Over the last axis. */
export function meanBody(b: Builder, x: Value): Value {
  const count = b.op("cast", [b.op("size", [], { dim: x.shape[last(x)]! })], { to: "f32" });
  return b.op("div", [b.op("reduce_sum", [x], { axes: [last(x)] }), count], {});
}

/** (x, scale, shift), over the last axis. */
export function layerNormBody(b: Builder, [x, scale, shift]: readonly Value[], eps = 1e-5): Value {
  const centred = b.op("sub", [x!, b.op("reshape", [meanBody(b, x!)], { shape: kept(x!) })], {});
  const variance = b.op("reshape", [meanBody(b, b.op("mul", [centred, centred], {}))], { shape: kept(x!) });
  const over = b.op("rsqrt", [b.op("add", [variance, b.scalar(eps)], {})], {});
  return b.op("add", [b.op("mul", [b.op("mul", [centred, over], {}), scale!], {}), shift!], {});
}

/** x · Φ(x) */
export function geluBody(b: Builder, x: Value): Value {
  const inner = b.op("erf", [b.op("div", [x, b.scalar(Math.SQRT2)], {})], {});
  return b.op("mul", [b.op("mul", [x, b.scalar(0.5)], {}), b.op("add", [inner, b.scalar(1)], {})], {});
}

/** The tanh form of gelu. */
export function geluTanhBody(b: Builder, x: Value): Value {
  const cube = b.op("mul", [b.op("mul", [x, x], {}), x], {});
  const inner = b.op("add", [x, b.op("mul", [cube, b.scalar(0.044715)], {})], {});
  const turned = b.op("tanh", [b.op("mul", [inner, b.scalar(0.7978845608028654)], {})], {});
  return b.op("mul", [b.op("mul", [x, b.scalar(0.5)], {}), b.op("add", [turned, b.scalar(1)], {})], {});
}

/** (x, scale), over the last axis. */
export function rmsNormBody(b: Builder, [x, scale]: readonly Value[], eps = 1e-5): Value {
  const square = b.op("reshape", [meanBody(b, b.op("mul", [x!, x!], {}))], { shape: kept(x!) });
  const over = b.op("rsqrt", [b.op("add", [square, b.scalar(eps)], {})], {});
  return b.op("mul", [b.op("mul", [x!, over], {}), scale!], {});
}
