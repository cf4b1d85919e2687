import { describe, expect, test } from "vitest";
import { costReport } from "../../compiler/cost/report.js";
import type { Graph, Region } from "../../compiler/ir/graph.js";
import { inline, optimize } from "../../compiler/ir/passes/optimize.js";
import { graphText } from "../../compiler/ir/text.js";
import { bodyOf } from "../../compiler/ir/traverse.js";
import { model } from "./support.js";

const spec = `
import { decoder } from "std"
model M : decoder {
  vocab = 11
  seq   = 16
  dim   = 8
  heads = 2
  slot shared: layer = mlp(act = gelu)
  blocks 6 {
    attn = attention(heads, causal = true)
    ffn  = mlp(act = gelu)
    at 4.. { ffn = shared }
  }
}`;

/** The bodies of the calls that are whole blocks. */
const blocks = (graph: Graph): (Region | undefined)[] =>
  graph.nodes.flatMap((n) => (n.op === "call" && n.attrs.path.startsWith("blocks.") ? [bodyOf(n)] : []));

describe("blocks that are written alike", () => {
  const instance = model(spec);

  test.each(["start", "step"] as const)("share one body in `%s`, those that differ do not", (part) => {
    for (const graph of [instance[part], optimize(instance[part])]) {
      const [first, second, , fourth, fifth, sixth] = blocks(graph);
      expect(blocks(graph)).toHaveLength(6);
      expect(second).toBe(first);
      expect(fourth).toBe(first);
      expect(fifth).not.toBe(first);
      expect(sixth).toBe(fifth);
    }
    expect(graphText(instance[part]).match(/^fn pre_norm/gm) ?? graphText(instance[part])).toHaveLength(2);
  });

  test("keep paths, weights and states of their own", () => {
    const paths = new Set(inline(instance.step).paths.values());
    for (const i of [0, 1, 5]) expect(paths).toContain(`blocks.${i}.attn`);
    expect(paths).toContain("shared");
    expect([...paths].filter((p) => p.includes("^"))).toEqual([]);
    const names = instance.step.inputPorts.map((p) => p.name);
    expect(names).toEqual(expect.arrayContaining(["blocks.3.attn.query", "past_key_values.3.key"]));
    expect(new Set(names).size).toBe(names.length);
    const report = costReport(instance, { batch: 1n, seq: 16n });
    const costs = report.parts.filter((p) => p.path.startsWith("blocks."));
    expect(costs.map((p) => p.path)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `blocks.${i}`));
    expect(costs[2]!.flops).toBe(costs[0]!.flops);
    expect(costs[2]!.cacheBytes).toBe(costs[0]!.cacheBytes);
    // What the shared layer costs belongs to that layer.
    expect(report.parts.find((p) => p.path === "shared")!.flops).toBeGreaterThan(0n);
  });
});
