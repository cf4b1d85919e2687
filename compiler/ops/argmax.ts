import { arrayOf, emptyArray } from "./array.js";
import type { OpDef } from "./define.js";
import { expectType, operand } from "./elementwise.js";
import { expectAxis, rows } from "./reduce.js";
import { elements, traffic } from "./traffic.js";

/** The place of the greatest along `axis`, which goes; lowest index first among equals, NaN before nothing else. No derivative. */
export const argmax: OpDef<"argmax"> = {
  name: "argmax",
  infer(inputs, { axis }, check) {
    const x = operand(inputs, 0, "argmax", check);
    expectType(x, ["f32"], "argmax", check);
    expectAxis(x, axis, check);
    return [{ dtype: "i32", shape: x.shape.filter((_, i) => i !== axis) }];
  },
  cost: (node) => ({ reduce: elements(node.inputs[0]!), ...traffic(node) }),
  vjp: () => [undefined],
  evaluate([x], { axis }) {
    const result = emptyArray(
      "i32",
      x!.shape.filter((_, i) => i !== axis),
    );
    let place = 0;
    const { data } = x!;
    rows(x!, axis).each((start, step, size) => {
      let best = 0;
      for (let i = 1; i < size; i++) {
        const [value, greatest] = [data[start + i * step]!, data[start + best * step]!];
        if (value > greatest || (Number.isNaN(greatest) && !Number.isNaN(value))) best = i;
      }
      result.data[place++] = best;
    });
    return [arrayOf("i32", result.shape, result.data)];
  },
  samples: [
    { name: "argmax of a vector", inputs: [{ dtype: "f32", shape: [7] }], attrs: { axis: 0 } },
    { name: "argmax of the last axis", inputs: [{ dtype: "f32", shape: [3, 4] }], attrs: { axis: 1 } },
    { name: "argmax of the first axis", inputs: [{ dtype: "f32", shape: [3, 4] }], attrs: { axis: 0 } },
    { name: "argmax of an inner axis", inputs: [{ dtype: "f32", shape: [2, 3, 1, 4] }], attrs: { axis: 1 } },
    {
      name: "argmax of an axis among six",
      inputs: [{ dtype: "f32", shape: [2, 1, 3, 2, 4, 2] }],
      attrs: { axis: 4 },
    },
    {
      name: "argmax with ties",
      inputs: [{ dtype: "f32", shape: [3, 3], data: [1, 3, 3, 2, 2, 2, -1, -2, -1] }],
      attrs: { axis: 1 },
      expect: [[1, 0, 0]],
    },
  ],
};
