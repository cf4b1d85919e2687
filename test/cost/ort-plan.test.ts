import { describe, expect, test } from "vitest";
import { AtPoint } from "../../compiler/cost/at-point.js";
import { flatOf } from "../../compiler/cost/flat.js";
import { planBuffers, walkOrder } from "../../compiler/cost/ort-plan.js";
import { type Item, Sizer } from "../../compiler/cost/sizer.js";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Region, Value } from "../../compiler/ir/graph.js";
import { bytesPerElement } from "../../compiler/ir/traverse.js";
import { randomGraph } from "../ir/random-graph.js";

const seq = Dim.symbol("seq");
const sizer = new Sizer(new AtPoint({ seq: 4n }), bytesPerElement);

function regionOf(make: (b: Builder, x: Value) => readonly Value[], shape = [seq, Dim.of(8)]): Region {
  const b = new Builder();
  return b.region(make(b, b.input({ dtype: "f32", shape }, "x")));
}

/** The bytes of the buffers that are neither inputs nor outputs. */
function buffers(region: Region): number[] {
  const { steps, bufferOf } = planBuffers(region, region.nodes, sizer);
  const own = new Set(steps.flatMap(({ makes }) => makes.map((item) => bufferOf.get(item)!)));
  return [...own].filter((item) => !item.output).map((item) => Number(item.bytes));
}

const chain = (op: "exp" | "tanh", length: number) =>
  regionOf((b, x) => {
    let y = x;
    for (let i = 0; i < length; i++) y = b.op(op, [y], {});
    return [y];
  });

describe("buffers", () => {
  test("two are taken in turn, one where results are written over operands; an output has its own", () => {
    expect(buffers(chain("exp", 6))).toHaveLength(2);
    expect(buffers(chain("tanh", 6))).toHaveLength(1);
  });

  test("only of the same symbolic shape, even where sizes are equal", () => {
    const turned = regionOf(
      (b, x) => {
        const y = b.op("exp", [b.op("exp", [x], {})], {});
        const flat = b.op("transpose", [y], { perm: [1, 0] });
        return [b.op("exp", [b.op("exp", [flat], {})], {})];
      },
      [seq, Dim.of(4)],
    );
    // Two of [seq, 4]; the two of [4, seq] take neither of them, though all have 64 bytes.
    expect(buffers(turned)).toEqual([64, 64, 64, 64]);
  });

  test("an operand that is needed again is not written over", () => {
    const again = regionOf((b, x) => {
      const y = b.op("exp", [x], {});
      return [b.op("add", [b.op("tanh", [y], {}), y], {})];
    });
    expect(buffers(again)).toHaveLength(2);
  });

  test("one that is taken again is held in between", () => {
    const region = regionOf((b, x) => {
      const early = b.op("exp", [b.op("exp", [x], {})], {});
      const other = b.op("reduce_sum", [early], { axes: [1] });
      const wide = b.op("broadcast", [b.op("reshape", [other], { shape: [seq, Dim.one] })], {
        shape: [seq, Dim.of(8)],
      });
      return [b.op("exp", [wide], {})];
    });
    const { steps, bufferOf, ending } = planBuffers(region, region.nodes, sizer);
    const places = steps.map(({ makes }) => bufferOf.get(makes[0]!)!);
    const wide = steps.findIndex(({ node }) => node.op === "broadcast");
    expect(places[1]).toBe(places[wide]);
    expect(ending.findIndex((items) => items.includes(places[1]!))).toBe(wide + 1);
  });

  test("a number is a factor of the product before it, where nothing else reads that", () => {
    const scaled = (alone: boolean) =>
      regionOf((b, x) => {
        const two = b.op("constant", [], { dtype: "f32", shape: [], data: [2] });
        const product = b.op("einsum", [x, x], { equation: "qd,kd->qk" });
        const half = b.op("div", [product, two], {});
        return [b.op("exp", [alone ? half : b.op("add", [half, product], {})], {})];
      });
    const places = (region: Region) => {
      const { steps, bufferOf } = planBuffers(region, region.nodes, sizer);
      return ["einsum", "div"].map((op) => bufferOf.get(steps.find(({ node }) => node.op === op)!.makes[0]!));
    };
    const [product, half] = places(scaled(true));
    expect(half).toBe(product);
    const [kept, other] = places(scaled(false));
    expect(other).not.toBe(kept);
  });

  test("slices that share out an axis are made at once, where the first one is", () => {
    const region = regionOf((b, x) => {
      const half = (from: number) => b.op("slice", [x], { axis: 1, start: Dim.of(from), size: Dim.of(4) });
      const first = b.op("exp", [half(0)], {});
      return [b.op("add", [first, half(4)], {})];
    });
    const { steps } = planBuffers(region, region.nodes, sizer);
    expect(steps.map(({ node, makes }) => [node.op, makes.length])).toEqual([
      ["slice", 2],
      ["exp", 1],
      ["add", 1],
    ]);
  });

  test("Where works beside its result, as far as its condition spreads each side", () => {
    const region = regionOf((b, x) => {
      const zero = b.op("constant", [], { dtype: "f32", shape: [], data: [0] });
      return [b.op("select", [b.op("lt", [zero, x], {}), x, zero], {})];
    });
    const { steps } = planBuffers(region, region.nodes, sizer);
    expect(steps.at(-1)!.scratch).toBe(2n * 4n * 8n * 4n);
  });
});

test("nodes run as they are met walking back from the results, the last operand first", () => {
  const region = regionOf((b, x) => {
    const [first, second] = [b.op("exp", [x], {}), b.op("tanh", [x], {})];
    const result = b.op("sqrt", [first], {});
    return [result, b.op("add", [first, second], {})];
  });
  expect(walkOrder(region.nodes).map(({ op }) => op)).toEqual(["exp", "sqrt", "tanh", "add"]);
});

test("what a step reads is what was last written to its buffer, in random graphs with dead ends", () => {
  for (let seed = 0; seed < 200; seed++) {
    const { graph } = flatOf(randomGraph(seed));
    const { steps, bufferOf, itemOf } = planBuffers(graph, graph.nodes, sizer);
    const written = new Map<Item, Set<Item>>(graph.inputs.map((v) => [itemOf(v), new Set([itemOf(v)])]));
    const holds = (item: Item) => written.get(bufferOf.get(item)!)?.has(item) ?? false;
    for (const { node, reads, makes, view } of steps) {
      expect(reads.every(holds), `operands of ${node.op} of graph ${seed}`).toBe(true);
      for (const item of makes) {
        const buffer = bufferOf.get(item)!;
        if (view && buffer !== item) written.get(buffer)!.add(item);
        else written.set(buffer, new Set([item]));
      }
    }
    expect(graph.outputs.map(itemOf).every(holds), `results of graph ${seed}`).toBe(true);
  }
});
