import { describe, expect, it } from "vitest";
import { metric } from "../../compiler/cost/metrics.js";
import type { HostTensor } from "../../runtime/model.js";
import { model } from "../check/support.js";
import { executed } from "../parity/executed.js";
import { expectNear, slice } from "../parity/near.js";
import { fullPass, inPieces } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { buildWith, on, SLOW, toleranceOf } from "../parity/targets.js";
import { attentions, bases, feedForwards, type Mixture, mixtures, wirings } from "./mixture-kinds.js";

// More of them: MIXTURES=100 npx vitest run test/specs/mixtures.test.ts; others: MIXTURES_SEED=2.
const all = mixtures(Number(process.env.MIXTURES_SEED ?? 1), Number(process.env.MIXTURES ?? 12));
const [BATCH, LENGTH, VOCAB] = [2, 9, 64];
const ids = Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * i * 37 + 11 * i + 5) % VOCAB);
const inputs: Tensors = { input_ids: { dtype: "i32", shape: [BATCH, LENGTH], data: ids } };

describe("mixtures", () => {
  it("have every kind among them", () => {
    const drawn = new Set(all.flatMap((m) => m.kinds));
    expect([...bases, ...attentions, ...feedForwards, ...wirings].filter((k) => !drawn.has(k))).toEqual([]);
  });

  it.each(all)("$title", { timeout: SLOW }, async (mixture) => {
    try {
      await holds(mixture);
    } catch (cause) {
      throw new Error(`${cause instanceof Error ? cause.message : cause}\n\n${mixture.text}`, { cause });
    }
  });
});

/** That a mixture checks, costs, builds, and is one model on every target and step by step. */
async function holds({ text, exact }: Mixture): Promise<void> {
  const instance = model(text);
  const usual = Object.fromEntries(
    instance.start.symbols.flatMap((s) => (s.usual === undefined ? [] : [[s.name, s.usual]])),
  );
  const cost = (name: string, seq: bigint, past: bigint, batch = 1n) => {
    // All that is past is a latent here.
    const kept = instance.step.symbols.flatMap((s) => (s.left === undefined ? [] : [[s.name, past]]));
    const point = { ...usual, ...Object.fromEntries(kept), batch, seq, past };
    const found = metric(instance, name, [], point);
    if (found.kind !== "value") throw new Error(`\`${name}\` has no figure: ${found.why}`);
    return found.value[0];
  };
  const flops = (seq: number, past: number) =>
    cost(past === 0 ? "flops.prefill" : "flops.forward", BigInt(seq), BigInt(past), BigInt(BATCH));
  const stored = instance.start.inputPorts.map((p) =>
    p.role === "weight" && p.weight.kind === "weight"
      ? p.value.shape.reduce((n, dim) => n * BigInt(`${dim}`), 1n)
      : 0n,
  );
  expect(cost("params.total", 9n, 0n)).toBe(stored.reduce((a, b) => a + b, 0n));
  expect(cost("flops.forward", 18n, 0n) > cost("flops.forward", 9n, 0n)).toBe(true);
  expect(cost("flops.decode", 1n, 9n) > 0n && cost("memory.inference", 9n, 9n) > 0n).toBe(true);

  const built = await buildWith(instance, stirred);
  const due = await on(built, "reference", (m) => fullPass(m, inputs));
  const logits = due.outputs.logits!;
  if (exact) {
    // Where sorting is by what tokens are, as in LSH, a later one may move earlier ones to other chunks.
    const changed = await on(built, "reference", (m) => fullPass(m, changedAt(5)));
    expect(causal(logits, changed.outputs.logits!, 5)).toBe(true);
  }
  for (const target of ["reference", "onnx", "cpu"]) {
    const near = (actual: HostTensor | undefined, to: HostTensor, what: string) =>
      expectNear(actual, to, toleranceOf(target), `${target}: ${what}`);
    const { result, macs } = await on(built, target, (m) => executed(() => fullPass(m, inputs)));
    const { outputs, states } = result;
    if (target === "cpu") expect(2n * macs, "FLOPs of a full pass").toBe(flops(LENGTH, 0));
    near(outputs.logits, logits, "full pass");
    for (const [name, state] of Object.entries(due.states)) near(states[name], state, name);
    for (const pieces of [new Array<number>(LENGTH).fill(1), [5, 3, 1]]) {
      // What caches only approximate is still one model on all targets.
      const { result, macs } = await on(built, target, (m) => executed(() => inPieces(m, inputs, pieces)));
      const { parts } = result;
      if (target === "cpu") {
        const due = parts.reduce((sum, p) => sum + flops(p.length, p.begin), 0n);
        expect(2n * macs, `FLOPs of pieces of ${pieces}`).toBe(due);
      }
      const reference = exact ? undefined : await on(built, "reference", (m) => inPieces(m, inputs, pieces));
      for (const [i, { begin, length, outputs: piece }] of parts.entries()) {
        const expected = reference ? reference.parts[i]!.outputs.logits! : slice(logits, 1, begin, length);
        near(piece.logits, expected, `pieces of ${pieces}, from ${begin}`);
      }
    }
  }
}

function changedAt(at: number): Tensors {
  const data = Int32Array.from(ids, (id, i) => (i % LENGTH === at ? (id + 1) % VOCAB : id));
  return { input_ids: { ...inputs.input_ids!, data } };
}

/** Whether what precedes a change stays as it was, and the changed position does not. */
function causal(before: HostTensor, after: HostTensor, at: number): boolean {
  const same = (from: number, count: number) =>
    `${slice(before, 1, from, count).data}` === `${slice(after, 1, from, count).data}`;
  return same(0, at) && !same(at, 1);
}
