import { emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { expectAxis, rows } from "./reduce.js";
import { elements, traffic } from "./traffic.js";

/** The running sum along `axis`, each element included; `reverse` sums from the end. */
export const cumsum: OpDef<"cumsum"> = {
  name: "cumsum",
  infer(inputs, { axis }, check) {
    const x = operand(inputs, 0, "cumsum", check);
    expectType(x, ["f32", "i32"], "cumsum", check);
    expectAxis(x, axis, check);
    return [{ dtype: x.dtype, shape: x.shape }];
  },
  cost: (node) => ({ reduce: elements(node.inputs[0]!), ...traffic(node) }),
  vjp(b, { inputs, attrs }, [cotangent]) {
    if (!cotangent || inputs[0]!.dtype !== "f32") return [undefined];
    return [b.op("cumsum", [cotangent], { axis: attrs.axis, reverse: !attrs.reverse })];
  },
  evaluate([x], { axis, reverse }) {
    const result = emptyArray(x!.dtype, x!.shape);
    rows(x!, axis).each((start, step, size) => {
      let total = 0;
      for (let i = 0; i < size; i++) {
        const at = start + (reverse ? size - 1 - i : i) * step;
        total += x!.data[at]!;
        result.data[at] = total;
      }
    });
    return [result];
  },
  samples: [
    {
      name: "cumsum of a vector",
      inputs: [{ dtype: "f32", shape: [4], data: [1, 2, 3, 4] }],
      attrs: { axis: 0, reverse: false },
      expect: [[1, 3, 6, 10]],
    },
    {
      name: "cumsum from the end",
      inputs: [{ dtype: "i32", shape: [4], data: [1, 2, 3, 4] }],
      attrs: { axis: 0, reverse: true },
      expect: [[10, 9, 7, 4]],
    },
    { name: "cumsum down", inputs: [{ dtype: "f32", shape: [3, 4] }], attrs: { axis: 0, reverse: false } },
    {
      name: "cumsum of an inner axis",
      inputs: [{ dtype: "f32", shape: [2, 3, 2] }],
      attrs: { axis: 1, reverse: true },
    },
    {
      name: "cumsum of an axis of 1",
      inputs: [{ dtype: "f32", shape: [2, 1] }],
      attrs: { axis: 1, reverse: false },
    },
    {
      name: "cumsum of nothing",
      inputs: [{ dtype: "f32", shape: [2, 0] }],
      attrs: { axis: 1, reverse: false },
    },
  ],
};
