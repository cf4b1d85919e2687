import { describe, expect, it } from "vitest";
import { openBackend } from "../../runtime/backends.js";
import { generate } from "../../runtime/generate.js";
import type { Manifest } from "../../runtime/manifest.js";
import { Session } from "../../runtime/session.js";
import { expectClose } from "../emit/tfjs/close.js";
import { config, drawn, expected, manifest, miniGpt, tokens } from "./mini.js";

const wasm = await openBackend("wasm");
const open = (over: Partial<Manifest> = {}) => new Session(miniGpt(wasm), { ...manifest, ...over });

/** The last row of logits. */
const last = (data: ArrayLike<number>) => Array.from(data).slice(-config.vocab);

async function generated(
  session: Session,
  options: Omit<Parameters<typeof generate>[1], "prompt"> & { prompt?: number[] },
) {
  const ids: number[] = [];
  for await (const id of generate(session, { prompt: [3, 1, 4], ...options })) ids.push(id);
  return ids;
}

describe("a session", () => {
  it("continues where it was", async () => {
    const session = open();
    const [row] = drawn(1, 9, "session");
    await session.start(tokens(row!.slice(0, 5)));
    for (let i = 5; i < 9; i++) {
      const { logits } = await session.step(tokens([row![i]!]));
      expectClose(logits!.data, last(expected([row!.slice(0, i + 1)]).data), 1e-4);
    }
    expect(session.past).toBe(9);
    await session.dispose();
  });

  it("computes anew from the last half where the context is full", async () => {
    const session = open();
    const [row] = drawn(1, config.context + 1, "full");
    await session.start(tokens(row!.slice(0, config.context)));
    const { logits } = await session.step(tokens([row![config.context]!]));
    expect(session.recomputed).toBe(1);
    expect(session.past).toBe(config.context / 2);
    expect(logits!.shape).toEqual([1, 1, config.vocab]);
    expectClose(logits!.data, last(expected([row!.slice(-config.context / 2)]).data), 1e-4);
    await session.dispose();
  });

  it("runs a model without states over all that it saw", async () => {
    const session = open({ states: [] });
    const rows = drawn(2, 6, "stateless");
    await session.start(tokens(...rows.map((r) => r.slice(0, 4))));
    const { logits } = await session.step(tokens(...rows.map((r) => r.slice(4))));
    const all = expected(rows).data;
    expect(logits!.shape).toEqual([2, 2, config.vocab]);
    const wanted = [0, 1].flatMap((row) => [
      ...all.slice((row * 6 + 4) * config.vocab, (row * 6 + 6) * config.vocab),
    ]);
    expectClose(logits!.data, wanted, 1e-4);
    await session.dispose();
  });

  it("refuses what does not fit, in the words of the spec", async () => {
    const session = open();
    await expect(session.start(tokens(new Array(13).fill(1)))).rejects.toThrow(
      "13 positions do not fit in the context of `gpt`, which is 12",
    );
    await expect(session.start({ ids: tokens([1]).input_ids! })).rejects.toThrow(
      "`gpt` has no input `ids`; it takes `input_ids`",
    );
    const flat = { ...tokens([1]).input_ids!, shape: [1] };
    await expect(session.start({ input_ids: flat })).rejects.toThrow("has shape [1], expected [batch, seq]");
    const empty = { input_ids: { dtype: "i32", shape: [1, 0], data: new Int32Array() } } as const;
    await expect(session.start(empty)).rejects.toThrow("`seq` is 0; it must be at least 1");
    const odd = open({
      assumptions: [
        { left: "mod(seq, 4)", relation: "==", right: "0", reason: "chunks of 4 must fill the sequence" },
      ],
    });
    await expect(odd.start(tokens([1, 2, 3]))).rejects.toThrow(
      "chunks of 4 must fill the sequence: `mod(seq, 4)` (3) is not 0",
    );
    await session.dispose();
    await odd.dispose();
  });
});

describe("generation", () => {
  it("is greedy by default, and the same on every run and backend", async () => {
    const session = open();
    const ids = await generated(session, { tokens: 20 });
    expect(ids).toHaveLength(20);
    expect(session.recomputed).toBeGreaterThan(0);
    expect(await generated(session, { tokens: 20 })).toEqual(ids);
    const onCpu = new Session(miniGpt(await openBackend("cpu")), manifest);
    expect(await generated(onCpu, { tokens: 20 })).toEqual(ids);
    await session.dispose();
    await onCpu.dispose();
  });

  it("depends on the seed alone", async () => {
    const session = open();
    const options = { tokens: 12, temperature: 1.5 };
    const one = await generated(session, { ...options, seed: 1 });
    expect(await generated(session, { ...options, seed: 1 })).toEqual(one);
    expect(await generated(session, { ...options, seed: 2 })).not.toEqual(one);
    await session.dispose();
  });

  it("stops at a stop token, tells its progress, and can be aborted", async () => {
    const session = open();
    const options = { tokens: 9, temperature: 3 };
    const ids = await generated(session, options);
    const at = ids.findIndex((id) => id !== ids[0]);
    const seen: number[] = [];
    const onProgress = (done: number) => seen.push(done);
    expect(await generated(session, { ...options, stop: [ids[at]!], onProgress })).toEqual(
      ids.slice(0, at + 1),
    );
    expect(seen).toEqual(ids.slice(0, at + 1).map((_, i) => i + 1));
    const signal = AbortSignal.abort();
    expect(await generated(session, { tokens: 5, signal })).toEqual([]);
    await session.dispose();
  });

  it("uses the end of a prompt that is longer than the context", async () => {
    const session = open();
    const [prompt] = drawn(1, 40, "long");
    const ids = await generated(session, { tokens: 3, prompt: prompt! });
    expect(ids).toEqual(await generated(session, { tokens: 3, prompt: prompt!.slice(-config.context / 2) }));
    await session.dispose();
  });

  it("says what is wrong with its options", async () => {
    const session = open();
    await expect(generated(session, { tokens: 1, prompt: [] })).rejects.toThrow("the prompt is empty");
    await expect(generated(session, { tokens: -1 })).rejects.toThrow("cannot generate -1 tokens");
    await expect(generated(session, { tokens: 1, temperature: -1 })).rejects.toThrow("temperature -1");
    await expect(generated(session, { tokens: 1, topK: 0 })).rejects.toThrow("top-k 0");
    await expect(generated(session, { tokens: 1, topP: 1.5 })).rejects.toThrow("top-p 1.5");
    await session.dispose();
  });
});
