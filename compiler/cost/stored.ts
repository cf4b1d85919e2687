import type { Dim } from "../dim/dim.js";
import type { DType, InputPort, StateInfo, Type } from "../ir/graph.js";
import { bytesPerElement, elements } from "../ir/traverse.js";

/** How a model's numbers are kept in memory, as figures of memory are asked for. */
export type Stored = "f32" | "f16" | "bf16" | "int8";

/** Bytes of a weight's element, and of any other float (activations, caches). */
interface Bytes {
  readonly weight: number;
  readonly value: number;
}

/** `int8` is weights alone, as runtimes quantize them: all else stays f32. Their scales are not counted. */
const bytes: Readonly<Record<Stored, Bytes>> = {
  f32: { weight: 4, value: 4 },
  f16: { weight: 2, value: 2 },
  bf16: { weight: 2, value: 2 },
  int8: { weight: 1, value: 4 },
};

const aliases: Readonly<Record<string, Stored>> = {
  fp32: "f32",
  float32: "f32",
  fp16: "f16",
  float16: "f16",
  bfloat16: "bf16",
  i8: "int8",
};

export const storedNames: readonly string[] = [...Object.keys(bytes), "fp32", "fp16"];

/** The type that a word means; undefined where it means none. */
export function storedType(word: string): Stored | undefined {
  if (Object.hasOwn(bytes, word)) return word as Stored;
  return Object.hasOwn(aliases, word) ? aliases[word] : undefined;
}

export function weightBytes(stored: Stored): number {
  return bytes[stored].weight;
}

/** The bytes of a value that is no weight. */
export function storedSize(type: Type, stored: Stored): Dim {
  return elements(type).times(valueBytes(stored)[type.dtype]);
}

/** The bytes of each state that a model keeps. */
export function stateSizes(
  ports: readonly InputPort[],
  stored: Stored,
): readonly { readonly state: StateInfo; readonly bytes: Dim }[] {
  // Blocks alike have one shape, and get the same dim.
  const known = new Map<readonly Dim[], Dim>();
  const sizes: { readonly state: StateInfo; readonly bytes: Dim }[] = [];
  for (const port of ports) {
    if (port.role !== "state") continue;
    const { shape } = port.value;
    let bytes = known.get(shape);
    if (!bytes) known.set(shape, (bytes = storedSize(port.value, stored)));
    sizes.push({ state: port.state, bytes });
  }
  return sizes;
}

/** Bytes per element of all that is no weight. */
export function valueBytes(stored: Stored): Readonly<Record<DType, number>> {
  return { ...bytesPerElement, f32: bytes[stored].value };
}
