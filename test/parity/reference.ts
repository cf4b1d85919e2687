import type { ModelInstance } from "../../compiler/check/instance.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { Graph, StateInfo } from "../../compiler/ir/graph.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";
import type { HostTensor, Model, StateHandle } from "../../runtime/model.js";

export type Tensors = Readonly<Record<string, HostTensor>>;

/** The evaluator in the shape of a backend, so that one test speaks to all. It rounds only what it gives out. */
export function referenceModel(instance: ModelInstance, weights: Tensors): Model {
  const inputOf = new Map(
    instance.step.inputPorts.flatMap((p) => (p.role === "state" ? [[keyOf(p.state), p.name] as const] : [])),
  );
  const stored = Object.fromEntries(Object.entries(weights).map(([name, t]) => [name, inside(t)]));
  return {
    backend: "reference",
    async run(kind, inputs, state, counts = {}) {
      const graph = instance[kind];
      const before = state instanceof ReferenceState ? state : undefined;
      if (kind === "step" && !before) throw new Error("`step` needs a state of this model");
      const past = kind === "start" ? 0 : before!.past;
      const given: Record<string, NdArray> = {};
      for (const port of graph.inputPorts) {
        const array =
          port.role === "weight"
            ? stored[port.name]
            : port.role === "state"
              ? before!.arrays[port.name]
              : inputs[port.name] && inside(inputs[port.name]!);
        if (array) given[port.name] = array;
      }
      const usual = graph.symbols.flatMap((s) => (s.usual === undefined ? [] : [[s.name, Number(s.usual)]]));
      const sizes = { ...Object.fromEntries(usual), ...counts, past };
      const results = evaluateGraph(graph, given, sizes);
      const outputs: Record<string, HostTensor> = {};
      const states: Record<string, NdArray> = {};
      for (const port of graph.outputPorts) {
        const array = results[port.name]!;
        if (port.role === "data") outputs[port.name] = outside(array);
        else states[inputOf.get(keyOf(port.state))!] = array;
      }
      return { outputs, state: new ReferenceState(past + seqOf(graph, inputs), {}, states) };
    },
    async dispose() {},
  };
}

class ReferenceState implements StateHandle {
  constructor(
    readonly past: number,
    readonly kept: Readonly<Record<string, number>>,
    readonly arrays: Readonly<Record<string, NdArray>>,
  ) {}
  async read(): Promise<Record<string, HostTensor>> {
    return Object.fromEntries(Object.entries(this.arrays).map(([name, array]) => [name, outside(array)]));
  }
  dispose(): void {}
}

/** Positions that a run adds: the size of the axis `seq` of its inputs. */
function seqOf(graph: Graph, inputs: Tensors): number {
  for (const { role, name, value } of graph.inputPorts) {
    const axis = value.shape.findIndex((dim) => `${dim}` === "seq");
    if (role === "data" && axis >= 0) return inputs[name]!.shape[axis]!;
  }
  return 0;
}

const keyOf = ({ path, name }: StateInfo) => `${path}\n${name}`;

const inside = ({ dtype, shape, data }: HostTensor): NdArray => arrayOf(dtype, shape, data);

function outside({ dtype, shape, data }: NdArray): HostTensor {
  const kind = dtype === "f32" ? Float32Array : dtype === "i32" ? Int32Array : Uint8Array;
  return { dtype, shape: [...shape], data: kind.from(data) };
}
