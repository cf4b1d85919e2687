import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { narrow } from "../../compiler/ir/passes/optimize.js";
import { check } from "../check/support.js";
import { expectNear, slice } from "../parity/near.js";
import { fullPass, inPieces } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { type Built, buildWith, on, SLOW, targets, toleranceOf } from "../parity/targets.js";

const family = readFileSync(new URL("../../specs/small-family.arch", import.meta.url), "utf8");
const { models } = check(
  `${family}
model Small : decoder {
  vocab = 256
  seq   = 64
  dim   = 32
  heads = 4
  blocks 2 {
    attn = attention(heads, causal = true)
    ffn  = mlp(act = gelu_tanh)
    at 1 { ffn = pkm(heads = 2, keys = 16, k = 4, key_dim = 8) }
  }
}
${["TinyLlamaLike", "TinyBoundedWindow", "TinyParallel", "TinyExperts", "Small"]
  .map((name) => `model ${name}Last : ${name} { read = last_position() }`)
  .join("\n")}`,
);

const [BATCH, LENGTH] = [2, 9];
const ids = Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * 97 + 31) % 256);
const mask = new Int32Array(BATCH * LENGTH).fill(1).fill(0, 2 * LENGTH - 3, 2 * LENGTH - 2);

/** What reads the last position has the last row of the logits of what reads all, and its states, on every target. */
describe.each(["TinyLlamaLike", "TinyBoundedWindow", "TinyParallel", "TinyExperts", "Small"])(
  "%sLast",
  (name) => {
    const all = models.get(name)!;
    const last = models.get(`${name}Last`)!;
    const ints = (data: Int32Array) => ({ dtype: "i32" as const, shape: [BATCH, LENGTH], data });
    const padded = all.start.inputPorts.some((p) => p.name === "attention_mask");
    const inputs: Tensors = { input_ids: ints(ids), ...(padded && { attention_mask: ints(mask) }) };
    let built: Built;
    let due: { outputs: Tensors; states: Tensors };

    beforeAll(async () => {
      expect(narrow(last.start)).not.toBe(last.start);
      built = await buildWith(last, stirred);
      due = await on(await buildWith(all, stirred), "reference", (model) => fullPass(model, inputs));
    });

    it.each(targets)("%s", { timeout: SLOW }, async (target) => {
      const row = (position: number) => slice(due.outputs.logits!, 1, position, 1);
      const expectStates = (states: Tensors) => {
        for (const [state, value] of Object.entries(due.states))
          expectNear(states[state], value, toleranceOf(target), state);
      };
      const whole = await on(built, target, (model) => fullPass(model, inputs));
      expectNear(whole.outputs.logits, row(LENGTH - 1), toleranceOf(target), "logits");
      expectStates(whole.states);
      const { parts, states } = await on(built, target, (model) => inPieces(model, inputs, [5, 3, 1]));
      for (const { begin, length, outputs } of parts)
        expectNear(
          outputs.logits,
          row(begin + length - 1),
          toleranceOf(target),
          `logits before ${begin + length}`,
        );
      expectStates(states);
    });
  },
);
