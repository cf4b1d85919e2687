import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor, StateHandle } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { type Built, buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("xlnet.json"), "utf8")) as {
  segments: number[];
  parameters: number;
};
const peer = await readTensors(fixture("xlnet.safetensors"));
const spec = "test/parity/fixtures/xlnet.arch";
const weights = fixture("xlnet-peer.safetensors");
const content = await buildFrom(modelOf(spec, "SmallXLNet"), weights);
const streams = await buildFrom(modelOf(spec, "SmallXLNetLM"), weights);
/** The peer makes its encodings of distances in single precision. */
const tolerance = (target: string) => Math.max(toleranceOf(target), 5e-6);

/** What a run of one segment after another gives, each with the memory that the one before left. */
async function segments(
  built: Built,
  target: string,
  names: readonly string[],
): Promise<{ outputs: Tensors; states: Tensors }[]> {
  return on(built, target, async (model) => {
    const results: { outputs: Tensors; states: Tensors }[] = [];
    let state: StateHandle | undefined;
    for (const i of about.segments.keys()) {
      const inputs = Object.fromEntries(names.map((name) => [name, peer[`${i}.${name}`]!]));
      const result = await model.run(state ? "step" : "start", inputs, state);
      state?.dispose();
      state = result.state;
      results.push({ outputs: result.outputs, states: await state.read() });
    }
    state?.dispose();
    return results;
  });
}

const plain = ["input_ids", "attention_mask", "token_type_ids"];

describe("an XLNet of Python's transformers with the same weights", () => {
  it("has as many parameters", () => {
    expect(figure(spec, "SmallXLNetLM", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)(
    "gives the same states and memory, segment by segment: %s",
    { timeout: SLOW },
    async (target) => {
      for (const [i, { outputs, states }] of (await segments(content, target, plain)).entries()) {
        const due = peer[`${i}.last_hidden_state`]!;
        expectNear(outputs.last_hidden_state, due, tolerance(target), `segment ${i}`);
        for (const [name, memory] of Object.entries(states)) {
          const layer = /\d+/.exec(name)![0];
          expectNear(memory, peer[`${i}.memory.${layer}`]!, tolerance(target), `${name} after segment ${i}`);
        }
        expect(Object.keys(states).length).toBe(2);
      }
    },
  );

  it.each(targets)(
    "guesses the same tokens in a random order, segment by segment: %s",
    { timeout: SLOW },
    async (target) => {
      const results = await segments(streams, target, [...plain, "perm_mask", "target_mapping"]);
      for (const [i, { outputs }] of results.entries()) {
        expectNear(outputs.logits, peer[`${i}.logits`]!, tolerance(target), `segment ${i}`);
      }
    },
  );
});

describe("segments through a memory that is long enough", () => {
  const [BATCH, LENGTH] = [2, 6];
  const pieces = [2, 3, 1];
  const ids: HostTensor = {
    dtype: "i32",
    shape: [BATCH, LENGTH],
    data: Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * 37 + 5) % 96),
  };
  const same = (value: number): HostTensor => ({ ...ids, data: new Int32Array(BATCH * LENGTH).fill(value) });
  /** Each query is what stands at its position, and sees what is not hidden. */
  const whole = (length: number, hides: (t: number, j: number) => boolean) => ({
    perm_mask: matrix(length, hides),
    target_mapping: matrix(length, (t, j) => t === j),
  });
  const matrix = (length: number, is: (t: number, j: number) => boolean): HostTensor => ({
    dtype: "f32",
    shape: [BATCH, length, length],
    data: Float32Array.from({ length: BATCH * length * length }, (_, i) =>
      is(Math.floor(i / length) % length, i % length) ? 1 : 0,
    ),
  });

  it.each(targets)(
    "are one pass in which no position sees a later segment, or itself: %s",
    { timeout: SLOW },
    async (target) => {
      const segmentOf = (t: number) => (t < 2 ? 0 : t < 5 ? 1 : 2);
      const hides = (t: number, j: number) => segmentOf(j) > segmentOf(t) || t === j;
      const inputs = { input_ids: ids, attention_mask: same(1), token_type_ids: same(0) };
      const due = await on(streams, "reference", (m) => fullPass(m, { ...inputs, ...whole(LENGTH, hides) }));
      let begin = 0;
      let state: StateHandle | undefined;
      await on(streams, target, async (model) => {
        for (const length of pieces) {
          const cut = (t: HostTensor) => slice(t, 1, begin, length);
          const piece = Object.fromEntries(Object.entries(inputs).map(([name, t]) => [name, cut(t)]));
          const result = await model.run(
            state ? "step" : "start",
            { ...piece, ...whole(length, (t, j) => t === j) },
            state,
          );
          state?.dispose();
          state = result.state;
          const expected = slice(due.outputs.logits!, 1, begin, length);
          expectNear(result.outputs.logits, expected, toleranceOf(target), `logits from position ${begin}`);
          begin += length;
        }
        state?.dispose();
      });
    },
  );
});
