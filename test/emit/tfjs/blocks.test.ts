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

const inner = 512;
const [batch, seq] = [Dim.symbol("batch"), Dim.symbol("seq")];

/** A graph of `x`, [batch, seq, 512], and weights `w0`, `w1`, … */
function graphOf(
  shapes: readonly (readonly number[])[],
  trace: (b: Builder, x: Value, weights: readonly Value[]) => readonly Value[],
): Graph {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [batch, seq, Dim.of(inner)] }, "x");
  const weights = shapes.map((shape, i) =>
    b.input({ dtype: "f32", shape: shape.map((n) => Dim.of(n)) }, `w${i}`),
  );
  const region = b.region(trace(b, x, weights));
  const ports = weights.map((value, i): InputPort => {
    const weight = { kind: "weight", init: { kind: "zeros" }, shape: shapes[i]! } as never;
    return { role: "weight", name: `w${i}`, value, weight };
  });
  return {
    ...region,
    name: "test",
    inputPorts: [{ role: "data", name: "x", value: x }, ...ports],
    outputPorts: region.outputs.map((value, i) => ({ role: "data", name: `y${i}`, value })),
    symbols: [
      { name: "batch", least: 1n },
      { name: "seq", least: 1n },
    ],
    assumptions: [],
  };
}

const toHeads = { equation: "btd,dhk->bhtk" };
const cases = {
  "a plain product with a shift": {
    graph: graphOf([[inner, 192], [192]], (b, x, [w, shift]) => [
      b.op("add", [b.op("einsum", [x, w!], { equation: "btd,dn->btn" }), shift!], {}),
    ]),
    calls: /= project\(tf, inputs\.x, w\.w0, w\.w1\)/,
    blocks: { w0: [3, inner, 64] },
  },
  "one projection to heads of 32": {
    graph: graphOf([[inner, 4, 32]], (b, x, [w]) => [b.op("einsum", [x, w!], toHeads)]),
    calls: /= projectHeads\(tf, inputs\.x, w\.w0, undefined, 4\)/,
    blocks: { w0: [4, inner, 32] },
  },
  "three projections to heads, merged, with shifts": {
    graph: graphOf(
      [
        [inner, 2, 64],
        [inner, 2, 64],
        [inner, 1, 64],
        [2, 1, 64],
        [2, 1, 64],
        [1, 1, 64],
      ],
      (b, x, w) => [0, 1, 2].map((i) => b.op("add", [b.op("einsum", [x, w[i]!], toHeads), w[i + 3]!], {})),
    ),
    calls: /= projectHeads\(tf, inputs\.x, w\["w0 \+ w1 \+ w2"\], w\["w3 \+ w4 \+ w5"\], 5\)/,
    blocks: { "w0 + w1 + w2": [5, inner, 64] },
  },
  "columns that blocks do not divide": {
    graph: graphOf([[inner, 100]], (b, x, [w]) => [b.op("einsum", [x, w!], { equation: "btd,dn->btn" })]),
    calls: /= project\(tf, inputs\.x, w\.w0\)/,
    blocks: { w0: [1, inner, 100] },
  },
};

for (const { name, backend, absent } of await present()) {
  const title = backend ? `on ${name}` : `on ${name}: left out, ${absent}`;
  describe.skipIf(!backend)(`weights in blocks ${title}`, () => {
    for (const [what, { graph, calls, blocks }] of Object.entries(cases))
      it(what, async () => {
        const { tf } = backend!;
        await tf.setBackend(name);
        const source = emitTfjs(graph, graph).module;
        expect(source).toMatch(calls);
        const module = await load(source);
        const before = tf.memory().numTensors;
        const arrays = sampleInputs({
          name: "blocks",
          inputs: graph.inputPorts.slice(1).map(({ value }) => ({
            dtype: "f32",
            shape: value.shape.map((size) => Number(size.int)),
          })),
        });
        const named = graph.inputPorts.slice(1).map((port, i) => [port.name, arrays[i]!] as const);
        const loaded = Object.fromEntries(named.map(([key, array]) => [key, upload(backend!, array)]));
        const arranged: Record<string, Tensor> = module.arrange!(tf, loaded);
        const onGpu = (tf.backend() as { isUsingGpuDevice?: boolean }).isUsingGpuDevice === true;
        if (name === "tensorflow" && !onGpu)
          for (const [key, shape] of Object.entries(blocks)) expect(arranged[key]!.shape).toEqual(shape);
        for (const [rows, positions] of [
          [1, 1],
          [1, 5],
          [2, 1],
          [3, 4],
        ] as const) {
          const [x] = sampleInputs({
            name: `blocks ${rows} ${positions}`,
            inputs: [{ dtype: "f32", shape: [rows, positions, inner] }],
          });
          const expected = evaluateGraph(graph, Object.fromEntries([["x", x!], ...named]));
          const given = upload(backend!, x!);
          const { outputs } = module.start(tf, arranged, { x: given }, {});
          for (const port of graph.outputPorts) {
            expect(outputs[port.name]!.shape).toEqual(expected[port.name]!.shape);
            expectClose(await outputs[port.name]!.data(), expected[port.name]!.data, 1e-4);
          }
          tf.dispose([given, outputs] as never);
        }
        tf.dispose(arranged as never);
        expect(tf.memory().numTensors).toBe(before);
        backend!.check();
      });
  });
}
