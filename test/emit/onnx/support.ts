import type { onnx } from "onnx-proto";
import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-node";
import { Dim } from "../../../compiler/dim/dim.js";
import { emitOnnx, type OnnxOptions } from "../../../compiler/emit/onnx/index.js";
import { Builder } from "../../../compiler/ir/build.js";
import type {
  Graph,
  Init,
  InputPort,
  OutputPort,
  SymbolInfo,
  Type,
  Value,
  WeightInfo,
} from "../../../compiler/ir/graph.js";
import { arrayOf } from "../../../compiler/ops/array.js";
import type { NdArray } from "../../../compiler/ops/define.js";
import { type Layout, layOut, storedTensors } from "../../../compiler/weights/layout.js";

/** A graph of data inputs `x0`, `x1`, … and outputs `y0`, … */
export function graphOf(
  types: readonly Type[],
  body: (b: Builder, inputs: readonly Value[]) => readonly Value[],
  symbols: readonly SymbolInfo[] = [],
): Graph {
  const b = new Builder();
  const inputs = types.map((type, i) => b.input(type, `x${i}`));
  const region = b.region(body(b, inputs));
  const inputPorts: InputPort[] = inputs.map((value, i) => ({ role: "data", name: `x${i}`, value }));
  const outputPorts: OutputPort[] = region.outputs.map((value, i) => ({
    role: "data",
    name: `y${i}`,
    value,
  }));
  return { ...region, name: "test", inputPorts, outputPorts, symbols, assumptions: [] };
}

export function dims(...sizes: (number | Dim)[]): Dim[] {
  return sizes.map((n) => (typeof n === "number" ? Dim.of(n) : n));
}

/** The bytes of a graph without weights, its ports under their own names. */
export function bytesOf(graph: Graph, options: Partial<OnnxOptions> = {}): Uint8Array {
  return emitOnnx(graph, {
    profile: "default",
    weights: new Map(),
    weightsFile: "weights.safetensors",
    version: "test",
    ...options,
  });
}

/** Runs an ONNX model on arrays, by port order; `model` is bytes or a path. */
export async function runOnnx(
  model: Uint8Array | string,
  graph: Graph,
  inputs: readonly NdArray[],
): Promise<NdArray[]> {
  const options = { logSeverityLevel: 3 as const, intraOpNumThreads: 1 };
  const session =
    typeof model === "string"
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  try {
    const feeds: Record<string, ort.Tensor> = {};
    graph.inputPorts
      .filter((p) => p.role !== "weight")
      .forEach((port, i) => {
        if (session.inputNames.includes(port.name)) feeds[port.name] = toOrt(inputs[i]!);
      });
    const results = await session.run(feeds);
    return graph.outputPorts.map((port) => fromOrt(results[port.name]!));
  } finally {
    await session.release();
  }
}

function toOrt({ dtype, shape, data }: NdArray): ort.Tensor {
  if (dtype === "f32") return new ort.Tensor("float32", Float32Array.from(data), shape);
  if (dtype === "i32") return new ort.Tensor("int64", BigInt64Array.from(data, BigInt), shape);
  return new ort.Tensor("bool", Uint8Array.from(data), shape);
}

function fromOrt(tensor: ort.Tensor): NdArray {
  const shape = [...tensor.dims];
  if (tensor.type === "float32") return arrayOf("f32", shape, tensor.data as Float32Array);
  if (tensor.type === "int64") return arrayOf("i32", shape, Array.from(tensor.data as BigInt64Array, Number));
  if (tensor.type === "bool") return arrayOf("bool", shape, tensor.data as Uint8Array);
  throw new Error(`an output is ${tensor.type}`);
}

/** The largest difference of two arrays, relative where values are above 1; Infinity where they are not alike. */
export function distance(a: NdArray, b: NdArray): number {
  if (a.dtype !== b.dtype || a.shape.join() !== b.shape.join()) return Number.POSITIVE_INFINITY;
  let worst = 0;
  a.data.forEach((x, i) => {
    const y = b.data[i]!;
    if (Object.is(x, y) || x === y) return;
    const d = Math.abs(x - y) / Math.max(1, Math.abs(y));
    worst = Math.max(worst, Number.isNaN(d) ? Number.POSITIVE_INFINITY : d);
  });
  return worst;
}

/** A model as the schema reads it back. */
export function decode(bytes: Uint8Array): onnx.IModelProto {
  return onnxProto.onnx.ModelProto.decode(bytes);
}

/** The types of a graph's nodes, in order. */
export function operators(graph: onnx.IGraphProto): string[] {
  return graph.node!.map((node) => node.opType!);
}

/** A graph with weights, its layout, and its bytes; data inputs come first. */
export function withWeights(
  types: readonly Type[],
  weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly init?: Init }[],
  body: (b: Builder, inputs: readonly Value[]) => readonly Value[],
): { readonly graph: Graph; readonly layout: Layout; readonly bytes: Uint8Array } {
  const own: Type[] = weights.map((w) => ({ dtype: "f32", shape: w.shape.map((n) => Dim.of(n)) }));
  const plain = graphOf([...types, ...own], body);
  const info = (init: Init): WeightInfo => ({ kind: "weight", init, lookup: false, within: undefined });
  const inputPorts = plain.inputPorts.map((port, i): InputPort => {
    const weight = weights[i - types.length];
    if (!weight) return port;
    const init: Init = weight.init ?? { kind: "normal", mean: 0, std: 0.5 };
    return { role: "weight", name: weight.name, value: port.value, weight: info(init) };
  });
  const graph = { ...plain, inputPorts };
  const layout = layOut(storedTensors(graph), {});
  const placed = new Map(layout.placed.map((p) => [p.tensor.name, p]));
  return { graph, layout, bytes: bytesOf(graph, { weights: placed }) };
}
