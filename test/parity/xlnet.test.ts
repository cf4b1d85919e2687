import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import { inSegments } from "./segments.js";
import { buildFrom, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

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

const plain = ["input_ids", "attention_mask", "token_type_ids"];
const segments = (names: readonly string[]) =>
  about.segments.map((_, i) => Object.fromEntries(names.map((name) => [name, peer[`${i}.${name}`]!])));

describe("an XLNet of Python's transformers with the same weights", () => {
  it("has as many parameters", () => {
    expect(figure(spec, "SmallXLNetLM", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)(
    "gives the same states and memory, segment by segment: %s",
    { timeout: SLOW },
    async (target) => {
      for (const [i, { outputs, states }] of (await inSegments(content, target, segments(plain))).entries()) {
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
      const given = segments([...plain, "perm_mask", "target_mapping"]);
      for (const [i, { outputs }] of (await inSegments(streams, target, given)).entries()) {
        expectNear(outputs.logits, peer[`${i}.logits`]!, tolerance(target), `segment ${i}`);
      }
    },
  );
});

describe("segments through a memory that is long enough", () => {
  const [BATCH, LENGTH] = [2, 6];
  const ids: HostTensor = {
    dtype: "i32",
    shape: [BATCH, LENGTH],
    data: Int32Array.from({ length: BATCH * LENGTH }, (_, i) => (i * 37 + 5) % 96),
  };
  const all = (value: number): HostTensor => ({ ...ids, data: new Int32Array(BATCH * LENGTH).fill(value) });
  const matrix = (length: number, is: (t: number, j: number) => boolean): HostTensor => ({
    dtype: "f32",
    shape: [BATCH, length, length],
    data: Float32Array.from({ length: BATCH * length * length }, (_, i) =>
      is(Math.floor(i / length) % length, i % length) ? 1 : 0,
    ),
  });
  /** A query for each position, which sees what is not hidden. */
  const queries = (length: number, hides: (t: number, j: number) => boolean) => ({
    perm_mask: matrix(length, hides),
    target_mapping: matrix(length, (t, j) => t === j),
  });

  it.each(targets)(
    "are one pass in which no position sees a later segment, or itself: %s",
    { timeout: SLOW },
    async (target) => {
      const segmentOf = (t: number) => (t < 2 ? 0 : t < 5 ? 1 : 2);
      const hides = (t: number, j: number) => segmentOf(j) > segmentOf(t) || t === j;
      const inputs = { input_ids: ids, attention_mask: all(1), token_type_ids: all(0) };
      const { outputs } = await on(streams, "reference", (model) =>
        fullPass(model, { ...inputs, ...queries(LENGTH, hides) }),
      );
      const cuts = [0, 2, 5].map((begin, i, begins) => ({
        begin,
        length: (begins[i + 1] ?? LENGTH) - begin,
      }));
      const given = cuts.map(({ begin, length }) => ({
        ...Object.fromEntries(Object.entries(inputs).map(([n, t]) => [n, slice(t, 1, begin, length)])),
        ...queries(length, (t, j) => t === j),
      }));
      for (const [i, { outputs: actual }] of (await inSegments(streams, target, given)).entries()) {
        const { begin, length } = cuts[i]!;
        const due = slice(outputs.logits!, 1, begin, length);
        expectNear(actual.logits, due, toleranceOf(target), `logits from position ${begin}`);
      }
    },
  );
});
