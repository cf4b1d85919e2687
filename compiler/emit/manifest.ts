import type { Manifest } from "../../runtime/manifest.js";
import type { ModelInstance } from "../check/instance.js";
import { Dim } from "../dim/dim.js";
import type { Assumption, InputPort, OutputPort } from "../ir/graph.js";
import type { StoredTensor } from "../weights/fill.js";
import { stateKey, stateNames } from "./ports.js";

type Size = number | string;

/** What the manifest says of the model itself; files, cost and targets come from the build. */
export type ModelPart = Pick<
  Manifest,
  "model" | "symbols" | "context" | "inputs" | "outputs" | "states" | "assumptions" | "weights"
>;

export function modelPart(instance: ModelInstance, stored: readonly StoredTensor[]): ModelPart {
  const { start, step } = instance;
  const symbols = unique([...start.symbols, ...step.symbols], (s) => s.name);
  const assumptions = unique([...start.assumptions, ...step.assumptions], keyOf);
  const kinds = new Map(
    start.inputPorts.flatMap((p) => (p.role === "weight" ? [[p.name, p.weight.kind]] : [])),
  );
  return {
    model: instance.name,
    symbols: symbols.map(({ name, least, usual, left }) => ({
      name,
      least: Number(least),
      ...(usual === undefined ? {} : { usual: Number(usual) }),
      ...(left === undefined ? {} : { left: left.toString() }),
    })),
    context: contextOf(assumptions),
    // Those of a step: an input may be as long as what is past and new together.
    inputs: tensors(step.inputPorts),
    outputs: tensors(start.outputPorts),
    states: states(instance),
    assumptions: assumptions.map((a) => ({ ...a, left: a.left.toString(), right: a.right.toString() })),
    weights: stored.map(({ name, dtype, shape }) => ({
      name,
      kind: kinds.get(name) ?? "weight",
      dtype,
      shape: [...shape],
    })),
  };
}

/** The counts that the weights of the build decided. */
export function learnedPart({ learned }: ModelInstance): NonNullable<Manifest["learned"]> {
  return learned.flatMap(({ path, value, most }) =>
    value === undefined ? [] : [{ path, value: Number(value), most: Number(most) }],
  );
}

function sizeOf(dim: Dim): Size {
  return dim.int === undefined ? dim.toString() : Number(dim.int);
}

function tensors(ports: readonly (InputPort | OutputPort)[]): Manifest["inputs"] {
  return ports
    .filter((p) => p.role === "data")
    .map(({ name, value }) => ({ name, dtype: value.dtype, shape: value.shape.map(sizeOf) }));
}

function states(instance: ModelInstance): Manifest["states"] {
  const names = stateNames(instance);
  return instance.step.inputPorts.flatMap((port) => {
    if (port.role !== "state") return [];
    const { path, name, grows, bound } = port.state;
    return [
      {
        path,
        name,
        ...names.get(stateKey(port.state))!,
        dtype: port.value.dtype,
        shape: port.value.shape.map(sizeOf),
        grows: grows ?? null,
        bound: bound?.int === undefined ? null : Number(bound.int),
      },
    ];
  });
}

/** The most positions, seen and new, for which every assumption about them holds. */
export function contextOf(assumptions: readonly Assumption[]): number | null {
  let least: bigint | undefined;
  for (const { left, relation, right } of assumptions) {
    if (relation === "==") continue;
    // With nothing past, `seq` is the whole length: seq + rest <= right.
    const rest = left
      .minus(right)
      .substitute({ past: Dim.of(0) })
      .minus(Dim.symbol("seq")).int;
    if (rest === undefined) continue;
    const longest = relation === "<=" ? -rest : -rest - 1n;
    if (least === undefined || longest < least) least = longest;
  }
  return least === undefined ? null : Number(least);
}

function keyOf(a: Assumption): string {
  return `${a.left.key} ${a.relation} ${a.right.key}`;
}

function unique<T>(list: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(list.map((item) => [key(item), item])).values()];
}
