import type { Tensor } from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { emitTfjs } from "../../../compiler/emit/tfjs/emit.js";
import { arrayOf } from "../../../compiler/ops/array.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import type { OpenBackend } from "../../../runtime/backends.js";
import { modelOf } from "../../parity/models.js";
import { present } from "../../runtime/present.js";
import { load, upload } from "./run-graph.js";

const backend = (await present()).find(({ name }) => name === "webgpu")?.backend;

/** Kernels that `run` starts on webgpu. */
function kernelsOf({ tf }: OpenBackend, run: () => unknown): number {
  const gpu = tf.backend() as unknown as { runWebGPUProgram(...given: readonly unknown[]): unknown };
  const start = gpu.runWebGPUProgram;
  let kernels = 0;
  gpu.runWebGPUProgram = (...given) => {
    kernels++;
    return start.apply(gpu, [...given]);
  };
  run();
  gpu.runWebGPUProgram = start;
  return kernels;
}

const tokens = (length: number) => arrayOf("i32", [1, length], new Array(length).fill(1));

/** Each costs a few microseconds on a GPU whatever it computes: of a small model they are most of the time. */
describe.skipIf(!backend)("kernels on webgpu, of two blocks", () => {
  it.each([
    ["specs/small.arch", "TinyGpt", { start: 43, step: 47 }],
    ["specs/small-family.arch", "TinyLlamaLike", { start: 93, step: 97 }],
  ] as const)("%s %s: %o", async (spec, name, expected) => {
    const { tf } = backend!;
    await tf.setBackend("webgpu");
    const { start, step } = await modelOf(spec, name);
    const module = await load(emitTfjs(start, step).module);
    const weights: Record<string, Tensor> = {};
    for (const { role, name: weight, value } of start.inputPorts) {
      if (role !== "weight") continue;
      const shape = value.shape.map((size) => size.at({}));
      const [array] = sampleInputs({ name: weight, inputs: [{ dtype: "f32", shape }] });
      weights[weight] = upload(backend!, array!);
    }
    const w = module.arrange!(tf, weights);
    // tfjs leaves small tensors that no kernel has read yet to the CPU.
    for (const tensor of Object.values(w)) tf.relu(tensor).dispose();
    const given = (length: number, past: number) =>
      Object.fromEntries(
        start.inputPorts
          .filter((port) => port.role === "data")
          .map((port) => [
            port.name,
            upload(backend!, tokens(port.name === "input_ids" ? length : past + length)),
          ]),
      );
    const states: Record<string, Tensor> = {};
    const first = kernelsOf(backend!, () => {
      const made = module.start(tf, w, given(4, 0), {});
      step.inputPorts
        .filter((port) => port.role === "state")
        .forEach(({ name: input }, i) => (states[input] = Object.values(made.states)[i]!));
    });
    const next = kernelsOf(backend!, () => module.step(tf, w, { ...given(1, 4), ...states }, {}));
    expect({ start: first, step: next }).toEqual(expected);
  });
});
