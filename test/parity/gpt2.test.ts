import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("gpt2.json"), "utf8")) as {
  parameters: number;
  pieces: number[];
};
const peer = await readTensors(fixture("gpt2.safetensors"));
const spec = "test/parity/fixtures/gpt2.arch";

/** Our build with the peer's weights; every weight must have one. */
const built = await buildWith(modelOf(spec, "SmallGpt2"), (name) => {
  const weight = peer[name];
  if (!weight) throw new Error(`the peer has no \`${name}\``);
  return weight.data;
});

const ids: Tensors = { input_ids: peer["expected.input_ids"]! };

describe("a GPT-2 of Python's transformers with the same weights", () => {
  it("has the same weights: names, shapes, count", () => {
    const { start } = modelOf(spec, "SmallGpt2");
    const ours = start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [[p.name, p.value.shape.map((d) => Number(d.int))] as const] : [],
    );
    const theirs = Object.entries(peer).filter(([name]) => !name.startsWith("expected."));
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs.map(([name, t]) => [name, t.shape])));
    expect(figure(spec, "SmallGpt2", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)("gives the same logits and caches in one pass: %s", async (target) => {
    const { outputs, states } = await on(built, target, (model) => fullPass(model, ids));
    expectNear(outputs.logits, peer["expected.logits"]!, toleranceOf(target), "logits");
    expectCaches(states, target);
  });

  it.each(targets)(
    "gives the same logits and caches with its cache, in pieces of the peer's: %s",
    async (target) => {
      const { parts, states } = await on(built, target, (model) => inPieces(model, ids, about.pieces));
      for (const { begin, length, outputs } of parts) {
        const due = slice(peer["expected.logits_cached"]!, 1, begin, length);
        expectNear(
          outputs.logits,
          due,
          toleranceOf(target),
          `logits of positions ${begin} to ${begin + length - 1}`,
        );
      }
      expectCaches(states, target);
    },
  );

  it.each(targets)("gives the same logits one token at a time: %s", { timeout: SLOW }, async (target) => {
    const length = ids.input_ids!.shape[1]!;
    const ones = new Array<number>(length).fill(1);
    const { parts } = await on(built, target, (model) => inPieces(model, ids, ones));
    expect(parts).toHaveLength(length);
    for (const { begin, outputs } of parts) {
      expectNear(
        outputs.logits,
        slice(peer["expected.logits"]!, 1, begin, 1),
        toleranceOf(target),
        `logits of position ${begin}`,
      );
    }
  });
});

/** Caches have the layout of transformers: batch, heads, positions, head size. */
function expectCaches(states: Tensors, target: string): void {
  expect(Object.keys(states)).toHaveLength(6);
  for (const [name, state] of Object.entries(states)) {
    expectNear(state, peer[name.replace("past_key_values", "expected.present")]!, toleranceOf(target), name);
  }
}
