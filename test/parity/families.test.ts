import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { exported } from "./exported.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { type Built, buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

interface Case {
  readonly parameters: number;
  /** The models that read its file, and what each gives. */
  readonly models: Readonly<Record<string, readonly string[]>>;
  /** Where it decodes, the lengths of the pieces that its own caches were tried with. */
  readonly pieces: readonly number[] | null;
}

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/families/${name}`, import.meta.url));
const { cases } = JSON.parse(readFileSync(fixture("about.json"), "utf8")) as {
  cases: Readonly<Record<string, Case>>;
};
const spec = "test/parity/fixtures/families.arch";

/** Peers compute norms, softmax and sines in single precision, whatever the type of their weights. */
const within = (target: string) => Math.max(toleranceOf(target), 1e-5);

/** Parameters of a file that its model has and the peer does not count, or the reverse. */
const counted: Readonly<Record<string, number>> = {
  // Two rows of positions that no token has, on either side; and the head's biases, a buffer of the peer's.
  SmallBart: 64 - 4 * 24,
  // Heads that the model is without: a linear map, a norm, biases for 64 words; a pooler.
  SmallRoberta: -(24 * 24 + 3 * 24 + 64),
  SmallDistilBert: -(24 * 24 + 3 * 24 + 64),
  SmallAlbert: -(24 * 12 + 3 * 12 + 64),
  SmallMpnet: -(24 * 24 + 24),
};

const rows = Object.entries(cases).flatMap(([file, one]) =>
  Object.entries(one.models).map(([model, outputs]) => ({ ...one, file, model, outputs })),
);

describe.each(rows)("$model, of the $file of Python's transformers", (row) => {
  const { file, model, outputs: wanted, pieces } = row;
  const weights = fixture(`${file}.weights.safetensors`);
  let built: Built;
  let inputs: Tensors;
  let due: Tensors;

  beforeAll(async () => {
    const all = Object.entries(await readTensors(fixture(`${file}.expected.safetensors`)));
    const under = (prefix: string) =>
      Object.fromEntries(
        all.flatMap(([name, x]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), x]] : [])),
      );
    [inputs, due] = [under("in."), under("out.")];
    built = await buildFrom(modelOf(spec, model), weights);
  });

  it("has as many parameters", () => {
    expect(Number(figure(spec, model, "params.total"))).toBe(row.parameters + (counted[model] ?? 0));
  });

  it("writes back what it has read", async () => {
    const theirs = await readTensors(weights);
    for (const [name, tensor] of Object.entries(await exported(built))) {
      // A tied table is written under all of its names; rows that no position has are zeros.
      if (theirs[name] && !(model === "SmallBart" && name.includes("embed_positions")))
        expect(tensor, name).toEqual(theirs[name]);
    }
  });

  it.each(targets)("gives the same in one pass, with padding: %s", { timeout: SLOW }, async (target) => {
    const { outputs, states } = await on(built, target, (m) => fullPass(m, inputs));
    expect(Object.keys(outputs)).toEqual(wanted);
    for (const name of wanted) expectNear(outputs[name], due[name]!, within(target), name);
    expectCaches(states, target);
  });

  it.each(pieces ? targets : [])(
    "gives the same with its caches, in pieces of the peer's: %s",
    { timeout: SLOW },
    async (target) => {
      const { parts, states } = await on(built, target, (m) =>
        inPieces(m, inputs, pieces ?? [], ["decoder_input_ids"]),
      );
      for (const { begin, length, outputs } of parts) {
        const part = slice(due.logits!, 1, begin, length);
        expectNear(outputs.logits, part, within(target), `logits from position ${begin}`);
      }
      expectCaches(states, target);
    },
  );

  /** Caches have the names and the layout of transformers: batch, heads, positions, head size. */
  function expectCaches(states: Tensors, target: string): void {
    const names = Object.keys(due).filter((name) => name.startsWith("present."));
    expect(Object.keys(states).sort()).toEqual(
      names.map((n) => n.replace("present.", "past_key_values.")).sort(),
    );
    for (const name of names)
      expectNear(states[name.replace("present.", "past_key_values.")], due[name]!, within(target), name);
  }
});
