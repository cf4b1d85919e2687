import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import type { Builder } from "../../../compiler/ir/build.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { Value } from "../../../compiler/ir/graph.js";
import type { Attrs } from "../../../compiler/ops/attrs.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { geluBody, geluTanhBody, layerNormBody, meanBody, rmsNormBody, softmaxBody } from "./bodies.js";
import { bytesOf, decode, dims, distance, graphOf, runOnnx } from "./support.js";

type Body = (b: Builder, inputs: readonly Value[]) => Value;

const seq = Dim.symbol("seq");
const cases: [string, string, Attrs["call"]["args"], number, Body][] = [
  ["softmax", "Softmax", { axis: 1 }, 1, (b, [x]) => softmaxBody(b, x!)],
  ["log_softmax", "LogSoftmax", { axis: 1 }, 1, (b, [x]) => b.op("log", [softmaxBody(b, x!)], {})],
  [
    "logsumexp",
    "ReduceLogSumExp",
    { axis: 1 },
    1,
    (b, [x]) => b.op("log", [b.op("reduce_sum", [b.op("exp", [x!], {})], { axes: [1] })], {}),
  ],
  ["mean", "ReduceMean", { axis: 1 }, 1, (b, [x]) => meanBody(b, x!)],
  ["relu", "Relu", {}, 1, (b, [x]) => b.op("maximum", [x!, b.scalar(0)], {})],
  ["gelu", "Gelu", {}, 1, (b, [x]) => geluBody(b, x!)],
  ["gelu_tanh", "Gelu", {}, 1, (b, [x]) => geluTanhBody(b, x!)],
  ["layer_norm", "LayerNormalization", {}, 3, (b, v) => layerNormBody(b, v)],
  ["layer_norm", "LayerNormalization", { eps: 0.25 }, 3, (b, v) => layerNormBody(b, v, 0.25)],
  ["layer_norm", "LayerNormalization", {}, 3, (b, [x, y, z]) => layerNormBody(b, [x!, z!, y!])],
  ["rms_norm", "Pow ReduceMean Add Sqrt Div Mul", { eps: 1e-6 }, 2, (b, v) => rmsNormBody(b, v, 1e-6)],
  // What a user's layer of the same name may mean.
  ["layer_norm", "", {}, 3, (b, v) => layerNormBody(b, v, 1e-3)],
  ["rms_norm", "", {}, 2, (b, v) => rmsNormBody(b, v, 1e-3)],
  ["gelu", "", {}, 1, (b, [x]) => geluTanhBody(b, x!)],
  ["gelu", "", {}, 1, (b, [x]) => b.op("neg", [x!], {})],
  ["relu", "", {}, 1, (b, [x]) => b.op("maximum", [x!, b.scalar(0.001)], {})],
  ["mean", "", { axis: 0 }, 1, (b, [x]) => meanBody(b, x!)],
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
    else expect(used.join(" ")).toEqual(type);

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
