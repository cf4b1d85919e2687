import { describe, expect, it } from "vitest";
import { processMemory } from "../../compiler/cost/runtimes.js";
import type { Model } from "../../runtime/model.js";
import { peakOf } from "./live-bytes.js";
import { drawn, gptOf, tokens } from "./mini.js";
import { present } from "./present.js";

/** Scores are almost all that such a pass holds: 8 heads of 160 x 160 each, where a value has 16 places. */
const wide = { vocab: 61, context: 160, dim: 16, heads: 8, layers: 2 } as const;
const { instance, manifest, open } = await gptOf(wide);

const weightBytes = manifest.weights.reduce(
  (sum, { shape }) => sum + 4 * shape.reduce((a, b) => a * b, 1),
  0,
);

const rules = { cpu: "cpu", wasm: "wasm", tensorflow: "tensorflow", webgpu: "wasm" } as const;

for (const { name, backend, absent } of await present()) {
  describe.skipIf(!backend)(backend ? `memory of a pass on ${name}` : `memory: left out, ${absent}`, () => {
    it("is what the cost says: scores are freed as soon as softmax has read them", async () => {
      const model = open(backend!);
      const given = tokens(...drawn(1, wide.context, "peak").map((row) => row.map((id) => id % wide.vocab)));
      const measured = await peakOf(backend!.tf, async () => {
        const { state } = await model.run("start", given);
        state.dispose();
      });
      const forecast = processMemory(instance.start, { batch: 1n, seq: BigInt(wide.context) }, rules[name]);
      const own = Number(forecast.states + forecast.activations + forecast.workspace);
      const scores = 4 * wide.heads * wide.context ** 2;
      expect(own / scores).toBeGreaterThan(2);
      expect(measured / own).toBeGreaterThan(0.85);
      expect(measured / own).toBeLessThan(1.15);
      await model.dispose();
    });

    it("is no more than a few matrices beside the weights while these are arranged", async () => {
      const { tf } = backend!;
      let model: Model | undefined;
      const measured = await peakOf(tf, async () => {
        model = open(backend!);
      });
      const matrix = 4 * 4 * wide.dim ** 2;
      expect((measured - weightBytes) / matrix).toBeLessThan(2.5);
      await model!.dispose();
    });
  });
}
