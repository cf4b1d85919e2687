import type { InputPort, Region, SymbolInfo } from "../ir/graph.js";
import { symbolsIn } from "../ir/traverse.js";
import type { TracedState, Tracer } from "./tracer.js";

/**
 * States under the names that the ecosystem's runtimes know: keys and values of attention, and all others. A model
 * with caches of another sequence says which is which, as `transformers` and its exporters do.
 */
export function statePorts(
  states: readonly TracedState[],
): { state: TracedState; past: string; present: string }[] {
  const groups = new Map<string, TracedState[]>();
  for (const s of states) {
    const group = groups.get(s.info.path);
    if (group) group.push(s);
    else groups.set(s.info.path, [s]);
  }
  const kinds = [...groups.values()].map((group) => ({
    group,
    kind: group
      .map((s) => s.info.name)
      .sort()
      .join(),
  }));
  const sides: Readonly<Record<string, string>> = {
    "keys,values": kinds.some((k) => k.kind === "memory_keys,memory_values") ? "decoder." : "",
    "memory_keys,memory_values": "encoder.",
  };
  const counts = new Map<string | undefined, number>();
  return kinds.flatMap(({ group, kind }) => {
    const side = sides[kind];
    const n = counts.get(side) ?? 0;
    counts.set(side, n + 1);
    return group.map((state) => {
      const { name } = state.info;
      const short = `${side}${name.endsWith("keys") ? "key" : "value"}`;
      return side === undefined
        ? { state, past: `past_state.${n}.${name}`, present: `present_state.${n}.${name}` }
        : { state, past: `past_key_values.${n}.${short}`, present: `present.${n}.${short}` };
    });
  });
}

/** The sizes of run time that a graph depends on. */
export function symbolsOf(region: Region, ports: readonly InputPort[], tracer: Tracer): SymbolInfo[] {
  const names = new Set<string>();
  for (const p of ports)
    if (p.role !== "weight") for (const d of p.value.shape) for (const s of d.symbols) names.add(s);
  // No input need show how much is past, or what a count is; then they are given as numbers.
  if (tracer.decoding && tracer.readsPast) names.add("past");
  if (tracer.counts.size > 0)
    for (const name of symbolsIn(region)) if (tracer.counts.has(name)) names.add(name);
  return [...names].map((name) => {
    const [usual, left] = [tracer.counts.get(name), tracer.kept.get(name)];
    return {
      name,
      least: name.startsWith("past") ? 0n : 1n,
      ...(usual === undefined ? {} : { usual }),
      ...(left === undefined ? {} : { left }),
    };
  });
}
