import type { ModelInstance } from "../../compiler/check/instance.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { Graph } from "../../compiler/ir/graph.js";
import { eliminateDeadCode } from "../../compiler/ir/passes/optimize.js";
import { arrayOf, countOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { generator } from "../../compiler/ops/samples.js";
import type { Optimizer } from "../../compiler/train/optimizer-names.js";
import { type TrainingStep, trainingStep } from "../../compiler/train/step.js";

export type Arrays = Readonly<Record<string, NdArray>>;

/** The step of a model that has one. */
export function stepOf(instance: ModelInstance, optimizer: Optimizer = "sgd"): TrainingStep {
  const step = trainingStep(instance, optimizer);
  if (step.kind !== "step") throw new Error(`${instance.name}: ${step.why}`);
  return step;
}

/** Ids and labels below `most`, masks, and numbers for every weight: each drawn by its name. */
export function inputsOf(graph: Graph, sizes: Readonly<Record<string, number>>, most: number): Arrays {
  return Object.fromEntries(
    graph.inputPorts.map((port): [string, NdArray] => {
      const { name, value, role } = port;
      const shape = value.shape.map((d) => d.at(sizes));
      const draw = generator(name);
      const filled = (next: () => number) =>
        arrayOf(value.dtype, shape, Array.from({ length: countOf(shape) }, next));
      if (name === "learning_rate") return [name, filled(() => 1)];
      if (name === "updates") return [name, filled(() => 0)];
      if (role === "state") return [name, filled(() => 0)];
      if (value.dtype === "i32")
        return [name, filled(() => (name.includes("mask") ? 1 : Math.floor(draw() * most)))];
      if (role !== "weight") return [name, filled(() => draw() * 2 - 1)];
      const [low, high] = port.weight.within ?? [-1, 1];
      const spread = shape.length > 1 ? 1 / Math.sqrt(shape.at(-1)!) : 0.5;
      const middle = port.weight.init.kind === "ones" ? 1 : (low + high) / 2;
      return [name, filled(() => Math.min(high, Math.max(low, middle + (draw() * 2 - 1) * spread)))];
    }),
  );
}

/** The derivative by each weight, from one step of plain descent at a rate of 1. */
export function gradientsOf(step: TrainingStep, inputs: Arrays, sizes = {}): Map<string, Float64Array> {
  const results = evaluateGraph(step.graph, inputs, sizes);
  return new Map(
    [...step.gradients.keys()].map((name) => {
      const [before, after] = [inputs[name]!.data, results[`next ${name}`]!.data];
      return [name, Float64Array.from(before, (x, i) => x - after[i]!)];
    }),
  );
}

/** Sizes of run time for every symbol of a graph: those told, and otherwise what the model says or 3. */
export function sizesOf(graph: Graph, told: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    graph.symbols.map(({ name, usual }) => [name, told[name] ?? Number(usual ?? 3n)]),
  );
}

/** The loss alone. */
export function lossOf(step: TrainingStep): Graph {
  const outputPorts = step.graph.outputPorts.slice(0, 1);
  return eliminateDeadCode({ ...step.graph, outputPorts, outputs: outputPorts.map((p) => p.value) });
}
