import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Session } from "../../runtime/session.js";
import { exported } from "./exported.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("marian.json"), "utf8")) as {
  parameters: number;
  biases: number;
  pieces: number[];
};
const due = await readTensors(fixture("marian.expected.safetensors"));
const file = fixture("marian.weights.safetensors");
const spec = "test/parity/fixtures/marian.arch";

/** The peer's sines are in single precision, whatever the type of its weights. */
const within = (target: string) => Math.max(toleranceOf(target), 1e-5);

const built = await buildFrom(modelOf(spec, "SmallMarian"), file);

/** The second of two sequences to read is shorter: padding follows it. */
const inputs: Tensors = Object.fromEntries(
  ["input_ids", "attention_mask", "decoder_input_ids"].map((name) => [name, due[name]!]),
);

describe("a Marian of Python's transformers, its file read by the checkpoint", () => {
  it("has as many parameters, and the biases of the head, which the peer does not count", () => {
    const total = BigInt(about.parameters + about.biases);
    expect(figure(spec, "SmallMarian", "params.total")).toBe(total);
  });

  it("comes back as it was", async () => {
    expect(await exported(built)).toEqual(await readTensors(file));
  });

  it.each(targets)("gives the same logits and caches in one pass: %s", async (target) => {
    const { outputs, states } = await on(built, target, (model) => fullPass(model, inputs));
    expectNear(outputs.logits, due.logits!, within(target), "logits");
    expectCaches(states, target);
  });

  it.each(targets)(
    "gives the same logits and caches with its caches, in pieces of the peer's: %s",
    { timeout: SLOW },
    async (target) => {
      const { parts, states } = await on(built, target, (model) =>
        inPieces(model, inputs, about.pieces, ["decoder_input_ids"]),
      );
      for (const { begin, length, outputs } of parts) {
        const part = slice(due.logits!, 1, begin, length);
        expectNear(outputs.logits, part, within(target), `logits from position ${begin}`);
      }
      expectCaches(states, target);
    },
  );

  it("looks at what it reads in the first step alone", async () => {
    await on(built, "onnx", async (model) => {
      const session = new Session(model, built.manifest);
      const written = inputs.decoder_input_ids!;
      await session.start({ ...inputs, decoder_input_ids: slice(written, 1, 0, 5) });
      const { input_ids } = inputs;
      const other = { ...input_ids!, data: input_ids!.data.map(() => 7) };
      const { logits } = await session.step({
        ...inputs,
        input_ids: other,
        decoder_input_ids: slice(written, 1, 5, 3),
      });
      expectNear(logits, slice(due.logits!, 1, 5, 3), 1e-4, "logits of the second step");
    });
  });
});

/** Caches have the names and the layout of transformers: batch, heads, positions, head size. */
function expectCaches(states: Tensors, target: string): void {
  expect(Object.keys(states).sort()).toEqual(
    [0, 1].flatMap((n) =>
      ["decoder.key", "decoder.value", "encoder.key", "encoder.value"].map(
        (s) => `past_key_values.${n}.${s}`,
      ),
    ),
  );
  for (const [name, state] of Object.entries(states)) {
    expectNear(state, due[name.replace("past_key_values", "present")]!, within(target), name);
  }
}
