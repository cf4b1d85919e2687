import { Dim } from "../dim/dim.js";
import { around, emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { elements, traffic } from "./traffic.js";

/** The permutation that sorts the last axis, least first, equal ones in their order, NaN last. No derivative. */
export const argsort: OpDef<"argsort"> = {
  name: "argsort",
  infer(inputs, _, check) {
    const x = operand(inputs, 0, "argsort", check);
    expectType(x, ["f32", "i32"], "argsort", check);
    check.that(x.shape.length > 0, "`argsort` of a scalar");
    return [{ dtype: "i32", shape: x.shape }];
  },
  cost(node) {
    const [x] = node.inputs;
    return {
      compares: elements(x!).times((x!.shape.at(-1) ?? Dim.one).ceilLog2()),
      workspace: elements(x!).times(4),
      ...traffic(node),
    };
  },
  vjp: () => [undefined],
  evaluate([x]) {
    const result = emptyArray("i32", x!.shape);
    const [outer, size] = around(x!.shape, x!.shape.length - 1);
    for (let row = 0; row < outer; row++) {
      const values = x!.data.subarray(row * size, (row + 1) * size);
      const order = Array.from(values, (_, i) => i);
      order.sort((a, b) => ascending(values[a]!, values[b]!) || a - b);
      result.data.set(order, row * size);
    }
    return [result];
  },
  samples: [
    { name: "argsort of a vector", inputs: [{ dtype: "f32", shape: [7], fill: "distinct" }], attrs: {} },
    { name: "argsort of rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 2, 5] }], attrs: {} },
    { name: "argsort of one", inputs: [{ dtype: "f32", shape: [3, 1] }], attrs: {} },
    {
      name: "argsort of integers with ties",
      inputs: [{ dtype: "i32", shape: [2, 5], data: [2, 1, 2, 0, 1, 3, 3, 3, 3, 3] }],
      attrs: {},
      expect: [[3, 1, 4, 0, 2, 0, 1, 2, 3, 4]],
    },
    { name: "argsort of nothing", inputs: [{ dtype: "i32", shape: [2, 0] }], attrs: {} },
  ],
};

function ascending(a: number, b: number): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a < b ? -1 : a > b ? 1 : 0;
}
