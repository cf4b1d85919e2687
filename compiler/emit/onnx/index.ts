import { Dim } from "../../dim/dim.js";
import type { Graph } from "../../ir/graph.js";
import type { Placed } from "../../weights/layout.js";
import { splitsOf } from "../passes/splits.js";
import { Emitter } from "./emitter.js";
import { onnxGraph } from "./graph.js";
import { resultsLast } from "./order.js";
import { encodeModel, valueInfo } from "./proto.js";
import type { Ref } from "./ref.js";
import { lowerNode } from "./table.js";

/** `default` loads from ONNX Runtime 1.17 and TensorRT 10 on; `modern` needs ONNX Runtime 1.23. */
export type Profile = "default" | "modern";

export const profiles: Readonly<Record<Profile, { readonly opset: number; readonly ir: number }>> = {
  default: { opset: 20, ir: 9 },
  modern: { opset: 23, ir: 11 },
};

export interface OnnxOptions {
  readonly profile: Profile;
  /** Where each weight stands. */
  readonly weights: ReadonlyMap<string, Placed>;
  /** The weight file's name; it lies beside the model. */
  readonly weightsFile: string;
  /** Of the compiler. */
  readonly version: string;
}

/**
 * A graph as an ONNX model. The bytes depend on nothing but the arguments. A size of run time that no input's shape
 * tells (how much is past, where no state grows) becomes an input of its own, int64 [1].
 */
export function emitOnnx(graph: Graph, options: OnnxOptions): Uint8Array {
  const { graph: model, paths } = onnxGraph(graph);
  const emitter = new Emitter(
    lowerNode,
    options.weightsFile,
    (value) => paths.get(value) ?? "",
    splitsOf(model),
  );
  const known: Ref[] = model.inputPorts.map((port) => {
    if (port.role !== "weight") return emitter.input(port.name, port.value);
    const placed = options.weights.get(port.name);
    if (!placed) throw new Error(`weight \`${port.name}\` has no place in the weight file`);
    return { kind: "stored", placed, shape: placed.tensor.shape };
  });
  const names = model.outputPorts.map((port) => emitter.fresh(port.name));
  const results = emitter.region(model, known).map((ref) => emitter.name(ref));
  const inputs = model.inputPorts.filter((p) => p.role !== "weight").map((p) => valueInfo(p.name, p.value));
  for (const size of emitter.dims.asked) inputs.push(valueInfo(size, { dtype: "i32", shape: [Dim.one] }));
  const outputs = model.outputPorts.map((port, i) => valueInfo(names[i]!, port.value));
  const { nodes, infos } = emitter.finish(results, names);
  return encodeModel(
    {
      name: model.name,
      node: resultsLast(nodes),
      initializer: [...emitter.initializers.values()],
      input: inputs,
      output: outputs,
      valueInfo: infos,
    },
    { ...profiles[options.profile], version: options.version },
  );
}
