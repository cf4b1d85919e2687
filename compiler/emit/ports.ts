import type { ModelInstance } from "../check/instance.js";
import type { Graph, InputPort, OutputPort, StateInfo } from "../ir/graph.js";

/** What a state is called outside: by the names that other runtimes know caches by. */
export interface StateNames {
  /** `past_key_values.5.key` */
  readonly input: string;
  /** `present.5.key` */
  readonly output: string;
}

/** A state of an instance, as a key. */
export function stateKey(state: StateInfo): string {
  return `${state.path}\n${state.name}`;
}

const cacheNames: Readonly<Record<string, string>> = { keys: "key", values: "value" };

/**
 * Names of all states of a model: `keys` and `values` of the N-th instance that has them are the caches that ONNX
 * runtimes of the ecosystem look for; other states count the instances that have such.
 */
export function stateNames(instance: ModelInstance): ReadonlyMap<string, StateNames> {
  const names = new Map<string, StateNames>();
  const caches = new Map<string, number>();
  const others = new Map<string, number>();
  const place = (counts: Map<string, number>, path: string): number => {
    if (!counts.has(path)) counts.set(path, counts.size);
    return counts.get(path)!;
  };
  for (const port of [...instance.step.inputPorts, ...instance.start.outputPorts]) {
    if (port.role !== "state" || names.has(stateKey(port.state))) continue;
    const { path, name } = port.state;
    const cache = Object.hasOwn(cacheNames, name) ? cacheNames[name] : undefined;
    const n = place(cache === undefined ? others : caches, path);
    const [input, output, what] =
      cache === undefined ? ["past_state", "present_state", name] : ["past_key_values", "present", cache];
    names.set(stateKey(port.state), { input: `${input}.${n}.${what}`, output: `${output}.${n}.${what}` });
  }
  return names;
}

/** Names of a graph's ports in an ONNX file, in port order. */
export function onnxNames(
  graph: Graph,
  names: ReadonlyMap<string, StateNames>,
): { readonly inputs: string[]; readonly outputs: string[] } {
  const name = (port: InputPort | OutputPort, side: "input" | "output"): string =>
    port.role === "state" ? names.get(stateKey(port.state))![side] : port.name;
  return {
    inputs: graph.inputPorts.map((p) => name(p, "input")),
    outputs: graph.outputPorts.map((p) => name(p, "output")),
  };
}
