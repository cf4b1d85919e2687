import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Session } from "../../runtime/session.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("marian.json"), "utf8")) as {
  parameters: number;
  pieces: number[];
};
const peer = await readTensors(fixture("marian.safetensors"));
const spec = "test/parity/fixtures/marian.arch";

/** The peer's sines are in single precision, whatever the type of its weights. */
const within = (target: string) => Math.max(toleranceOf(target), 1e-5);

/** Our build with the peer's weights; every weight must have one. */
const built = await buildWith(modelOf(spec, "SmallMarian"), (name) => {
  const weight = peer[name];
  if (!weight) throw new Error(`the peer has no \`${name}\``);
  return weight.data;
});

/** The second of two sequences to read is shorter: padding follows it. */
const inputs: Tensors = Object.fromEntries(
  ["input_ids", "attention_mask", "decoder_input_ids"].map((name) => [name, peer[`expected.${name}`]!]),
);

describe("a Marian of Python's transformers with the same weights", () => {
  it("has the same weights: names, shapes, count", () => {
    const { start } = modelOf(spec, "SmallMarian");
    const ours = start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [[p.name, p.value.shape.map((d) => Number(d.int))] as const] : [],
    );
    const theirs = Object.entries(peer).filter(([name]) => !name.startsWith("expected."));
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs.map(([name, t]) => [name, t.shape])));
    expect(figure(spec, "SmallMarian", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)("gives the same logits and caches in one pass: %s", async (target) => {
    const { outputs, states } = await on(built, target, (model) => fullPass(model, inputs));
    expectNear(outputs.logits, peer["expected.logits"]!, within(target), "logits");
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
        const due = slice(peer["expected.logits"]!, 1, begin, length);
        expectNear(outputs.logits, due, within(target), `logits from position ${begin}`);
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
      expectNear(logits, slice(peer["expected.logits"]!, 1, 5, 3), 1e-4, "logits of the second step");
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
    expectNear(state, peer[name.replace("past_key_values", "expected.present")]!, within(target), name);
  }
}
