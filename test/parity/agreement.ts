import { beforeAll, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { stirred } from "./stirred.js";
import { type Built, buildWith, on, SLOW, targets, toleranceOf } from "./targets.js";

export interface Agreement {
  readonly spec: string;
  readonly model: string;
  /** Token ids are below. */
  readonly vocab: number;
}

const [BATCH, LENGTH] = [2, 9];

/**
 * Tests that a causal language model is one model everywhere. The reference evaluator's full pass is what all are held
 * against: each target's full pass, its decoding token by token, and its prefill in chunks; outputs and states.
 */
export function agreesEverywhere({ spec, model: name, vocab }: Agreement): void {
  let built: Built;
  let due: { outputs: Tensors; states: Tensors };
  let inputs: Tensors = { input_ids: tokens(vocab) };

  beforeAll(async () => {
    const instance = modelOf(spec, name);
    if (instance.start.inputPorts.some((p) => p.name === "attention_mask"))
      inputs = { ...inputs, attention_mask: padding() };
    built = await buildWith(instance, stirred);
    due = await on(built, "reference", (model) => fullPass(model, inputs));
  });

  it("has logits that depend on every earlier token, and on no later one", async () => {
    const at = 4;
    const changed = { ...inputs.input_ids!, data: Int32Array.from(inputs.input_ids!.data) };
    for (let row = 0; row < BATCH; row++) {
      const i = row * LENGTH + at;
      changed.data[i] = (changed.data[i]! + 1) % vocab;
    }
    const other = (
      await on(built, "reference", (model) => fullPass(model, { ...inputs, input_ids: changed }))
    ).outputs.logits!;
    const logits = due.outputs.logits!;
    expect(slice(other, 1, 0, at)).toEqual(slice(logits, 1, 0, at));
    for (let position = at; position < LENGTH; position++) {
      expect(slice(other, 1, position, 1)).not.toEqual(slice(logits, 1, position, 1));
    }
  });

  it.each(targets.filter((t) => t !== "reference"))(
    "one full pass: %s",
    { timeout: SLOW },
    async (target) => {
      const { outputs, states } = await on(built, target, (model) => fullPass(model, inputs));
      expectAll(outputs, due.outputs, toleranceOf(target));
      expectAll(states, due.states, toleranceOf(target));
    },
  );

  it.each(targets)("decoding step by step is one full pass: %s", { timeout: SLOW }, async (target) => {
    await expectPieces(target, new Array<number>(LENGTH).fill(1));
  });

  it.each(targets)(
    "prefill in chunks of 5, 3 and 1 is one full pass: %s",
    { timeout: SLOW },
    async (target) => {
      await expectPieces(target, [5, 3, 1]);
    },
  );

  async function expectPieces(target: string, pieces: readonly number[]): Promise<void> {
    const { parts, states } = await on(built, target, (model) => inPieces(model, inputs, pieces));
    expect(parts.reduce((sum, p) => sum + p.length, 0)).toBe(LENGTH);
    for (const { begin, length, outputs } of parts) {
      const logits = slice(due.outputs.logits!, 1, begin, length);
      expectNear(outputs.logits, logits, toleranceOf(target), `logits from position ${begin}`);
    }
    expectAll(states, due.states, toleranceOf(target));
  }
}

function expectAll(actual: Tensors, expected: Tensors, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) expectNear(actual[name], tensor, tolerance, name);
}

/** Ids that look random and repeat some tokens. */
function tokens(vocab: number): HostTensor {
  const data = Int32Array.from({ length: BATCH * LENGTH }, (_, i) =>
    i % 5 === 3 ? 7 : (i * 97 + 31) % vocab,
  );
  return { dtype: "i32", shape: [BATCH, LENGTH], data };
}

/** The last two positions of the last sequence are padding. */
function padding(): HostTensor {
  const data = new Int32Array(BATCH * LENGTH).fill(1).fill(0, -2);
  return { dtype: "i32", shape: [BATCH, LENGTH], data };
}
