import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { costOf } from "../../compiler/cost/analyse.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import type { Graph, Value } from "../../compiler/ir/graph.js";
import { dropStates, eliminateDeadCode, narrow, optimize } from "../../compiler/ir/passes/optimize.js";
import { verify } from "../../compiler/ir/verify.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { OpName } from "../../compiler/ops/attrs.js";
import type { NdArray, OpDef } from "../../compiler/ops/define.js";
import { ops } from "../../compiler/ops/index.js";
import { sampleInputs } from "../../compiler/ops/samples.js";
import { check, filled, wave } from "../check/support.js";

const cut = (axis: number, start: number, size: number) => ({
  axis,
  start: Dim.of(start),
  size: Dim.of(size),
});

/** A graph of data inputs [sizes] and, where told, one weight. */
function graphOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  build: (b: Builder, ...inputs: Value[]) => readonly Value[],
): Graph {
  const b = new Builder();
  const inputs = Object.entries(shapes).map(([name, shape]) =>
    b.input({ dtype: "f32", shape: shape.map((n) => Dim.of(n)) }, name),
  );
  const outputs = build(b, ...inputs);
  const weight = { kind: "weight", init: { kind: "ones" }, lookup: false, within: undefined } as const;
  const inputPorts = inputs.map((value) =>
    value.name === "w"
      ? ({ role: "weight", name: "w", value, weight } as const)
      : ({ role: "data", name: value.name, value } as const),
  );
  const outputPorts = outputs.map((value, i) => ({ role: "data", name: `y${i}`, value }) as const);
  return { name: "test", ...b.region(outputs), inputPorts, outputPorts, symbols: [], assumptions: [] };
}

/** `op [sizes of its results]` of each node; a body's nodes behind the call. */
function lines(region: Pick<Graph, "nodes">): string[] {
  return region.nodes.flatMap((node) => [
    `${node.op} ${node.outputs.map((v) => `[${v.shape.join(" ")}]`).join(" ")}`,
    ...(node.op === "call" ? lines(node.attrs.body).map((line) => `  ${line}`) : []),
  ]);
}

function same(before: Graph, after: Graph, inputs: Record<string, NdArray>): void {
  expect(verify(after)).toEqual([]);
  const [a, b] = [evaluateGraph(before, inputs), evaluateGraph(after, inputs)];
  expect(Object.keys(b)).toEqual(Object.keys(a));
  for (const [name, { shape, data }] of Object.entries(a)) {
    expect(b[name]!.shape).toEqual(shape);
    expect([...b[name]!.data]).toEqual([...data]);
  }
}

const table = Object.entries(ops) as unknown as [OpName, OpDef<OpName>][];

/** Ops that mix all the places of all their axes, or have none to narrow. */
const never: readonly OpName[] = ["iota", "size", "constant", "map"];

describe("a slice of the results is a slice of the operands: every op, every sample, every axis", () => {
  test.each(table)("%s", (name, op) => {
    let narrowed = 0;
    for (const sample of op.samples) {
      const arrays = sampleInputs(sample);
      const types = arrays.map((a) => ({ dtype: a.dtype, shape: a.shape.map((n) => Dim.of(n)) }));
      const [first] = op.infer(types, sample.attrs, { that() {}, same() {}, atMost() {} });
      for (const [axis, size] of first!.shape.entries()) {
        if (size.int! < 2n) continue;
        const b = new Builder();
        const inputs = types.map((type, i) => b.input(type, `x${i}`));
        const results = b.node(name, inputs, sample.attrs);
        const parts = results.map((v) =>
          v.shape[axis]?.equals(size) ? b.op("slice", [v], cut(axis, 1, Number(size.int) - 1)) : v,
        );
        const graph: Graph = {
          name: "sample",
          ...b.region(parts),
          inputPorts: inputs.map((value) => ({ role: "data", name: value.name, value })),
          outputPorts: parts.map((value, i) => ({ role: "data", name: `y${i}`, value })),
          symbols: [],
          assumptions: [],
        };
        const better = narrow(graph);
        same(graph, better, Object.fromEntries(arrays.map((a, i) => [`x${i}`, a])));
        if (better.nodes.at(-1)!.op !== "slice" || name === "slice") narrowed++;
      }
    }
    if (never.includes(name)) expect(narrowed).toBe(0);
    else expect(narrowed).toBeGreaterThan(0);
  });
});

const x = { x: [4, 6] };
const given = {
  x: arrayOf(
    "f32",
    [4, 6],
    Array.from({ length: 24 }, (_, i) => i / 7 - 1),
  ),
};

describe("narrow", () => {
  test("goes on to what a value was made from, as far as nothing else reads it", () => {
    const graph = graphOf(x, (b, v) => {
      const a = b.op("tanh", [v], {});
      const sum = b.op("add", [a, b.op("exp", [a], {})], {});
      return [b.op("slice", [b.op("transpose", [sum], { perm: [1, 0] })], cut(1, 3, 1)), v];
    });
    const better = narrow(graph);
    expect(lines(better)).toEqual(["slice [1 6]", "tanh [1 6]", "exp [1 6]", "add [1 6]", "transpose [6 1]"]);
    same(graph, better, given);
  });

  test("leaves what is read as a whole, or in two parts", () => {
    const graph = graphOf(x, (b, v) => {
      const a = b.op("tanh", [v], {});
      const halves = [0, 3].map((start) => b.op("slice", [b.op("exp", [a], {})], cut(1, start, 3)));
      const one = b.op("exp", [a], {});
      return [...halves, b.op("slice", [one], cut(0, 0, 1)), one, b.op("slice", [one], cut(1, 3, 3))];
    });
    expect(lines(narrow(graph))).toContain("exp [4 6]");
    same(graph, narrow(graph), given);
    const split = graphOf(x, (b, v) => {
      const a = b.op("tanh", [v], {});
      return [0, 3].map((start) => b.op("slice", [a], cut(1, start, 3)));
    });
    expect(narrow(split)).toBe(split);
  });

  test("a slice of a slice is one slice", () => {
    const graph = graphOf(x, (b, v) => {
      const a = b.op("tanh", [v], {});
      return [b.op("slice", [b.op("slice", [a], cut(0, 1, 3))], cut(0, 1, 2))];
    });
    const better = narrow(graph);
    expect(lines(better)).toEqual(["slice [2 6]", "tanh [2 6]"]);
    same(graph, better, given);
  });

  test("weights are left whole: a part of one would be a copy", () => {
    const graph = graphOf({ x: [4, 6], w: [6, 8] }, (b, v, w) => {
      const y = b.op("einsum", [v, w], { equation: "td,de->te" });
      return [b.op("slice", [y], cut(1, 0, 2))];
    });
    expect(narrow(graph)).toBe(graph);
  });

  test("an instance is opened for the sake of a product, and a norm is not broken up", () => {
    const norm = (b: Builder, v: Value) =>
      b.call(
        "rms_norm",
        [v],
        (inner, [y]) => {
          const square = inner.op("reduce_sum", [inner.op("mul", [y!, y!], {})], { axes: [1] });
          const root = inner.op("reshape", [inner.op("rsqrt", [square], {})], {
            shape: [Dim.of(4), Dim.one],
          });
          return [inner.op("mul", [y!, root], {})];
        },
        { path: "norm" },
      )[0]!;
    const across = graphOf(x, (b, v) => [b.op("slice", [norm(b, v)], cut(1, 0, 2))]);
    expect(narrow(across)).toBe(across);
    const rows = graphOf(x, (b, v) => [b.op("slice", [norm(b, v)], cut(0, 3, 1))]);
    expect(lines(narrow(rows))[0]).toBe("slice [1 6]");
    same(rows, narrow(rows), given);
  });

  test("of a call's results each is read as it is, and one body may become several", () => {
    const layer = (b: Builder, v: Value, path: string) =>
      b.call(
        "layer",
        [v],
        (inner, [y]) => {
          const key = inner.op("tanh", [y!], {});
          const product = inner.op("einsum", [inner.op("exp", [y!], {}), key], { equation: "td,sd->ts" });
          return [inner.op("einsum", [product, key], { equation: "ts,sd->td" }), key];
        },
        { path },
      );
    const graph = graphOf(x, (b, v) => {
      const [one, keys] = layer(b, v, "blocks.0");
      const [two, more] = layer(b, one!, "blocks.1");
      return [b.op("slice", [two!], cut(0, 3, 1)), keys!, more!];
    });
    const better = narrow(graph);
    expect(lines(better)).toEqual([
      "call [4 6] [4 6]",
      ...["tanh [4 6]", "exp [4 6]", "einsum [4 4]", "einsum [4 6]"].map((l) => `  ${l}`),
      "call [1 6] [4 6]",
      ...["slice [1 6]", "tanh [4 6]", "exp [1 6]", "einsum [1 4]", "einsum [1 6]"].map((l) => `  ${l}`),
    ]);
    same(graph, better, given);
  });
});

const small = readFileSync(new URL("../../specs/small.arch", import.meta.url), "utf8");

test("the last block of a decoder that reads the last position works on one row behind its keys and values", () => {
  const { models } = check(`${small}
model Last : TinyGpt { read = last_position() }`);
  const [all, last] = [models.get("TinyGpt")!, models.get("Last")!];
  const sizes = { batch: 2n, seq: 5n, past: 3n };
  for (const part of ["start", "step"] as const) {
    const graph = eliminateDeadCode(last[part]);
    const better = optimize(graph);
    const point = (dim: Dim) => dim.evaluate(sizes)[0];
    const inputs = Object.fromEntries(
      graph.inputPorts.map((p, n) => {
        const shape = p.value.shape.map((d) => Number(point(d)));
        const ids = Int32Array.from({ length: 10 }, (_, i) => (i * 37) % 256);
        return [
          p.name,
          p.role === "data" ? { dtype: "i32" as const, shape, data: ids } : filled(shape, wave(0.3, n)),
        ];
      }),
    );
    same(graph, better, inputs);
  }
  // Of the last block and the head, what one row takes: vocabulary 256, width 32, feed-forward of 128.
  const flops = (graph: Graph) =>
    costOf(dropStates(optimize(graph))).flops.evaluate({ batch: 1n, seq: 100n })[0];
  const [width, hidden, vocab, rows] = [32n, 128n, 256n, 100n];
  const row = 2n * width * (2n * width + 2n * hidden + vocab) + 4n * rows * width;
  expect(flops(all.start) - flops(last.start)).toBe((rows - 1n) * row);
});
