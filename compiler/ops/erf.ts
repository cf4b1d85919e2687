import type { OpDef } from "./define.js";
import { unary } from "./elementwise.js";
import { errorFunction } from "./error-function.js";

/** The error function, 2/√π · ∫₀ˣ e^(−t²) dt. */
export const erf: OpDef<"erf"> = unary({
  name: "erf",
  takes: ["f32"],
  counts: "transcendental",
  of: errorFunction,
  vjp: (b, cotangent, x) => {
    const bell = b.op("exp", [b.op("neg", [b.op("mul", [x, x], {})], {})], {});
    return b.op("mul", [b.op("mul", [cotangent, b.scalar(2 / Math.sqrt(Math.PI))], {}), bell], {});
  },
  samples: [
    { name: "erf scalar", inputs: [{ dtype: "f32", shape: [] }], attrs: {} },
    { name: "erf matrix", inputs: [{ dtype: "f32", shape: [3, 5] }], attrs: {} },
    { name: "erf rank 4", inputs: [{ dtype: "f32", shape: [2, 1, 3, 2] }], attrs: {} },
    { name: "erf of nothing", inputs: [{ dtype: "f32", shape: [0, 3] }], attrs: {} },
    {
      name: "erf far out",
      inputs: [{ dtype: "f32", shape: [3], data: [-30, 0, 30] }],
      attrs: {},
      expect: [[-1, 0, 1]],
    },
  ],
});
