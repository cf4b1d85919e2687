import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { emitTfjs } from "../../../compiler/emit/tfjs/emit.js";
import { Builder } from "../../../compiler/ir/build.js";
import { evaluateGraph } from "../../../compiler/ir/evaluate.js";
import type { Graph, InputPort } from "../../../compiler/ir/graph.js";
import { arrayOf } from "../../../compiler/ops/array.js";
import { openBackend } from "../../../runtime/backends.js";
import { gptGraph } from "../../cost/mini-gpt.js";
import { randomGraph, randomInputs } from "../../ir/random-graph.js";
import { present } from "../../runtime/present.js";
import { expectGolden } from "../../support/golden.js";
import { expectClose } from "./close.js";
import { load, plainGraph, runGraph, sourceOf, upload } from "./run-graph.js";

const small = { vocab: 97, context: 32, dim: 24, heads: 3, layers: 2 };
const emit = (config: typeof small) => emitTfjs(gptGraph(config, "start"), gptGraph(config, "step"));
const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));

describe("a generated module", () => {
  it("reads like this", () => {
    const { module, types } = emit(small);
    expectGolden(module, fixture("gpt.js.txt"));
    expectGolden(types, fixture("gpt.d.ts.txt"));
  });

  it("is the same for the same graphs", () => {
    expect(emit(small)).toEqual(emit(small));
  });

  it("has one function for all layers that compute the same", () => {
    const functions = (source: string) => source.match(/^(export )?function \w+/gm);
    expect(functions(emit({ ...small, layers: 9 }).module)).toEqual(functions(emit(small).module));
  });

  it("has no line that is too long to read", () => {
    const { module } = emit({ ...small, layers: 12 });
    for (const line of module.split("\n")) expect(line.length).toBeLessThanOrEqual(124);
  });

  it("imports nothing", () => {
    expect(emit(small).module).not.toMatch(/\bimport\b|\brequire\b/);
  });

  it("bounds its largest tensor, and the rows that ids may name", async () => {
    const module = await load(emit(small).module);
    expect(module.model.below).toEqual({ input_ids: 97 });
    expect(module.largest({ batch: 2, seq: 5, past: 0 }, "start")).toBe(2 * 5 * 97);
    expect(module.largest({ batch: 2, seq: 20, past: 100 }, "start")).toBe(2 * 20 * 97);
    expect(module.largest({ batch: 2, seq: 20, past: 100 }, "step")).toBe(2 * 3 * 20 * 120);
  });
});

describe("names that a spec may hold", () => {
  const hostile = [
    "in",
    "tf",
    "start",
    "w",
    'x"];throw 1;["',
    "*/ throw 1 /*",
    "a\nthrow 1",
    "😀",
    "1st",
    "__proto__",
    "",
    "x",
    "x",
  ];

  it("never break out of their place", async () => {
    const b = new Builder();
    const size = Dim.symbol("in");
    const inputs = hostile.map((name) => b.input({ dtype: "f32", shape: [size, Dim.of(2)] }, name));
    let sum = inputs[0]!;
    for (const [i, value] of inputs.entries())
      if (i > 0)
        sum = b.call(hostile[i]!, [sum, value], (c, [p, q]) => [c.op("add", [p!, q!], {}, hostile[i]!)], {
          path: `blocks.${hostile[i]}`,
        })[0]!;
    const region = b.region([sum]);
    const name = (i: number) => (i === 0 ? "first" : `${hostile[i]}${i}`);
    const graph: Graph = {
      name: "a */ throw 1\nthrow 2",
      ...region,
      inputPorts: inputs.map((value, i): InputPort => ({ role: "data", name: name(i), value })),
      outputPorts: [{ role: "data", name: 'out"];', value: sum }],
      symbols: [{ name: "in", least: 1n }],
      assumptions: [],
    };
    const { module: source, types } = emitTfjs(graph, graph);
    expect(types).toContain(JSON.stringify('out"];'));
    const module = await load(source);
    const backend = await openBackend("cpu");
    await backend.tf.setBackend("cpu");
    const tensors = Object.fromEntries(
      inputs.map((_, i) => [name(i), upload(backend, arrayOf("f32", [1, 2], [i, 2 * i]))]),
    );
    const { outputs } = module.start(backend.tf, {}, tensors, {});
    const total = (hostile.length * (hostile.length - 1)) / 2;
    expect([...(await outputs['out"];']!.data())]).toEqual([total, 2 * total]);
    backend.tf.dispose([...Object.values(tensors), ...Object.values(outputs)]);
  });
});

describe("results", () => {
  it("are the caller's own, even where they are an input or the same value twice", async () => {
    const graph = plainGraph("aliases", (b) => {
      const x = b.input({ dtype: "f32", shape: [Dim.of(2)] }, "x");
      const twice = b.op("add", [x, x], {});
      const [same] = b.call("identity", [x], (_, [v]) => [v!]);
      return [x, twice, twice, same!, b.op("stop_gradient", [twice], {}), b.scalar(3), b.scalar(2, "i32")];
    });
    const module = await load(sourceOf(graph));
    const { results, left } = await runGraph(await openBackend("wasm"), module, [
      arrayOf("f32", [2], [1, 2]),
    ]);
    expect(results.map((r) => r.data)).toEqual([[1, 2], [2, 4], [2, 4], [1, 2], [2, 4], [3], [2]]);
    expect(results.at(-1)?.dtype).toBe("int32");
    expect(left).toBe(0);
  });
});

describe("sizes", () => {
  it("are computed as the dims are", async () => {
    const [n, m] = [Dim.symbol("n"), Dim.symbol("m")];
    const dims = [
      n.times(n).plus(m.times(3)).plus(7),
      n.times(n.plus(1)).over(2),
      n.plus(63).floorDiv(64),
      n.ceilDiv(3).times(m),
      n.mod(5).plus(1),
      n.max(m).plus(n.min(7)),
      n.times(m).plus(m).over(m).plus(2),
      n.times(3).plus(m.times(2)).floorDiv(4),
      n.minus(m).plus(200).floorDiv(n.plus(m)),
    ];
    for (const dim of dims) {
      const graph = plainGraph("size", (b) => {
        b.input({ dtype: "f32", shape: [n, m] }, "x");
        return [b.op("size", [], { dim })];
      });
      const symbols = ["n", "m"].map((name) => ({ name, least: 1n }));
      const module = await load(sourceOf({ ...graph, symbols }));
      for (const [a, c] of [
        [1, 1],
        [7, 3],
        [64, 5],
        [100, 99],
        [129, 130],
      ] as const) {
        const x = arrayOf("f32", [a, c], new Array(a * c).fill(0));
        const { results } = await runGraph(await openBackend("cpu"), module, [x]);
        expect(results[0]!.data, `${dim} at n ${a}, m ${c}`).toEqual([dim.at({ n: a, m: c })]);
      }
    }
  });
});

for (const { name, backend, absent } of await present()) {
  describe.skipIf(!backend)(
    backend ? `random graphs on ${name}` : `random graphs on ${name}: left out, ${absent}`,
    () => {
      const seeds = Array.from({ length: name === "webgpu" ? 10 : 40 }, (_, i) => i);
      it.each(seeds)("seed %i", async (seed) => {
        const graph = randomGraph(seed);
        const inputs = randomInputs(seed, 5);
        const expected = evaluateGraph(graph, inputs);
        const { tf } = backend!;
        await tf.setBackend(name);
        const tensors = Object.fromEntries(
          Object.entries(inputs).map(([key, a]) => [key, upload(backend!, a)]),
        );
        const weights = new Set(graph.inputPorts.filter((p) => p.role === "weight").map((p) => p.name));
        const pick = (weight: boolean) =>
          Object.fromEntries(Object.entries(tensors).filter(([key]) => weights.has(key) === weight));
        const module = await load(sourceOf(graph));
        const arranged = module.arrange!(tf, pick(true));
        const before = tf.memory().numTensors;
        const given = module.start(tf, arranged, pick(false), {});
        const outputs = { ...given.outputs, ...given.states };
        expect(tf.memory().numTensors - before).toBe(Object.keys(outputs).length);
        for (const port of graph.outputPorts)
          expectClose(await outputs[port.name]!.data(), expected[port.name]!.data, 1e-4);
        tf.dispose([...Object.values(tensors), ...Object.values(arranged), ...Object.values(outputs)]);
        backend!.check();
      });
    },
  );
}
