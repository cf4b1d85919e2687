import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { generate } from "../../runtime/generate.js";
import type { HostTensor, Model } from "../../runtime/model.js";
import { Session } from "../../runtime/session.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("llama.json"), "utf8")) as {
  parameters: number;
  pieces: number[];
  window: number;
};
const peer = await readTensors(fixture("llama.safetensors"));
const spec = "test/parity/fixtures/llama.arch";

/** The peer takes norms and angles in single precision, whatever the type of its weights. */
const within = (target: string) => Math.max(toleranceOf(target), 1e-5);

/** Our build with the peer's weights; every weight must have one. */
const buildOf = (model: string) =>
  buildWith(modelOf(spec, model), (name) => {
    const weight = peer[name];
    if (!weight) throw new Error(`the peer has no \`${name}\``);
    return weight.data;
  });
const built = await buildOf("SmallLlama");

/** The second of two sequences is shorter: padding follows it. */
const inputs: Tensors = {
  input_ids: peer["expected.input_ids"]!,
  attention_mask: peer["expected.attention_mask"]!,
};

describe("a Llama of Python's transformers with the same weights", () => {
  it("has the same weights: names, shapes, count", () => {
    const { start } = modelOf(spec, "SmallLlama");
    const ours = start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [[p.name, p.value.shape.map((d) => Number(d.int))] as const] : [],
    );
    const theirs = Object.entries(peer).filter(([name]) => !name.startsWith("expected."));
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs.map(([name, t]) => [name, t.shape])));
    expect(figure(spec, "SmallLlama", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)("gives the same logits and caches in one pass: %s", async (target) => {
    const { outputs, states } = await on(built, target, (model) => fullPass(model, inputs));
    expectNear(outputs.logits, peer["expected.logits"]!, within(target), "logits");
    expectCaches(states, target);
  });

  it.each(targets)(
    "gives the same logits and caches with its cache, in pieces of the peer's: %s",
    async (target) => {
      const { parts, states } = await on(built, target, (model) => inPieces(model, inputs, about.pieces));
      for (const { begin, length, outputs } of parts) {
        const due = slice(peer["expected.logits_cached"]!, 1, begin, length);
        expectNear(
          outputs.logits,
          due,
          within(target),
          `logits of positions ${begin} to ${begin + length - 1}`,
        );
      }
      expectCaches(states, target);
    },
  );

  it.each(targets)("gives the same logits one token at a time: %s", { timeout: SLOW }, async (target) => {
    const length = inputs.input_ids!.shape[1]!;
    const ones = new Array<number>(length).fill(1);
    const { parts } = await on(built, target, (model) => inPieces(model, inputs, ones));
    expect(parts).toHaveLength(length);
    for (const { begin, outputs } of parts) {
      expectNear(
        outputs.logits,
        slice(peer["expected.logits"]!, 1, begin, 1),
        within(target),
        `logits of position ${begin}`,
      );
    }
  });
});

describe.each(["SmallMistral", "SmallBoundedMistral"])(
  "a Mistral with the same weights: %s",
  async (name) => {
    const windowed = await buildOf(name);
    const due = peer["expected.logits_windowed"]!;
    const length = inputs.input_ids!.shape[1]!;
    /** Logits of positions from `begin` on, of tokens alone: what stands at padding means nothing. */
    const expectTokens = (logits: HostTensor, begin: number, target: string) => {
      const mask = slice(inputs.attention_mask!, 1, begin, logits.shape[1]!);
      for (const row of [0, 1]) {
        const real = Array.from(slice(mask, 0, row, 1).data).filter((m) => m === 1).length;
        const part = (t: HostTensor, from: number) => slice(slice(t, 0, row, 1), 1, from, real);
        const what = `logits of row ${row} from ${begin} on`;
        expectNear(part(logits, 0), part(due, begin), within(target), what);
      }
    };
    /** Of a cache that is bounded, the last places; of any other, all. */
    const expectKept = (states: Tensors) => {
      const kept = name === "SmallMistral" ? length : about.window - 1;
      for (const state of Object.values(states)) expect(state.shape).toEqual([2, 2, kept, 8]);
    };

    it.each(targets)("sees no further than its window: %s", async (target) => {
      const { outputs, states } = await on(windowed, target, (model) => fullPass(model, inputs));
      expectTokens(outputs.logits!, 0, target);
      expectKept(states);
    });

    it.each(targets)("goes on from its cache: %s", { timeout: SLOW }, async (target) => {
      const pieces = [2, 2, 8, 1];
      const { parts, states } = await on(windowed, target, (model) => inPieces(model, inputs, pieces));
      for (const { begin, outputs } of parts) expectTokens(outputs.logits!, begin, target);
      expectKept(states);
    });
  },
);

describe("a session over a padding mask", () => {
  const context = 10;
  const of = (model: Model) => new Session(model, { ...built.manifest, context });

  it("continues with the mask of all positions", async () => {
    await on(built, "onnx", async (model) => {
      const session = new Session(model, built.manifest);
      const piece = (begin: number, end: number): Tensors => ({
        input_ids: slice(inputs.input_ids!, 1, begin, end - begin),
        attention_mask: slice(inputs.attention_mask!, 1, 0, end),
      });
      await session.start(piece(0, 8));
      const { logits } = await session.step(piece(8, 13));
      expectNear(logits, slice(peer["expected.logits"]!, 1, 8, 5), 1e-4, "logits of the second piece");
    });
  });

  it("runs anew from the last positions where the context is full", async () => {
    await on(built, "onnx", async (model) => {
      const session = of(model);
      const whole = {
        input_ids: slice(inputs.input_ids!, 1, 0, 11),
        attention_mask: slice(inputs.attention_mask!, 1, 0, 11),
      };
      const from = (begin: number, length: number, maskFrom: number): Tensors => ({
        input_ids: slice(whole.input_ids, 1, begin, length),
        attention_mask: slice(whole.attention_mask, 1, maskFrom, begin + length - maskFrom),
      });
      await session.start(from(0, 10, 0));
      const { logits } = await session.step(from(10, 1, 0));
      expect(session.recomputed).toBe(1);
      const last = await fullPass(model, from(6, 5, 6));
      expectNear(logits, slice(last.outputs.logits!, 1, 4, 1), 1e-5, "logits of the last position");
    });
  });

  it("generates what the whole pass would say next", async () => {
    await on(built, "onnx", async (model) => {
      const prompt = [3, 1, 4, 1, 5];
      const ids: number[] = [];
      for await (const id of generate(of(model), { prompt, tokens: 4, temperature: 0 })) ids.push(id);
      for (const [i, id] of ids.entries()) {
        const data = Int32Array.from([...prompt, ...ids.slice(0, i)]);
        const shape = [1, data.length];
        const { outputs } = await fullPass(model, {
          input_ids: { dtype: "i32", shape, data },
          attention_mask: { dtype: "i32", shape, data: data.map(() => 1) },
        });
        const row = Array.from(outputs.logits!.data.slice(-256));
        expect(id).toBe(row.indexOf(Math.max(...row)));
      }
    });
  });
});

/** Caches have the layout of transformers: batch, heads, positions, head size. */
function expectCaches(states: Tensors, target: string): void {
  expect(Object.keys(states)).toHaveLength(6);
  for (const [name, state] of Object.entries(states)) {
    expectNear(state, peer[name.replace("past_key_values", "expected.present")]!, within(target), name);
  }
}
