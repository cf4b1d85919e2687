import { describe, expect, test } from "vitest";
import { processMemory } from "../../compiler/cost/runtimes.js";
import { movesOf } from "../../compiler/cost/turned.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph, Value, WeightInfo } from "../../compiler/ir/graph.js";

const seq = Dim.symbol("seq");
const info: WeightInfo = { kind: "weight", lookup: false, init: { kind: "zeros" }, within: undefined };
const MiB = 2n ** 20n;

/** x [seq, 1024] and a weight `w` of `rows` x 1024, each 4 MiB at 1024, with `build` for the output. */
function graphOf(rows: number, build: (b: Builder, x: Value, w: Value) => Value): Graph {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [seq, Dim.of(1024)] }, "x");
  const w = b.input({ dtype: "f32", shape: [Dim.of(rows), Dim.of(1024)] }, "w");
  const y = build(b, x, w);
  return {
    name: "test",
    ...b.region([y]),
    inputPorts: [
      { role: "data", name: "x", value: x },
      { role: "weight", name: "w", value: w, weight: info },
    ],
    outputPorts: [{ role: "data", name: "y", value: y }],
    symbols: [{ name: "seq", least: 1n }],
    assumptions: [],
  };
}

const times = (b: Builder, x: Value, w: Value, equation = "sd,de->se") =>
  b.op("einsum", [x, w], { equation });
const sizes = { seq: 1024n };

describe("weights", () => {
  const once = graphOf(1024, (b, x, w) => times(b, x, w));
  const twice = graphOf(1024, (b, x, w) => times(b, times(b, x, w), w));

  test("onnx packs a matrix once, however many products read it", () => {
    expect(processMemory(once, sizes, "onnx").weights).toBe(4n * MiB);
    expect(processMemory(twice, sizes, "onnx").weights).toBe(4n * MiB);
  });

  test("wasm keeps a right operand packed beside the original, TensorFlow does not", () => {
    expect(processMemory(twice, sizes, "wasm").weights).toBe(8n * MiB);
    expect(processMemory(twice, sizes, "tensorflow").weights).toBe(4n * MiB);
    const tied = graphOf(1024, (b, x, w) => times(b, x, w, "sd,ed->se"));
    expect(processMemory(tied, sizes, "wasm").weights).toBe(4n * MiB);
  });

  test("of a table in a mapped file, the windows of the rows that are read", () => {
    const table = graphOf(2 ** 16, (b, x, w) => {
      const ids = b.op("argmax", [x], { axis: 1 });
      return b.op("gather", [w, ids], { axis: 0, batch: 0 });
    });
    const { weights } = processMemory(table, { seq: 16n }, "onnx");
    expect(weights).toBeGreaterThan(15n * 131_072n);
    expect(weights).toBeLessThanOrEqual(16n * 131_072n);
    const positions = graphOf(2 ** 16, (b, _x, w) =>
      b.op("gather", [w, b.op("iota", [], { size: seq })], { axis: 0, batch: 0 }),
    );
    // Rows beside each other, 4 KiB each.
    expect(processMemory(positions, { seq: 64n }, "onnx").weights).toBe(2n * 131_072n);
    expect(processMemory(table, { seq: 16n }, "tensorflow").weights).toBe(256n * MiB);
  });

  test("matrices that rows pick are packed by onnx, and no runtime holds one for each row", () => {
    const picked = (b: Builder, x: Value, w: Value) => {
      const table = b.op("reshape", [w], { shape: [Dim.of(4), Dim.of(1024), Dim.of(1024)] });
      const four = b.op("broadcast", [b.op("constant", [], { dtype: "i32", shape: [1], data: [4] })], {
        shape: [seq],
      });
      const picks = b.op("mod", [b.op("iota", [], { size: seq }), four], {});
      return b.op("gather_matmul", [x, table, picks], { turned: false });
    };
    const graph = graphOf(4096, picked);
    // The table once; x, the result, both again by their matrices, and some integers; the host's copy beside.
    const [weights, values] = [16n * MiB, 4n * 4n * MiB];
    for (const backend of ["onnx", "tensorflow", "wasm", "cpu"] as const) {
      const held = processMemory(graph, sizes, backend);
      expect(held.weights).toBe(weights);
      expect(held.activations + held.workspace).toBeLessThanOrEqual(values + weights);
    }
    // tfjs takes one matrix at a time out of the table.
    const [onnx, cpu] = (["onnx", "cpu"] as const).map((name) => processMemory(graph, sizes, name));
    expect(cpu!.workspace).toBe(12n * MiB);
    // Where the rows are put in order again, no more is held than at the end, with the host's copy; the one number stays.
    expect(onnx!.buffers).toBe(8n);
    expect(onnx!.workspace + onnx!.buffers).toBe(4n * MiB);
  });

  test("onnx keeps what it computes of constants when it loads, not what a run spreads over its sizes", () => {
    const table = (b: Builder, shape: readonly Dim[]) => {
      const ones = b.op("constant", [], { dtype: "f32", shape: [1, 1024], data: Array(1024).fill(1) });
      return b.op("broadcast", [b.op("exp", [ones], {})], { shape });
    };
    const buffersOf = (rows: Dim) =>
      processMemory(
        graphOf(1, (b, x) => b.op("add", [x, b.op("exp", [table(b, [rows, Dim.of(1024)])], {})], {})),
        { seq: 256n },
        "onnx",
      ).buffers;
    expect(buffersOf(Dim.of(256))).toBe(MiB);
    expect(buffersOf(seq)).toBe(4096n);
  });

  test("loading holds a weight twice for a moment, which may be the peak", () => {
    const { total, runtime } = processMemory(once, { seq: 1n }, "tensorflow");
    expect(total - runtime).toBe(8n * MiB);
  });
});

describe("values", () => {
  test("onnx takes free buffers again and writes over some operands, tfjs does not; the host gets a copy", () => {
    const graph = graphOf(1, (b, x) => b.op("tanh", [b.op("exp", [b.op("neg", [x], {})], {})], {}));
    const onnx = processMemory(graph, sizes, "onnx");
    // x, which is the host's, and both of two results; the last one is made over its operand, were it no output.
    expect(onnx.states + onnx.activations + onnx.workspace).toBe(12n * MiB);
    const cpu = processMemory(graph, sizes, "cpu");
    expect(cpu.activations + cpu.workspace).toBe(8n * MiB);
    // The heap of the others stays as large as it was, and the copy lies beside it.
    for (const backend of ["tensorflow", "wasm"] as const) {
      const { activations, workspace } = processMemory(graph, sizes, backend);
      expect(activations + workspace).toBe(12n * MiB);
    }
  });

  test("a session of onnx keeps something of each node", () => {
    const chain = (length: number) =>
      graphOf(1, (b, x) => {
        let y = x;
        for (let i = 0; i < length; i++) y = b.op("exp", [y], {});
        return y;
      });
    const [ten, twenty] = [10, 20].map((n) => processMemory(chain(n), sizes, "onnx").runtime);
    expect(twenty! - ten!).toBe(10n * 6_656n);
  });

  test("the terms add up", () => {
    const graph = graphOf(1024, (b, x, w) => times(b, x, w, "sd,ed->es"));
    for (const runtime of ["onnx", "tensorflow", "wasm", "cpu"] as const) {
      const m = processMemory(graph, sizes, runtime);
      expect(m.runtime + m.weights + m.buffers + m.states + m.activations + m.workspace).toBe(m.total);
    }
  });
});

test("an einsum moves what a product cannot read as it lies", () => {
  const size = (letter: string) => ({ b: 2n, v: 9n, d: 50n })[letter] ?? 5n;
  const moves = (equation: string, swaps = false) => {
    const { operands, result } = movesOf(equation, size, swaps);
    return [...operands, result].map(Number).join("");
  };
  expect(moves("td,de->te")).toBe("000");
  expect(moves("td,vd->tv", true)).toBe("000");
  // Without a product that transposes, something moves: the least of the three.
  expect(moves("td,vd->tv")).toBe("101");
  expect(moves("bhtk,bhsk->bhts", true)).toBe("000");
  expect(moves("bhtk,bhsk->bhts")).toBe("010");
  expect(moves("btd,dhk->bhtk")).toBe("001");
});
