import type { Tensor } from "@tensorflow/tfjs-core";
import { emitTfjs } from "../../../compiler/emit/tfjs/emit.js";
import { Builder } from "../../../compiler/ir/build.js";
import type { Graph, InputPort, Value } from "../../../compiler/ir/graph.js";
import type { NdArray } from "../../../compiler/ops/define.js";
import type { OpenBackend } from "../../../runtime/backends.js";
import type { TfjsModule } from "../../../runtime/tfjs.js";

/** Loads generated source. */
export async function load(source: string): Promise<TfjsModule> {
  return (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as TfjsModule;
}

/** A graph of data inputs and outputs alone, named by their places: `x0`, `x1`, … and `y0`, `y1`, … */
export function plainGraph(name: string, trace: (b: Builder) => readonly Value[]): Graph {
  const b = new Builder();
  const outputs = trace(b);
  const { inputs, nodes } = b.region(outputs);
  return {
    name,
    inputs,
    nodes,
    outputs,
    inputPorts: inputs.map((value, i): InputPort => ({ role: "data", name: `x${i}`, value })),
    outputPorts: outputs.map((value, i) => ({ role: "data", name: `y${i}`, value })),
    symbols: [],
    assumptions: [],
  };
}

const dtypes = { f32: "float32", i32: "int32", bool: "bool" } as const;

export function upload({ tf }: OpenBackend, { dtype, shape, data }: NdArray): Tensor {
  const typed =
    dtype === "f32"
      ? Float32Array.from(data)
      : dtype === "i32"
        ? Int32Array.from(data)
        : Uint8Array.from(data);
  return tf.tensor(typed, [...shape], dtypes[dtype]);
}

export interface Result {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** Runs a plain graph; the outputs by place, and how many tensors were left behind. */
export async function runGraph(backend: OpenBackend, module: TfjsModule, arrays: readonly NdArray[]) {
  const { tf, name } = backend;
  await tf.setBackend(name);
  const inputs: Record<string, Tensor> = {};
  arrays.forEach((array, i) => {
    inputs[`x${i}`] = upload(backend, array);
  });
  const before = tf.memory().numTensors;
  const { outputs } = module.start(backend.lean ?? tf, {}, inputs, {});
  const tensors = Object.keys(outputs).map((_, i) => outputs[`y${i}`]!);
  const left = tf.memory().numTensors - before - tensors.length;
  const results: Result[] = [];
  for (const tensor of tensors)
    results.push({ dtype: tensor.dtype, shape: tensor.shape, data: [...(await tensor.data())].map(Number) });
  tf.dispose(tensors);
  tf.dispose(inputs as never);
  backend.check();
  return { results, left };
}

/** Source of a plain graph. */
export const sourceOf = (graph: Graph) => emitTfjs(graph, graph).module;
