import { describe, expect, test } from "vitest";
import { memoryAt } from "../../compiler/cost/memory.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph, Value } from "../../compiler/ir/graph.js";
import { optimize } from "../../compiler/ir/passes/optimize.js";
import { randomGraph } from "../ir/random-graph.js";
import { cpuTime } from "../support/cpu-time.js";
import { gpt2Small, gpt2Xl, gptGraph } from "./mini-gpt.js";

const seq = Dim.symbol("seq");

/** A graph of one data input [seq], with `build` for its output. */
function graphOf(build: (b: Builder, x: Value) => Value): Graph {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [seq] }, "x");
  const y = build(b, x);
  return {
    name: "test",
    ...b.region([y]),
    inputPorts: [{ role: "data", name: "x", value: x }],
    outputPorts: [{ role: "data", name: "y", value: y }],
    symbols: [{ name: "seq", least: 1n }],
    assumptions: [],
  };
}

const held = (graph: Graph, schedule: "nested" | "flat" = "nested") =>
  memoryAt(graph, { seq: 100n }, { schedule }).activations;

describe("liveness", () => {
  test("a chain holds one operand and one result", () => {
    expect(held(graphOf((b, x) => b.op("tanh", [b.op("exp", [b.op("neg", [x], {})], {})], {})))).toBe(800n);
  });

  test("an operand that is needed later stays", () => {
    expect(held(graphOf((b, x) => b.op("add", [b.op("tanh", [b.op("exp", [x], {})], {}), x], {})))).toBe(
      1200n,
    );
  });

  test("a view holds its operand's storage, and no more", () => {
    const reshaped = (b: Builder, x: Value) => b.op("reshape", [x], { shape: [Dim.one, seq] });
    expect(held(graphOf((b, x) => b.op("exp", [reshaped(b, x)], {})))).toBe(800n);
    expect(held(graphOf((b, x) => reshaped(b, reshaped(b, x))))).toBe(400n);
    const kept = graphOf((b, x) =>
      b.op("add", [b.op("tanh", [b.op("exp", [x], {})], {}), reshaped(b, x)], {}),
    );
    expect(held(kept)).toBe(1200n);
  });

  test("a result that nobody uses goes at once", () => {
    const graph = graphOf((b, x) => {
      b.op("exp", [x], {});
      return b.op("exp", [x], {});
    });
    expect(held(graph)).toBe(800n);
  });

  test("a call holds its operands, an expanded one does not", () => {
    const graph = graphOf((b, x) => {
      const [y] = b.call("two", [b.op("neg", [x], {})], (c, [v]) => [
        c.op("tanh", [c.op("exp", [v!], {})], {}),
      ]);
      return y!;
    });
    expect(held(graph)).toBe(1200n);
    expect(held(graph, "flat")).toBe(800n);
  });

  test("an operand that a call gives back is not held twice", () => {
    const graph = graphOf((b, x) => {
      const [y, z] = b.call("same", [x], (_, [v]) => [v!, v!]);
      return b.op("add", [y!, z!], {});
    });
    expect(held(graph)).toBe(800n);
  });

  test("a map holds its stack, and one trip's values", () => {
    const graph = graphOf((b, x) => {
      const inner = new Builder(b);
      const part = inner.input({ dtype: "f32", shape: [] }, "part");
      const body = inner.region([inner.op("tanh", [inner.op("exp", [part], {})], {})]);
      return b.node("map", [x], { mapped: 1, body })[0]!;
    });
    expect(held(graph)).toBe(400n + 400n + 4n + 4n);
  });

  test("the peak is named", () => {
    const { peak } = memoryAt(optimize(gptGraph(gpt2Small, "start")), { batch: 1n, seq: 1024n });
    expect(peak.path).toMatch(/^(blocks\.\d+\.attn|head)$/);
  });
});

describe("a GPT-2 built by hand", () => {
  test("weights, caches and activations are told apart", () => {
    const graph = optimize(gptGraph(gpt2Small, "step"));
    const at = { batch: 2n, seq: 1n, past: 500n };
    const report = memoryAt(graph, at);
    expect(report.weights).toBe(124_439_808n * 4n);
    const cache = (length: bigint) => 2n * 12n * 768n * 4n * length * at.batch;
    // At the head, all caches are there twice: as they came and as they go.
    expect(report.states).toBe(cache(500n) + cache(501n));
    expect(report.total).toBe(
      report.weights + report.buffers + report.states + report.activations + report.workspace,
    );
    const { op, path } = report.peak;
    expect([op, path]).toEqual(["einsum", "head"]);
    // The last norm's result and the logits.
    expect(report.activations).toBe(at.batch * 4n * (768n + 50257n));
  });

  test("expanded, nothing is held longer", () => {
    const graphs = [
      gptGraph(gpt2Small, "start"),
      ...Array.from({ length: 20 }, (_, seed) => randomGraph(seed)),
    ];
    for (const graph of graphs) {
      const at = { batch: 1n, seq: 64n };
      const [nested, flat] = [memoryAt(graph, at).total, memoryAt(graph, at, { schedule: "flat" }).total];
      expect(flat <= nested, graph.name).toBe(true);
    }
  });

  test("a new point takes milliseconds", () => {
    const graph = optimize(gptGraph(gpt2Xl, "step"));
    const times = Array.from({ length: 6 }, (_, i) =>
      cpuTime(() => memoryAt(graph, { batch: 1n, seq: BigInt(i + 1), past: 10n })),
    );
    expect(Math.min(...times)).toBeLessThan(50);
  });

  test("half floats", () => {
    const graph = gptGraph(gpt2Small, "start");
    const at = { batch: 1n, seq: 8n };
    const half = memoryAt(graph, at, { dtypeBytes: { f32: 2, i32: 4, bool: 1 } });
    expect(half.weights * 2n).toBe(memoryAt(graph, at).weights);
  });
});
