import { describe, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { stirred } from "./stirred.js";
import { buildWith, on, SLOW, targets, toleranceOf } from "./targets.js";

const spec = "test/check/fixtures/hard-models.arch";
const [BATCH, LENGTH, WIDTH] = [2, 8, 16];

const x: HostTensor = {
  dtype: "f32",
  shape: [BATCH, LENGTH, WIDTH],
  data: Float32Array.from({ length: BATCH * LENGTH * WIDTH }, (_, i) => Math.sin(1.3 * i + 0.01 * i * i)),
};
const ids: HostTensor = {
  dtype: "i32",
  shape: [BATCH, LENGTH],
  data: Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * 37 + 5) % 100),
};

interface Case {
  readonly model: string;
  readonly inputs: Readonly<Record<string, HostTensor>>;
  /** Its outputs do not depend on later positions, so that pieces must give what the whole gives. */
  readonly causal: boolean;
  /** More than what single precision usually costs. */
  readonly coarse?: number;
}

const cases: readonly Case[] = [
  { model: "Span", inputs: { x }, causal: true },
  { model: "Reversible", inputs: { x }, causal: true },
  { model: "Adaptive", inputs: { input_ids: ids }, causal: true },
  { model: "Memory", inputs: { x }, causal: true },
  { model: "Chunked", inputs: { x }, causal: false },
  // It takes 1e5 from scores, where neighbours in single precision are 1/128 apart.
  {
    model: "Lsh",
    inputs: { x: { ...x, shape: [BATCH / 2, LENGTH * 2, WIDTH] } },
    causal: false,
    coarse: 0.02,
  },
];

describe("the hardest layers of the language give on every target what the reference gives", () => {
  describe.each(cases.map((c) => [c.model, c] as const))(
    "%s",
    (_, { model: name, inputs, causal, coarse }) => {
      const tolerance = (target: string) => (target === "reference" ? 1e-6 : (coarse ?? toleranceOf(target)));

      it.each(targets)("%s", { timeout: SLOW }, async (target) => {
        const built = await buildWith(modelOf(spec, name), stirred);
        const due = await on(built, "reference", (model) => fullPass(model, inputs));
        const whole = await on(built, target, (model) => fullPass(model, inputs));
        for (const [output, tensor] of Object.entries(due.outputs)) {
          expectNear(whole.outputs[output], tensor, tolerance(target), output);
        }
        if (!causal || built.manifest.states.length === 0) return;
        const { parts, states } = await on(built, target, (model) => inPieces(model, inputs, [5, 1, 2]));
        for (const { begin, length, outputs } of parts) {
          for (const [output, tensor] of Object.entries(due.outputs)) {
            const piece = slice(tensor, 1, begin, length);
            expectNear(outputs[output], piece, tolerance(target), `${output} from position ${begin}`);
          }
        }
        for (const [state, tensor] of Object.entries(due.states)) {
          expectNear(states[state], tensor, tolerance(target), state);
        }
      });
    },
  );
});
