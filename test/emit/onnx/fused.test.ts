import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import type { Builder } from "../../../compiler/ir/build.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { Value } from "../../../compiler/ir/graph.js";
import type { Attrs } from "../../../compiler/ops/attrs.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { bytesOf, decode, dims, distance, graphOf, runOnnx } from "./support.js";

type Body = (b: Builder, inputs: readonly Value[]) => Value;

const seq = Dim.symbol("seq");
const kept = (x: Value): Dim[] => [...x.shape.slice(0, -1), Dim.of(1)];
const last = (x: Value): number => x.shape.length - 1;

function softmax(b: Builder, x: Value): Value {
  const top = b.op("reshape", [b.op("reduce_max", [x], { axes: [last(x)] })], { shape: kept(x) });
  const mass = b.op("exp", [b.op("sub", [x, top], {})], {});
  const total = b.op("reshape", [b.op("reduce_sum", [mass], { axes: [last(x)] })], { shape: kept(x) });
  return b.op("div", [mass, total], {});
}

function mean(b: Builder, x: Value): Value {
  const count = b.op("cast", [b.op("size", [], { dim: x.shape[last(x)]! })], { to: "f32" });
  return b.op("div", [b.op("reduce_sum", [x], { axes: [last(x)] }), count], {});
}

function layerNorm(b: Builder, [x, scale, shift]: readonly Value[], eps = 1e-5): Value {
  const centred = b.op("sub", [x!, b.op("reshape", [mean(b, x!)], { shape: kept(x!) })], {});
  const variance = b.op("reshape", [mean(b, b.op("mul", [centred, centred], {}))], { shape: kept(x!) });
  const over = b.op("rsqrt", [b.op("add", [variance, b.scalar(eps)], {})], {});
  return b.op("add", [b.op("mul", [b.op("mul", [centred, over], {}), scale!], {}), shift!], {});
}

function gelu(b: Builder, x: Value): Value {
  const inner = b.op("erf", [b.op("div", [x, b.scalar(Math.SQRT2)], {})], {});
  return b.op("mul", [b.op("mul", [x, b.scalar(0.5)], {}), b.op("add", [inner, b.scalar(1)], {})], {});
}

function geluTanh(b: Builder, x: Value): Value {
  const cube = b.op("mul", [b.op("mul", [x, x], {}), x], {});
  const inner = b.op("add", [x, b.op("mul", [cube, b.scalar(0.044715)], {})], {});
  const turned = b.op("tanh", [b.op("mul", [inner, b.scalar(0.7978845608028654)], {})], {});
  return b.op("mul", [b.op("mul", [x, b.scalar(0.5)], {}), b.op("add", [turned, b.scalar(1)], {})], {});
}

const cases: [string, string, Attrs["call"]["args"], number, Body][] = [
  ["softmax", "Softmax", { axis: 1 }, 1, (b, [x]) => softmax(b, x!)],
  ["log_softmax", "LogSoftmax", { axis: 1 }, 1, (b, [x]) => b.op("log", [softmax(b, x!)], {})],
  [
    "logsumexp",
    "ReduceLogSumExp",
    { axis: 1 },
    1,
    (b, [x]) => b.op("log", [b.op("reduce_sum", [b.op("exp", [x!], {})], { axes: [1] })], {}),
  ],
  ["mean", "ReduceMean", { axis: 1 }, 1, (b, [x]) => mean(b, x!)],
  ["relu", "Relu", {}, 1, (b, [x]) => b.op("maximum", [x!, b.scalar(0)], {})],
  ["gelu", "Gelu", {}, 1, (b, [x]) => gelu(b, x!)],
  ["gelu_tanh", "Gelu", {}, 1, (b, [x]) => geluTanh(b, x!)],
  ["layer_norm", "LayerNormalization", {}, 3, (b, v) => layerNorm(b, v)],
  ["layer_norm", "LayerNormalization", { eps: 0.25 }, 3, (b, v) => layerNorm(b, v, 0.25)],
  ["layer_norm", "LayerNormalization", {}, 3, (b, [x, y, z]) => layerNorm(b, [x!, z!, y!])],
  // What a user's layer of the same name may mean.
  ["layer_norm", "", {}, 3, (b, v) => layerNorm(b, v, 1e-3)],
  ["gelu", "", {}, 1, (b, [x]) => geluTanh(b, x!)],
  ["gelu", "", {}, 1, (b, [x]) => b.op("neg", [x!], {})],
  ["relu", "", {}, 1, (b, [x]) => b.op("maximum", [x!, b.scalar(0.001)], {})],
  ["mean", "", { axis: 0 }, 1, (b, [x]) => mean(b, x!)],
];

describe("calls that ONNX has as one op", () => {
  it.each(cases)("%s as %s", async (name, type, args, count, body) => {
    const types = [
      { dtype: "f32" as const, shape: [seq, Dim.of(5)] },
      ...Array.from({ length: count - 1 }, () => ({ dtype: "f32" as const, shape: dims(5) })),
    ];
    const graph = graphOf(types, (b, inputs) =>
      b.call(name, inputs, (inner, own) => [body(inner, own)], { args, path: "blocks.0.part" }),
    );
    const bytes = bytesOf(graph);
    const used = decode(bytes).graph!.node!.map((n) => n.opType);
    if (type === "") expect(used.length).toBeGreaterThan(0);
    else expect(used).toEqual([type]);

    const inputs = sampleInputs({
      name,
      inputs: [
        { dtype: "f32", shape: [7, 5] },
        ...types.slice(1).map(() => ({ dtype: "f32" as const, shape: [5] })),
      ],
    });
    const [expected] = evaluateRegion(graph, inputs, { seq: 7 });
    const [got] = await runOnnx(bytes, graph, inputs);
    expect(distance(got!, expected!)).toBeLessThan(1e-6);
  });
});
