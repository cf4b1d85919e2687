import type { Tensor } from "@tensorflow/tfjs-core";
import { modelPart } from "../../compiler/emit/manifest.js";
import { emitTfjs } from "../../compiler/emit/tfjs/emit.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { generator } from "../../compiler/ops/samples.js";
import { storedTensors } from "../../compiler/weights/layout.js";
import type { OpenBackend } from "../../runtime/backends.js";
import type { Manifest } from "../../runtime/manifest.js";
import type { HostTensor, Model } from "../../runtime/model.js";
import { tfjsModel } from "../../runtime/tfjs.js";
import { type GptConfig, gpt } from "../cost/mini-gpt.js";
import { load } from "../emit/tfjs/run-graph.js";

/** Small, with an odd head size, so that no axis is mistaken for another. */
export const config = { vocab: 61, context: 12, dim: 15, heads: 3, layers: 2 } as const;

/** A GPT of drawn weights: its graphs, its manifest, and the model in a backend. */
export async function gptOf(config: GptConfig) {
  const instance = gpt(config);
  const manifest: Manifest = {
    format: 1,
    archc: "0",
    spec: { file: "gpt.arch", sha256: "" },
    seed: 0,
    onnx: null,
    tfjs: { module: "model.js" },
    files: [],
    cost: {},
    ...modelPart(instance, storedTensors(instance.start)),
  };
  // Larger than usual, so that attention is far from uniform.
  const weights: Readonly<Record<string, NdArray>> = Object.fromEntries(
    manifest.weights.map(({ name, shape }) => {
      const draw = generator(name);
      const count = shape.reduce((a, b) => a * b, 1);
      const centre = name.endsWith("scale") ? 1 : 0;
      return [
        name,
        arrayOf(
          "f32",
          shape,
          Array.from({ length: count }, () => Math.fround(centre + draw() - 0.5)),
        ),
      ];
    }),
  );
  const module = await load(emitTfjs(instance.start, instance.step).module);
  const open = (backend: OpenBackend): Model => {
    const { tf, name } = backend;
    if (tf.getBackend() !== name) void tf.setBackend(name);
    const tensors: Record<string, Tensor> = {};
    for (const [key, { shape, data }] of Object.entries(weights))
      tensors[key] = tf.tensor(Float32Array.from(data), [...shape], "float32");
    return tfjsModel(manifest, module, tensors, backend);
  };
  return { instance, manifest, weights, open };
}

const { instance, manifest: ofMini, weights, open } = await gptOf(config);

export const manifest = ofMini;

/** The mini GPT in a backend. */
export const miniGpt = open;

/** Rows of token ids as the model takes them. */
export function tokens(...rows: readonly (readonly number[])[]): Record<string, HostTensor> {
  return {
    input_ids: { dtype: "i32", shape: [rows.length, rows[0]!.length], data: Int32Array.from(rows.flat()) },
  };
}

/** Rows of drawn ids. */
export function drawn(rows: number, length: number, seed: string): number[][] {
  const draw = generator(seed);
  return Array.from({ length: rows }, () => Array.from({ length }, () => Math.floor(draw() * config.vocab)));
}

/** Logits of whole sequences by the reference evaluator. */
export function expected(rows: readonly (readonly number[])[]): NdArray {
  const ids = arrayOf("i32", [rows.length, rows[0]!.length], rows.flat());
  return evaluateGraph(instance.start, { ...weights, input_ids: ids }).logits!;
}
