import type { ModelInstance } from "../check/instance.js";
import type { StateInfo } from "../ir/graph.js";

/** The two ends of a state outside of the graph: what a run takes, and what it leaves for the next. */
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

/** The input and the output port of each state of a model, by `stateKey`. */
export function stateNames(instance: ModelInstance): ReadonlyMap<string, StateNames> {
  const outputs = new Map<string, string>();
  for (const p of instance.step.outputPorts) if (p.role === "state") outputs.set(stateKey(p.state), p.name);
  const names = new Map<string, StateNames>();
  for (const p of instance.step.inputPorts) {
    if (p.role !== "state") continue;
    const key = stateKey(p.state);
    // A state without a next one stays as it is.
    names.set(key, { input: p.name, output: outputs.get(key) ?? p.name });
  }
  return names;
}
