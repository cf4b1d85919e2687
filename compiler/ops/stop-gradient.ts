import type { OpDef } from "./define.js";
import { operand } from "./elementwise.js";

/** x itself, without a derivative; moves no bytes. */
export const stopGradient: OpDef<"stop_gradient"> = {
  name: "stop_gradient",
  infer: (inputs, _, check) =>
    [operand(inputs, 0, "stop_gradient", check)].map(({ dtype, shape }) => ({ dtype, shape })),
  cost: () => ({}),
  vjp: () => [undefined],
  evaluate: ([x]) => [x!],
  samples: [
    { name: "stop_gradient scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "stop_gradient matrix", inputs: [{ dtype: "f32", shape: [2, 3] }], attrs: {} },
    { name: "stop_gradient integers", inputs: [{ dtype: "i32", shape: [3] }], attrs: {} },
  ],
};
