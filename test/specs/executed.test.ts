import { describe, expect, it } from "vitest";
import { executed } from "../parity/executed.js";
import { figure, modelOf, service } from "../parity/models.js";
import { fullPass, inPieces } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { buildWith, on } from "../parity/targets.js";

// Mixtures of them: mixtures.test.ts.
const systems = ["small", "small-family", "small-reformer", "small-span", "small-sparse", "small-xl"];
const modelsOf = (name: string) =>
  service.models(`specs/${name}.arch`).map((model) => ({ spec: `specs/${name}.arch`, model }));

const [BATCH, LENGTH] = [2, 9];
const data = Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * 37 + 11) % 64);
const ids = { dtype: "i32", shape: [BATCH, LENGTH], data } as const;
const ones = { ...ids, data: new Int32Array(data.length).fill(1) };

describe("FLOPs of the report are those that a module executes", () => {
  it.each(systems.flatMap(modelsOf))("$model, in one pass and in pieces", async ({ spec, model }) => {
    const instance = modelOf(spec, model);
    const padded = instance.start.inputPorts.some((p) => p.name === "attention_mask");
    const inputs: Tensors = padded ? { input_ids: ids, attention_mask: ones } : { input_ids: ids };
    const counts = instance.step.symbols.some((s) => s.name === "past");
    // What keeps no more and no less with every step costs the same in all of them.
    const flops = (seq: number, past: number) => {
      const point = counts ? { past: BigInt(past) } : {};
      const name = past === 0 ? "flops.prefill" : "flops.forward";
      return figure(spec, model, name, { batch: BigInt(BATCH), seq: BigInt(seq), ...point });
    };
    const built = await buildWith(instance, stirred);
    const whole = await on(built, "cpu", (m) => executed(() => fullPass(m, inputs)));
    expect(2n * whole.macs).toBe(flops(LENGTH, 0));
    const pieces = await on(built, "cpu", (m) => executed(() => inPieces(m, inputs, [5, 3, 1])));
    expect(2n * pieces.macs).toBe(flops(5, 0) + flops(3, 5) + flops(1, 8));
  });

  it.each(modelsOf("small-perceiver-ar"))(
    "$model, with fewer latents than inputs and with more",
    async ({ spec, model }) => {
      const built = await buildWith(modelOf(spec, model), stirred);
      for (const [batch, seq, latents] of [
        [2, 9, 1],
        [2, 9, 4],
        [6, 3, 20],
      ] as const) {
        const inputs = { input_ids: { ...ids, shape: [batch, seq] } };
        const { macs } = await on(built, "cpu", (m) => executed(() => fullPass(m, inputs, { latents })));
        const at = { batch: BigInt(batch), seq: BigInt(seq), latents: BigInt(latents) };
        // Where a loop has no place, tfjs runs it once on zeros to learn shapes: scores and values of a piece of 5.
        const learnt = model === "TinyPerceiverArPieces" && seq < latents ? 2 * batch * 4 * seq * 5 * 8 : 0;
        const due = figure(spec, model, "flops.prefill", at) + 2n * BigInt(learnt);
        expect(2n * macs, `${latents} latents of ${seq} inputs`).toBe(due);
      }
    },
  );
});
