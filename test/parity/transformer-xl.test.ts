import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass, inPieces } from "./passes.js";
import { inSegments } from "./segments.js";
import { stirred } from "./stirred.js";
import { type Built, buildFrom, buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("transformer-xl.json"), "utf8")) as {
  segments: number[];
  parameters: Record<string, number>;
};
const spec = "test/parity/fixtures/transformer-xl.arch";
const VOCAB = 60;

interface Peer {
  readonly built: Built;
  readonly results: Readonly<Record<string, HostTensor>>;
}

async function peerOf(model: string, name: string): Promise<Peer> {
  return {
    built: await buildFrom(modelOf(spec, model), fixture(`transformer-xl-${name}-peer.safetensors`)),
    results: await readTensors(fixture(`transformer-xl-${name}.safetensors`)),
  };
}
const peers: Readonly<Record<string, Peer>> = {
  Words: await peerOf("Words", "words"),
  WordsCached: await peerOf("WordsCached", "words"),
  Large: await peerOf("Large", "large"),
  Bytes: await peerOf("Bytes", "bytes"),
};

/** Logits as logarithms of probabilities, which is what the peer gives. */
function logProbabilities(logits: HostTensor): HostTensor {
  const data = Float32Array.from(logits.data);
  for (let row = 0; row < data.length; row += VOCAB) {
    const some = data.subarray(row, row + VOCAB);
    const most = Math.max(...some);
    const mass = most + Math.log(some.reduce((sum, x) => sum + Math.exp(x - most), 0));
    for (const [i, x] of some.entries()) some[i] = x - mass;
  }
  return { ...logits, data };
}

describe("a Transformer-XL of Python's transformers with the same weights", () => {
  it.each([
    ["Words", "words"],
    ["Large", "large"],
    ["Bytes", "bytes"],
  ])("%s has as many parameters", (model, name) => {
    expect(figure(spec, model, "params.total")).toBe(BigInt(about.parameters[name]!));
  });

  describe.each(Object.entries(peers))("%s", (model, { built, results }) => {
    it.each(targets)(
      "gives the same probabilities and memory, segment by segment: %s",
      { timeout: SLOW },
      async (target) => {
        const given = about.segments.map((_, i) => ({ input_ids: results[`${i}.input_ids`]! }));
        for (const [i, { outputs, states }] of (await inSegments(built, target, given)).entries()) {
          const due = results[`${i}.logits`]!;
          expectNear(logProbabilities(outputs.logits!), due, toleranceOf(target), `segment ${i}`);
          for (const layer of model === "WordsCached" ? [] : [0, 1]) {
            const memory = states[`past_state.${layer}.earlier`];
            expectNear(memory, results[`${i}.memory.${layer}`]!, toleranceOf(target), `memory ${layer}`);
          }
        }
      },
    );
  });
});

describe("a sequence in pieces", () => {
  const sequence = (length: number): HostTensor => ({
    dtype: "i32",
    shape: [2, length],
    data: Int32Array.from({ length: 2 * length }, (_, i) => (i * 37 + 5) % VOCAB),
  });
  /** Furthest from the full pass, at each position. */
  async function differences(built: Built, target: string, length: number, pieces: readonly number[]) {
    const input_ids = sequence(length);
    const due = (await on(built, "reference", (model) => fullPass(model, { input_ids }))).outputs.logits!;
    const { parts } = await on(built, target, (model) => inPieces(model, { input_ids }, pieces));
    return parts.flatMap(({ begin, length: size, outputs }) =>
      Array.from({ length: size }, (_, i) => {
        const actual = slice(outputs.logits!, 1, i, 1).data;
        const expected = slice(due, 1, begin + i, 1).data;
        return Math.max(...Array.from(actual, (x, at) => Math.abs(Number(x) - Number(expected[at]!))));
      }),
    );
  }

  // `Large` and `Bytes` see 6 positions wherever segments begin; `Words` sees all that the memory has, which is 6.
  const same = [
    ["Bytes", 14, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]],
    ["Bytes", 14, [9, 1, 4]],
    ["Large", 14, [5, 8, 1]],
    ["Words", 7, [1, 1, 1, 1, 1, 1, 1]],
    ["Words", 7, [4, 3]],
    ["WordsCached", 7, [2, 1, 4]],
  ] as const;
  it.each(same.flatMap((row) => targets.map((target) => [...row, target] as const)))(
    "%s: %i positions are one pass, in %j: %s",
    { timeout: SLOW },
    async (model, length, pieces, target) => {
      const off = await differences(peers[model]!.built, target, length, pieces);
      expect(Math.max(...off)).toBeLessThan(20 * toleranceOf(target));
    },
  );

  it("without `same_length` the memory cuts what a full pass sees, from the first position that loses one", async () => {
    const off = await differences(peers.Words!.built, "reference", 14, new Array<number>(14).fill(1));
    expect(Math.max(...off.slice(0, 7))).toBeLessThan(1e-5);
    expect(Math.min(...off.slice(7))).toBeGreaterThan(1e-4);
    // It is another model by as much as a window of that size is, and no more: nothing of it grows.
    expect(Math.max(...off.slice(7))).toBeLessThan(20);
  });
});

describe("scores by distance", async () => {
  const built = await buildWith(modelOf(spec, "Scores"), stirred);
  const wave = (shape: number[], turn: number): HostTensor => ({
    dtype: "f32",
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => Math.sin(turn * i + 1)),
  });

  it.each(targets)("are those of the shift written as an index: %s", { timeout: SLOW }, async (target) => {
    const inputs = { query: wave([2, 2, 4, 4], 1.3), key: wave([2, 2, 6, 4], 0.7) };
    const { outputs } = await on(built, target, (model) => fullPass(model, inputs));
    expectNear(outputs.library, outputs.indexed!, toleranceOf(target), "scores");
  });
});
