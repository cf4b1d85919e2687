import type { HostTensor } from "../../runtime/model.js";

/**
 * Weights that all matter: what starts as ones lies around 1, what starts as zeros around 0, and matrices are large
 * enough that attention is far from uniform. Drawn from the tensor's name, the same on every machine.
 */
export function stirred(name: string, { data }: HostTensor): Float32Array {
  const normal = normals(name);
  const all = (value: number) => data.every((v) => v === value);
  if (name.endsWith("running_var")) return Float32Array.from(data, () => 0.5 + Math.abs(normal()));
  if (all(1)) return Float32Array.from(data, () => 1 + 0.2 * normal());
  const size = all(0) ? 0.2 : 0.25;
  return Float32Array.from(data, () => size * normal());
}

/** Normal numbers from a small counter-based hash of a name (Box and Muller's transform). */
function normals(name: string): () => number {
  let seed = 2166136261;
  for (const char of name) seed = Math.imul(seed ^ char.charCodeAt(0), 16777619);
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
