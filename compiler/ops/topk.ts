import { Dim } from "../dim/dim.js";
import { around, emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { elements, traffic } from "./traffic.js";

/** The k greatest along the last axis, greatest first: (values, indices). Lowest index first among equals, NaN last. */
export const topk: OpDef<"topk"> = {
  name: "topk",
  infer(inputs, { k }, check) {
    const x = operand(inputs, 0, "topk", check);
    expectType(x, ["f32"], "topk", check);
    check.that(x.shape.length > 0, "`topk` of a scalar");
    check.atMost(k, x.shape.at(-1) ?? Dim.one, "k of `topk`");
    const shape = [...x.shape.slice(0, -1), k];
    return [
      { dtype: x.dtype, shape },
      { dtype: "i32", shape },
    ];
  },
  cost(node) {
    const [x] = node.inputs;
    return {
      compares: elements(x!).times(x!.shape.at(-1)!.ceilLog2()),
      workspace: elements(x!).times(4),
      ...traffic(node),
    };
  },
  vjp(b, { inputs, outputs }, [cotangent]) {
    if (!cotangent) return [undefined];
    const shape = inputs[0]!.shape;
    return [b.op("scatter_add", [outputs[1]!, cotangent], { batch: shape.length - 1, size: shape.at(-1)! })];
  },
  evaluate([x], { k }, context) {
    const count = context.size(k);
    const [outer, size] = around(x!.shape, x!.shape.length - 1);
    const shape = [...x!.shape.slice(0, -1), count];
    const [values, indices] = [emptyArray(x!.dtype, shape), emptyArray("i32", shape)];
    const { data } = x!;
    for (let row = 0; row < outer; row++) {
      const [start, to] = [row * size, row * count];
      let held = 0;
      for (let i = 0; i < size; i++) {
        const value = data[start + i]!;
        // Equal ones stay behind those found before; insertion is quick, as few get past the least of k.
        let at = held;
        while (at > 0 && beats(value, data[start + indices.data[to + at - 1]!]!)) at--;
        if (at >= count) continue;
        if (held < count) held++;
        indices.data.copyWithin(to + at + 1, to + at, to + held - 1);
        indices.data[to + at] = i;
      }
      for (let i = 0; i < count; i++) values.data[to + i] = data[start + indices.data[to + i]!]!;
    }
    return [values, indices];
  },
  samples: [
    {
      name: "topk of a vector",
      inputs: [{ dtype: "f32", shape: [7], fill: "distinct" }],
      attrs: { k: Dim.of(3) },
    },
    {
      name: "topk of all",
      inputs: [{ dtype: "f32", shape: [2, 4], fill: "distinct" }],
      attrs: { k: Dim.of(4) },
    },
    {
      name: "topk of rank 4",
      inputs: [{ dtype: "f32", shape: [2, 1, 3, 6], fill: "distinct" }],
      attrs: { k: Dim.of(2) },
    },
    { name: "topk of one", inputs: [{ dtype: "f32", shape: [3, 1] }], attrs: { k: Dim.of(1) } },
    { name: "topk of no rows", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: { k: Dim.of(2) } },
    {
      name: "topk with ties",
      inputs: [{ dtype: "f32", shape: [2, 6], data: [1, 3, 3, 3, 0, 3, 0, 0, 0, 0, 0, 0] }],
      attrs: { k: Dim.of(3) },
      expect: [
        [3, 3, 3, 0, 0, 0],
        [1, 2, 3, 0, 1, 2],
      ],
    },
  ],
};

/** Before the other in descending order; NaN is behind all. */
function beats(value: number, other: number): boolean {
  return value > other || (Number.isNaN(other) && !Number.isNaN(value));
}
