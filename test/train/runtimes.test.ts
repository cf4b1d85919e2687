import { beforeAll, describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import type { Graph, OutputPort } from "../../compiler/ir/graph.js";
import { eliminateDeadCode } from "../../compiler/ir/passes/optimize.js";
import type { HostTensor } from "../../runtime/model.js";
import { modelOf } from "../parity/models.js";
import { expectNear } from "../parity/near.js";
import { fullPass } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { type Built, buildWith, on, SLOW, targets } from "../parity/targets.js";
import { stepOf } from "./support.js";

/** A model whose results are its loss and the derivative by each weight: what a step computes before it updates. */
function derivativesOf(instance: ModelInstance): ModelInstance {
  const { graph: step, gradients } = stepOf(instance);
  const outputPorts: OutputPort[] = [
    step.outputPorts[0]!,
    ...[...gradients].map(([name, value]) => ({ role: "data" as const, name: `by ${name}`, value })),
  ];
  const inputPorts = step.inputPorts.filter((port) => port.name !== "learning_rate");
  const graph: Graph = eliminateDeadCode({
    ...step,
    inputPorts,
    inputs: inputPorts.map((port) => port.value),
    outputPorts,
    outputs: outputPorts.map((port) => port.value),
  });
  return { ...instance, start: graph, step: graph, separateStep: false };
}

const [BATCH, LENGTH] = [2, 9];

const ids = (shift: number): HostTensor => ({
  dtype: "i32",
  shape: [BATCH, LENGTH],
  data: Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (7 * i + shift) % 60),
});

const largest = ({ data }: HostTensor): number =>
  Array.from(data).reduce((most, x) => Math.max(most, Math.abs(x)), 0);

const few: readonly string[] = ["TinyPkm", "TinyReversible", "TinyStrided"];

const models = [
  ["specs/small.arch", "TinyGpt"],
  ["specs/small.arch", "TinyPkm"],
  ["specs/small-family.arch", "TinyLlamaLike"],
  ["specs/small-family.arch", "TinyExperts"],
  ["specs/small-reformer.arch", "TinyReformer"],
  ["specs/small-reformer.arch", "TinyReversible"],
  ["specs/small-span.arch", "TinySpan"],
  ["specs/small-sparse.arch", "TinyStrided"],
  ["specs/small-xl.arch", "TinyXL"],
] as const;

describe.each(models)("%s %s: the derivatives", (spec, name) => {
  let built: Built;
  let due: Tensors;
  let inputs: Tensors = { input_ids: ids(3), labels: ids(5) };

  beforeAll(async () => {
    const instance = derivativesOf(modelOf(spec, name));
    if (instance.start.inputPorts.some((port) => port.name === "attention_mask"))
      inputs = { ...inputs, attention_mask: { ...ids(0), data: new Int32Array(BATCH * LENGTH).fill(1) } };
    built = await buildWith(instance, stirred);
    due = (await on(built, "reference", (model) => fullPass(model, inputs))).outputs;
  });

  // A GPU in software compiles a shader for every shape.
  const here = targets.filter(
    (target) => target !== "reference" && (target !== "webgpu" || few.includes(name)),
  );
  it.each(here)("on %s are those of the reference", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (model) => fullPass(model, inputs));
    expect(Object.keys(outputs)).toEqual(Object.keys(due));
    // A derivative that is 0 (by a shift of all keys) is the rounding of what cancels.
    const floor = 1e-3 * Math.max(...Object.values(due).map(largest));
    for (const [result, values] of Object.entries(due))
      if (largest(values) > floor) expectNear(outputs[result], values, 1e-3, result);
      else expect(largest(outputs[result]!), result).toBeLessThan(2 * floor);
  });
});
