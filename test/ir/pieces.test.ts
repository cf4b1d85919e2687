import { describe, expect, test } from "vitest";
import { processMemory } from "../../compiler/cost/runtimes.js";
import { Dim } from "../../compiler/dim/dim.js";
import type { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import type { Graph, Type, Value } from "../../compiler/ir/graph.js";
import { gatherInPieces } from "../../compiler/ir/passes/optimize.js";
import { eachNode } from "../../compiler/ir/traverse.js";
import { verify } from "../../compiler/ir/verify.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { sampleInputs } from "../../compiler/ops/samples.js";
import { bytesOf, distance, graphOf, runOnnx } from "../emit/onnx/support.js";

const [batch, seq] = [Dim.symbol("batch"), Dim.symbol("seq")];
const symbols = [
  { name: "batch", least: 1n },
  { name: "seq", least: 1n },
];
const type = (dtype: "f32" | "i32", ...shape: (Dim | number)[]): Type => ({
  dtype,
  shape: shape.map((d) => (typeof d === "number" ? Dim.of(d) : d)),
});

type Body = (b: Builder, inputs: readonly Value[]) => readonly Value[];

const ROWS = 50;
/** 4 x 8 rows of 512 numbers for each place: 64 KiB, 64 places to a piece. */
const memory: readonly Type[] = [
  type("f32", ROWS, 512),
  type("i32", batch, seq, 4, 8),
  type("f32", batch, seq, 4, 8),
];
const read: Body = (b, [table, at, by]) => {
  const rows = b.op("gather", [table!, at!], { axis: 0, batch: 0 });
  return [b.op("einsum", [by!, rows], { equation: "abcd,abcde->abe" })];
};

function opsOf(graph: Graph): string[] {
  const names: string[] = [];
  eachNode(graph, (node) => names.push(node.op));
  return names;
}

function inputsOf(graph: Graph, sizes: Readonly<Record<string, number>>): NdArray[] {
  return sampleInputs({
    name: "pieces",
    inputs: graph.inputs.map((v) => {
      const shape = v.shape.map((d) => d.at(sizes));
      return v.dtype === "i32" ? { dtype: v.dtype, shape, fill: { index: ROWS } } : { dtype: v.dtype, shape };
    }),
  });
}

/** The graph in pieces: sound, and with the numbers it had, at every size. */
function inPieces(graph: Graph, lengths: readonly number[]): Graph {
  const result = gatherInPieces(graph);
  expect(verify(result)).toEqual([]);
  for (const length of lengths) {
    const sizes = { batch: 2, seq: length };
    const inputs = inputsOf(graph, sizes);
    const got = evaluateRegion(result, inputs, sizes);
    evaluateRegion(graph, inputs, sizes).forEach((expected, i) => {
      expect(distance(got[i]!, expected)).toBe(0);
    });
  }
  return result;
}

describe("rows that are gathered for a sum", () => {
  const graph = graphOf(memory, read, symbols);

  test("are gathered in pieces, with the same numbers: one piece, several, and such that the last is not full", () => {
    const result = inPieces(graph, [1, 7, 64, 100]);
    expect(opsOf(result).filter((op) => op === "gather" || op === "map")).toEqual(["map", "gather"]);
  });

  test("wherever they stand in the product, in the body of a call too", () => {
    const call = graphOf(
      memory,
      (b, inputs) =>
        b.call("memory", inputs, (inner, [table, at, by]) => {
          const rows = inner.op("gather", [table!, at!], { axis: 0, batch: 0 });
          return [inner.op("einsum", [rows, by!], { equation: "abcde,abcd->abce" })];
        }),
      symbols,
    );
    expect(opsOf(inPieces(call, [100]))).toContain("map");
  });

  test("run so in ONNX Runtime", async () => {
    for (const length of [1, 100]) {
      const inputs = inputsOf(graph, { batch: 2, seq: length });
      const [got] = await runOnnx(bytesOf(graph), graph, inputs);
      const [expected] = evaluateRegion(graph, inputs, { batch: 2, seq: length });
      expect(distance(got!, expected!)).toBeLessThan(1e-5);
    }
  });

  test("take the memory of one piece", () => {
    const sizes = { batch: 1n, seq: 8192n };
    const { activations, workspace } = processMemory(graph, sizes, "onnx");
    // All rows would be 512 MiB; indices, factors, their pieces and the result are far less.
    expect(activations + workspace).toBeLessThan(64n * 2n ** 20n);
    expect(processMemory(graph, sizes, "wasm").activations).toBeGreaterThan(512n * 2n ** 20n);
  });

  test.each<[string, readonly Type[], Body]>([
    [
      "something else reads them",
      memory,
      (b, [table, at, by]) => {
        const rows = b.op("gather", [table!, at!], { axis: 0, batch: 0 });
        return [b.op("einsum", [by!, rows], { equation: "abcd,abcde->abe" }), rows];
      },
    ],
    ["they are few", [type("f32", ROWS, 8), ...memory.slice(1)], read],
    ["all of them make one piece", [memory[0]!, type("i32", 2, 3, 4, 8), type("f32", 2, 3, 4, 8)], read],
    [
      "nothing is summed",
      memory,
      (b, [table, at, by]) => {
        const rows = b.op("gather", [table!, at!], { axis: 0, batch: 0 });
        return [b.op("einsum", [by!, rows], { equation: "abcd,abcde->abcde" })];
      },
    ],
    [
      "there may be no place",
      [memory[0]!, type("i32", Dim.symbol("past", 0), 1, 4, 8), type("f32", Dim.symbol("past", 0), 1, 4, 8)],
      read,
    ],
  ])("are left together where %s", (_, types, body) => {
    const apart = graphOf(types, body, symbols);
    expect(gatherInPieces(apart)).toBe(apart);
  });
});
