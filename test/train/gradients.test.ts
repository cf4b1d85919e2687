import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { Graph, Region } from "../../compiler/ir/graph.js";
import { rewriteRegions } from "../../compiler/ir/traverse.js";
import { verify } from "../../compiler/ir/verify.js";
import { arrayOf } from "../../compiler/ops/array.js";
import { trainingStep } from "../../compiler/train/step.js";
import { modelOf, root, service } from "../parity/models.js";
import { expectSlopes } from "./slopes.js";
import { type Arrays, gradientsOf, inputsOf, lossOf, sizesOf, stepOf } from "./support.js";

const specs = readdirSync(`${root}specs`).filter((file) => file.startsWith("small"));
const models = specs.flatMap((file) =>
  service.models(`specs/${file}`).map((name) => [`specs/${file}`, name] as const),
);

/** What has no logits has no loss that archc knows. */
const without = ["TinyPerceiver"];
const trained = models.filter(([, name]) => !without.includes(name));

/** The classes of those that tell few apart: no label is beyond them. */
const most = (name: string): number => (/Image|Conv/.test(name) ? 5 : 40);

function drawn(spec: string, name: string) {
  const step = stepOf(modelOf(spec, name));
  const sizes = sizesOf(step.graph, { batch: 2, seq: 9, past: 0 });
  return { step, sizes, inputs: inputsOf(step.graph, sizes, most(name)) };
}

describe.each(trained)("%s %s", (spec, name) => {
  const { step, sizes, inputs } = drawn(spec, name);

  it("is a sound graph", () => {
    expect(verify(step.graph)).toEqual([]);
  });

  it("has the slope of its loss along every weight", () => {
    expectSlopes(step, inputs, sizes);
  });
});

/** Models of other tests, for what the specs' small ones lack: clusters, sections of segments, spans that weights decide. */
const more = {
  "adaptive-softmax": ["Reversed", "Own"],
  "own-layer": ["OwnStep"],
  "perceiver-ar": ["Krasserm", "Lucidrains"],
  "transformer-xl": ["Words", "Large", "WordsCached"],
  families: ["SmallFlanT5", "SmallWhisper", "SmallRobertaMaskedLm"],
  llama: ["SmallBoundedMistral"],
  "x-transformers/models": ["Recurrent"],
  "reformer/models": ["EncoderPadded"],
};
const peers = Object.entries(more).flatMap(([file, names]) =>
  names.map((name) => [name, `test/parity/fixtures/${file}.arch`] as const),
);

it.each([...peers, ["SpanLearned", "test/weights/fixtures/span-checkpoint/small.arch"] as const])(
  "%s of %s has the slope of its loss along every weight",
  (name, spec) => {
    const step = stepOf(modelOf(spec, name));
    const sizes = sizesOf(step.graph, { batch: 2, seq: 9, past: 0 });
    expectSlopes(step, inputsOf(step.graph, sizes, 24), sizes);
  },
);

it("says what a loss is missing for", () => {
  const step = trainingStep(modelOf("specs/small-perceiver.arch", "TinyPerceiver"), "adam");
  expect(step).toEqual({
    kind: "no-data",
    why: "a loss is defined only for a result named `logits`, but `forward` returns `last_hidden_state`",
  });
  expect(models.length - trained.length).toBe(without.length);
});

describe("layers with an inverse", () => {
  const reversible = trained.filter(
    ([spec, name]) => spec.includes("reformer") || name.includes("Reversible"),
  );

  it.each(reversible)("%s %s has the derivatives of the same layers without one", (spec, name) => {
    const { step, sizes, inputs } = drawn(spec, name);
    const instance = modelOf(spec, name);
    const traced = instance.training();
    if (traced.kind !== "graph") throw new Error(traced.why);
    const graph = withoutInverses(traced.graph);
    const plain = stepOf({ ...instance, training: () => ({ ...traced, graph }) });
    expect(plain.graph.nodes.some((n) => n.op === "call" && n.attrs.name === "reversible")).toBe(false);
    expect(step.graph.nodes.some((n) => n.op === "call" && n.attrs.name === "reversible")).toBe(true);
    const [ours, due] = [gradientsOf(step, inputs, sizes), gradientsOf(plain, inputs, sizes)];
    expect([...ours.keys()]).toEqual([...due.keys()]);
    for (const [weight, values] of due) {
      const scale = Math.max(...values.map(Math.abs));
      values.forEach((x, i) =>
        expect(Math.abs(x - ours.get(weight)![i]!)).toBeLessThan(1e-9 * scale + 1e-15),
      );
    }
  });

  it("are those of both specs", () => {
    expect(reversible.length).toBeGreaterThanOrEqual(5);
  });
});

function withoutInverses(graph: Graph): Graph {
  return rewriteRegions(graph, ({ inputs, nodes, outputs }): Region => ({ inputs, nodes, outputs }));
}

describe("a step", () => {
  const { sizes, inputs } = drawn("specs/small.arch", "TinyPkm");

  it.each(["sgd", "adam", "adamw"] as const)("of %s after another lowers the loss", (optimizer) => {
    const step = stepOf(modelOf("specs/small.arch", "TinyPkm"), optimizer);
    let state: Arrays = {
      ...inputsOf(step.graph, sizes, 40),
      learning_rate: arrayOf("f32", [], [optimizer === "sgd" ? 0.5 : 0.01]),
    };
    const losses: number[] = [];
    for (let update = 0; update < 12; update++) {
      const results = evaluateGraph(step.graph, { ...state, updates: arrayOf("i32", [], [update]) }, sizes);
      losses.push(results.loss!.data[0]!);
      const next = Object.entries(results).filter(([name]) => name.startsWith("next "));
      state = { ...state, ...Object.fromEntries(next.map(([name, value]) => [name.slice(5), value])) };
    }
    expect(losses.at(-1)).toBeLessThan(0.8 * losses[0]!);
  });

  it("of Adam is the one of its paper", () => {
    const step = stepOf(modelOf("specs/small.arch", "TinyPkm"), "adamw");
    const rate = 0.01;
    const given: Arrays = {
      ...inputsOf(step.graph, sizes, 40),
      learning_rate: arrayOf("f32", [], [rate]),
      updates: arrayOf("i32", [], [4]),
    };
    const [name] = step.gradients.keys();
    const derivative = gradientsOf(stepOf(modelOf("specs/small.arch", "TinyPkm")), inputs, sizes).get(name!)!;
    const mean = Array.from(derivative, (_, i) => 0.01 * ((i % 7) - 3));
    const square = Array.from(derivative, (_, i) => 0.001 * (i % 5));
    const { shape, data } = given[name!]!;
    const results = evaluateGraph(
      step.graph,
      {
        ...given,
        [`${name}.mean`]: arrayOf("f32", shape, mean),
        [`${name}.square`]: arrayOf("f32", shape, square),
      },
      sizes,
    );
    derivative.forEach((g, i) => {
      const m = 0.9 * mean[i]! + 0.1 * g;
      const v = 0.999 * square[i]! + 0.001 * g * g;
      const whole = m / (1 - 0.9 ** 5) / (Math.sqrt(v / (1 - 0.999 ** 5)) + 1e-8) + 0.01 * data[i]!;
      expect(results[`next ${name}.mean`]!.data[i]).toBeCloseTo(m, 12);
      expect(results[`next ${name}.square`]!.data[i]).toBeCloseTo(v, 12);
      expect(results[`next ${name}`]!.data[i]! / (data[i]! - rate * whole)).toBeCloseTo(1, 9);
    });
  });

  it("asks nothing of labels below 0", () => {
    // A model whose positions do not know of later ones.
    const { step, inputs } = drawn("specs/small.arch", "TinyGpt");
    const [labels, ids] = [inputs.labels!, inputs.input_ids!];
    const few = arrayOf(
      "i32",
      labels.shape,
      Array.from(labels.data, (x, i) => (i % 9 < 4 ? x : -100)),
    );
    const short = (x: typeof ids) =>
      arrayOf(
        "i32",
        [2, 4],
        [...x.data].filter((_, i) => i % 9 < 4),
      );
    const loss = lossOf(step);
    const masked = evaluateGraph(loss, { ...inputs, labels: few }, sizes).loss!.data[0]!;
    const cut = evaluateGraph(
      loss,
      { ...inputs, labels: short(labels), input_ids: short(ids) },
      { ...sizes, seq: 4 },
    ).loss!.data[0]!;
    expect(masked).toBeCloseTo(cut, 12);
  });
});
