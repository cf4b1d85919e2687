import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { emitTfjs } from "../../../compiler/emit/tfjs/emit.js";
import { Builder } from "../../../compiler/ir/build.js";
import { evaluateGraph } from "../../../compiler/ir/evaluate.js";
import type { Graph, InputPort, Value } from "../../../compiler/ir/graph.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { present } from "../../runtime/present.js";
import { expectClose } from "./close.js";
import { load, upload } from "./run-graph.js";

type Trace = (b: Builder, x: Value, weights: readonly Value[]) => readonly Value[];

const seq = Dim.symbol("seq");

/** A graph of one input `x`, [seq, 6], and weights `w0`, `w1`, … */
function graphOf(shapes: readonly (readonly number[])[], trace: Trace): Graph {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [seq, Dim.of(6)] }, "x");
  const weights = shapes.map((shape, i) =>
    b.input({ dtype: "f32", shape: shape.map((n) => Dim.of(n)) }, `w${i}`),
  );
  const region = b.region(trace(b, x, weights));
  const weightPorts = weights.map((value, i): InputPort => {
    const weight = { kind: "weight", init: { kind: "zeros" }, shape: shapes[i]! } as never;
    return { role: "weight", name: `w${i}`, value, weight };
  });
  return {
    ...region,
    name: "test",
    inputPorts: [{ role: "data", name: "x", value: x }, ...weightPorts],
    outputPorts: region.outputs.map((value, i) => ({ role: "data", name: `y${i}`, value })),
    symbols: [{ name: "seq", least: 1n }],
    assumptions: [],
  };
}

/** Three projections, each of its own axes, as attention has them. */
const projections: Trace = (b, x, [q, k, v]) => [
  b.op("einsum", [x, q!], { equation: "td,dhk->htk" }),
  b.op("einsum", [x, k!], { equation: "td,dhk->htk" }),
  b.op("einsum", [x, v!], { equation: "td,dhk->htk" }),
];
const threeHeads = [
  [6, 2, 4],
  [6, 2, 4],
  [6, 3, 4],
];

/** Rows scaled by `w0` and shifted by `w1`, times `w2`, plus `w3`, halved. */
const afterNorm: Trace = (b, x, [scale, shift, matrix, more]) => {
  const rows = b.op("add", [b.op("mul", [x, scale!], {}), shift!], {});
  const product = b.op("einsum", [rows, matrix!], { equation: "td,dhk->htk" });
  const sum = b.op("add", [product, more!], {});
  return [b.op("div", [sum, b.scalar(2)], {})];
};
const normShapes = [[6], [6], [6, 2, 4], [2, 1, 4]];

function layerNorm(b: Builder, ...given: readonly Value[]): Value {
  const lines = (inner: Builder, [x, scale, shift]: readonly Value[]): Value => {
    const of = (v: Value) => {
      const total = inner.op("reduce_sum", [v], { axes: [1] });
      const mean = inner.op("mul", [total, inner.scalar(1 / 6)], {});
      return inner.op("reshape", [mean], { shape: [x!.shape[0]!, Dim.one] });
    };
    const centred = inner.op("sub", [x!, of(x!)], {});
    const variance = inner.op("add", [of(inner.op("mul", [centred, centred], {})), inner.scalar(1e-5)], {});
    const normal = inner.op("mul", [centred, inner.op("rsqrt", [variance], {})], {});
    return inner.op("add", [inner.op("mul", [normal, scale!], {}), shift!], {});
  };
  const args = { args: { eps: 1e-5 }, path: "" };
  return b.call("layer_norm", given, (inner, own) => [lines(inner, own)], args)[0]!;
}

/** A stream, and a layer behind a norm that is added to it. */
function stream(b: Builder, x: Value, [scale, shift, matrix, more]: readonly Value[]): Value {
  const before = b.op("exp", [x], {});
  const product = b.op("einsum", [layerNorm(b, before, scale!, shift!), matrix!], { equation: "td,de->te" });
  return b.op("add", [before, b.op("add", [product, more!], {})], {});
}
const beforeNorms: Trace = (b, x, weights) => [layerNorm(b, stream(b, x, weights), ...weights.slice(4))];
const streamShapes = [[6], [6], [6, 6], [6], [6], [6]];

const body = (source: string, name: string) =>
  new RegExp(`export function ${name}\\([^]*?\\n}\\n`).exec(source)![0];

describe("weights", () => {
  it("stand side by side once, where projections of one value read them", () => {
    const graph = graphOf(threeHeads, projections);
    const { module } = emitTfjs(graph, graph);
    expect(body(module, "arrange")).toContain("tf.concat");
    expect(body(module, "start")).not.toContain("tf.concat");
    expect(body(module, "start").match(/project\(/g)).toHaveLength(1);
    expect(body(module, "start")).toContain('w["w0 + w1 + w2"]');
  });

  it("take up what scales and shifts the rows that they multiply, and what divides the product", () => {
    const graph = graphOf(normShapes, afterNorm);
    const { module } = emitTfjs(graph, graph);
    expect(body(module, "arrange").match(/tf\.mul\(/g)).toHaveLength(1);
    expect(body(module, "arrange").match(/tf\.div\(/g)).toHaveLength(2);
    expect(body(module, "start")).not.toMatch(/tf\.(mul|div|add)\(/);
    expect(body(module, "start")).toContain('project(tf, inputs.x, w["w2 + w0"], w["w1 + w3"])');
  });

  it("take nothing up where the scaled rows are read by something else", () => {
    const graph = graphOf(normShapes.slice(0, 3), (b, x, [scale, , matrix]) => {
      const rows = b.op("mul", [x, scale!], {});
      return [rows, b.op("einsum", [rows, matrix!], { equation: "td,dhk->htk" })];
    });
    const { module } = emitTfjs(graph, graph);
    expect(body(module, "arrange")).not.toContain("tf.mul");
    expect(body(module, "start")).toContain("tf.mul(inputs.x, w.w0)");
  });

  it("stay as they are where something else reads one of them: none is there twice", () => {
    const graph = graphOf([[2, 3, 6]], (b, x, [w]) => [
      b.op("einsum", [x, w!], { equation: "td,ghd->tgh" }),
      b.op("mul", [w!, b.scalar(2)], {}),
    ]);
    const { module } = emitTfjs(graph, graph);
    expect(body(module, "arrange")).toContain("return w;");
    expect(body(module, "start")).toContain("tf.reshape(w.w0");
  });

  it("stay as they are where `start` and `step` want them differently", () => {
    const turned = (equation: string, shape: readonly number[]) =>
      graphOf([shape], (b, x, [w]) => [b.op("einsum", [x, w!], { equation })]);
    const other = graphOf([[6, 2, 4]], (b, x, [w]) => {
      const moved = b.op("transpose", [w!], { perm: [1, 0, 2] });
      return [b.op("einsum", [x, moved], { equation: "td,hdk->htk" })];
    });
    const { module } = emitTfjs(turned("td,dhk->thk", [6, 2, 4]), other);
    expect(body(module, "arrange")).toContain("return w;");
  });

  it("take off the mean of what they add to a sum that norms alone read", () => {
    const graph = graphOf(streamShapes, beforeNorms);
    const { module } = emitTfjs(graph, graph);
    expect(body(module, "arrange").match(/tf\.sub\(/g)).toHaveLength(2);
    expect(body(module, "start").match(/tf\.sub\(/g)).toHaveLength(1);
    expect(body(module, "start").match(/centredNorm\(/g)).toHaveLength(2);
    expect(body(module, "start")).not.toContain("layerNorm");
  });

  it("keep the mean where something else reads the sum, or one norm alone would have it taken off", () => {
    const [read, single] = [
      graphOf(streamShapes, (b, x, weights) => {
        const sum = stream(b, x, weights);
        return [layerNorm(b, sum, ...weights.slice(4)), b.op("neg", [sum], {})];
      }),
      graphOf([[6], [6]], (b, x, weights) => [layerNorm(b, b.op("exp", [x], {}), ...weights)]),
    ];
    for (const graph of [read, single])
      expect(emitTfjs(graph, graph).module).not.toMatch(/tf\.sub\(exp|centredNorm/);
  });

  it("that a model gives out are still the caller's", () => {
    const graph = graphOf([[2, 3]], (b, x, [w]) => [
      b.op("neg", [x], {}),
      b.op("reshape", [w!], { shape: [Dim.of(6)] }),
    ]);
    expect(body(emitTfjs(graph, graph).module, "start")).toContain("tf.clone");
  });
});

for (const { name, backend, absent } of await present()) {
  const title = backend ? `on ${name}` : `on ${name}: left out, ${absent}`;
  describe.skipIf(!backend)(`arranged weights ${title}`, () => {
    const heads = [...threeHeads, [2, 4, 6]];
    it("stand side by side, give the same numbers, and free what they replace", () =>
      same(heads, ["w0 + w1 + w2", "w3"], (b, x, weights) => {
        const [q, k, v] = projections(b, x, weights) as [Value, Value, Value];
        return [b.op("einsum", [q, weights[3]!], { equation: "htk,hkd->td" }), k, v];
      }));

    it("with scales and shifts in them give the same numbers", () =>
      same(normShapes, ["w2 + w0", "w1 + w3"], afterNorm));

    it("without a mean give the same numbers", () =>
      same(streamShapes, ["w0", "w1", "w4", "w5", "w2", "w3"], beforeNorms));

    async function same(shapes: readonly (readonly number[])[], keys: readonly string[], trace: Trace) {
      const { tf } = backend!;
      await tf.setBackend(name);
      const graph = graphOf(shapes, trace);
      const arrays = sampleInputs({
        name: "arrange",
        inputs: [[5, 6], ...shapes].map((shape) => ({ dtype: "f32", shape })),
      });
      const all = graph.inputPorts.map((port, i) => [port.name, arrays[i]!] as const);
      const expected = evaluateGraph(graph, Object.fromEntries(all));
      const module = await load(emitTfjs(graph, graph).module);
      const before = tf.memory().numTensors;
      const weights: Record<string, Tensor> = {};
      for (const [key, array] of all.slice(1)) weights[key] = upload(backend!, array);
      const arranged = module.arrange!(tf, weights);
      expect(Object.keys(arranged).sort()).toEqual(keys.toSorted());
      expect(tf.memory().numTensors - before).toBe(keys.length);
      const x = upload(backend!, arrays[0]!);
      for (let run = 0; run < 2; run++) {
        const { outputs } = module.start(tf, arranged, { x }, {});
        for (const port of graph.outputPorts)
          expectClose(await outputs[port.name]!.data(), expected[port.name]!.data, 1e-4);
        tf.dispose(outputs as never);
      }
      tf.dispose([x, ...Object.values(arranged)]);
      expect(tf.memory().numTensors).toBe(before);
      backend!.check();
    }
  });
}
