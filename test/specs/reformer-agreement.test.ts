import { beforeAll, describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { agreesEverywhere } from "../parity/agreement.js";
import { modelOf, service } from "../parity/models.js";
import { expectNear, slice } from "../parity/near.js";
import { fullPass, inPieces } from "../parity/passes.js";
import type { Tensors } from "../parity/reference.js";
import { stirred } from "../parity/stirred.js";
import { type Built, buildWith, on, SLOW, targets, toleranceOf } from "../parity/targets.js";

const spec = "specs/small-reformer.arch";

describe.each(service.models(spec).filter((name) => name !== "TinyReformer"))("%s", (model) => {
  agreesEverywhere({ spec, model, vocab: 256 });
});

/** Chunks of 4 tokens, so that sorting decides what is seen. */
describe("TinyReformer", () => {
  const [batch, length, vocab] = [2, 21, 256];
  const data = Int32Array.from({ length: batch * length }, (_, i) => (i * i * 37 + 11 * i + 5) % vocab);
  const inputs: Tensors = { input_ids: { dtype: "i32", shape: [batch, length], data } };
  const first = (n: number): Tensors => ({ input_ids: slice(inputs.input_ids!, 1, 0, n) });
  const ones = new Array<number>(length).fill(1);
  let built: Built;
  let whole: { outputs: Tensors; states: Tensors };

  beforeAll(async () => {
    built = await buildWith(modelOf(spec, "TinyReformer"), stirred);
    whole = await on(built, "reference", (model) => fullPass(model, inputs));
  });

  it.each(targets.filter((t) => t !== "reference"))(
    "one full pass: %s",
    { timeout: SLOW },
    async (target) => {
      const { outputs, states } = await on(built, target, (model) => fullPass(model, inputs));
      expectNear(outputs.logits, whole.outputs.logits!, toleranceOf(target), "logits");
      for (const [name, state] of Object.entries(whole.states))
        expectNear(states[name], state, toleranceOf(target), name);
    },
  );

  it("a step gives what a whole pass over the tokens so far gives its last position", async () => {
    // The hashing layer is the last, so that nothing of it is cached by another.
    await on(built, "reference", async (model) => {
      const { parts } = await inPieces(model, inputs, ones);
      for (const { begin, outputs } of parts) {
        const { outputs: due } = await fullPass(model, first(begin + 1));
        const last = slice(due.logits!, 1, begin, 1);
        expectNear(outputs.logits, last, 1e-9, `logits of position ${begin}`);
      }
    });
  });

  it("a step of several tokens gives what a whole pass gives its last positions", async () => {
    await on(built, "reference", async (model) => {
      const { parts } = await inPieces(model, first(19), [6, 9, 4]);
      for (const { begin, length: n, outputs } of parts) {
        const { outputs: due } = await fullPass(model, first(begin + n));
        expectNear(outputs.logits, slice(due.logits!, 1, begin, n), 1e-9, `logits from ${begin}`);
      }
    });
  });

  it.each(targets.filter((t) => t !== "reference"))(
    "decoding step by step is the reference's decoding: %s",
    { timeout: SLOW },
    async (target) => {
      const due = await on(built, "reference", (model) => inPieces(model, inputs, [9, 1, 7, 1, 1, 1, 1]));
      const { parts, states } = await on(built, target, (model) =>
        inPieces(model, inputs, [9, 1, 7, 1, 1, 1, 1]),
      );
      for (const [i, { begin, outputs }] of parts.entries()) {
        const what = `logits from position ${begin}`;
        expectNear(outputs.logits, due.parts[i]!.outputs.logits!, toleranceOf(target), what);
      }
      for (const [name, state] of Object.entries(due.states))
        expectNear(states[name], state, toleranceOf(target), name);
    },
  );

  it("decoding is near the whole pass: exact in the first chunk, bounded behind it", async () => {
    const { parts } = await on(built, "reference", (model) => inPieces(model, inputs, ones));
    const off = parts.map(({ begin, outputs }) =>
      distance(outputs.logits!, slice(whole.outputs.logits!, 1, begin, 1)),
    );
    // A whole pass sorts later tokens among earlier ones, and so shows these others of those before them.
    expect(Math.max(...off.slice(1))).toBeGreaterThan(1e-3);
    expect(off.reduce((sum, d) => sum + d, 0) / off.length).toBeLessThan(0.35);
    expect(off.at(-1)).toBeLessThan(1e-9);
  });
});

/** The root mean square of a difference, relative to what was expected. */
function distance(actual: HostTensor, expected: HostTensor): number {
  let [error, size] = [0, 0];
  for (const [i, e] of expected.data.entries()) {
    error += (actual.data[i]! - e) ** 2;
    size += e ** 2;
  }
  return Math.sqrt(error / size);
}
