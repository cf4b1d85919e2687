import type { ModelInstance } from "../check/instance.js";
import type { WeightValues } from "../check/learned.js";
import type { Diagnostics } from "../diagnostics/sink.js";
import type { NdArray } from "../ops/define.js";
import { countOf } from "./checkpoint.js";
import { moveInto, type Words } from "./copy.js";
import { fillBytes, type StoredTensor } from "./fill.js";
import type { ImportPlan } from "./import.js";
import { storedTensors } from "./layout.js";

/** Traces a model again, with values of weights known. Undefined where something is wrong, and reported. */
export type Retrace = (weights: WeightValues, sink: Diagnostics) => ModelInstance | undefined;

/**
 * The model as the weights of a file make it: every `learned` count is what they say. Reads the few weights that such
 * counts follow from, and traces again until none is open: what is decided may bring new ones. Throws what reading
 * a file throws.
 */
export async function decideLearned(
  instance: ModelInstance,
  plan: ImportPlan,
  retrace: Retrace,
  sink: Diagnostics,
): Promise<ModelInstance | undefined> {
  const stored = new Map(storedTensors(instance.start).map((t) => [t.name, t]));
  const known = new Map<string, NdArray>();
  for (let current = instance; ; ) {
    const open = new Set(
      current.learned.flatMap((count) => count.weights).filter((name) => !known.has(name)),
    );
    if (open.size === 0) return current;
    for (const name of open) known.set(name, await read(stored.get(name)!, plan));
    const next = retrace(known, sink);
    if (!next || !sameWeights(stored, next, sink)) return undefined;
    current = next;
  }
}

/** A whole weight as the reference evaluator takes it. One that no tensor gives is constant, so that no seed matters. */
async function read(tensor: StoredTensor, plan: ImportPlan): Promise<NdArray> {
  const { name, dtype, shape } = tensor;
  const count = countOf(shape);
  const words: Words = dtype === "bool" ? new Uint8Array(count) : new Int32Array(count);
  const moves = plan.get(name);
  if (!moves) fillBytes(tensor, 0, 0, new Uint8Array(words.buffer));
  for (const move of moves ?? []) await moveInto(move, 0, words);
  const data = dtype === "f32" ? Float64Array.from(new Float32Array(words.buffer)) : words;
  return { dtype, shape, data };
}

/** The file was read into the weights of the model as it was: they are the same ones. */
function sameWeights(
  before: ReadonlyMap<string, StoredTensor>,
  instance: ModelInstance,
  sink: Diagnostics,
): boolean {
  const text = (tensor: StoredTensor | undefined): string =>
    tensor ? `[${tensor.shape.join(", ")}]` : "not there";
  const after = new Map(storedTensors(instance.start).map((t) => [t.name, t]));
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [a, b] = [text(before.get(name)), text(after.get(name))];
    if (a === b) continue;
    const decided = instance.learned.map((count) => `\`${count.path} = ${count.value ?? count.most}\``);
    sink.report("learned/changes-weights", { name, before: a, after: b, paths: decided }, {});
    return false;
  }
  return true;
}
