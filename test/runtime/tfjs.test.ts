import { describe, expect, it } from "vitest";
import { openBackend } from "../../runtime/backends.js";
import { expectClose } from "../emit/tfjs/close.js";
import { config, drawn, expected, manifest, miniGpt, tokens } from "./mini.js";
import { present } from "./present.js";

for (const { name, backend, absent } of await present()) {
  describe.skipIf(!backend)(backend ? `a GPT on ${name}` : `a GPT on ${name}: left out, ${absent}`, () => {
    it("gives the numbers of the reference evaluator", async () => {
      const model = miniGpt(backend!);
      const rows = drawn(2, 7, "whole");
      const { outputs, state } = await model.run("start", tokens(...rows));
      expect(outputs.logits!.shape).toEqual([2, 7, config.vocab]);
      expectClose(outputs.logits!.data, expected(rows).data, 1e-4);
      state.dispose();
      await model.dispose();
    });

    it("gives the same step by step as at once", async () => {
      const model = miniGpt(backend!);
      const rows = drawn(2, 8, "steps");
      const all = expected(rows);
      let { outputs, state } = await model.run("start", tokens(...rows.map((r) => r.slice(0, 3))));
      for (const [from, to] of [
        [3, 4],
        [4, 7],
        [7, 8],
      ] as const) {
        const before = state;
        ({ outputs, state } = await model.run("step", tokens(...rows.map((r) => r.slice(from, to))), before));
        before.dispose();
        expect(state.past).toBe(to);
        const wanted = rows.flatMap((_, row) => [
          ...all.data.slice((row * 8 + from) * config.vocab, (row * 8 + to) * config.vocab),
        ]);
        expectClose(outputs.logits!.data, wanted, 1e-4);
      }
      const read = await state.read();
      expect(read["blocks.1.attn.values"]!.shape).toEqual([2, config.heads, 8, config.dim / config.heads]);
      state.dispose();
      await model.dispose();
    });

    it("leaves no tensor behind", async () => {
      const { tf } = backend!;
      const before = tf.memory().numTensors;
      const model = miniGpt(backend!);
      const loaded = tf.memory().numTensors;
      for (let round = 0; round < 3; round++) {
        let { state } = await model.run("start", tokens([1, 2, 3]));
        expect(tf.memory().numTensors).toBe(loaded + manifest.states.length);
        for (let i = 0; i < 3; i++) {
          const last = state;
          ({ state } = await model.run("step", tokens([i]), last));
          last.dispose();
          expect(tf.memory().numTensors).toBe(loaded + manifest.states.length);
        }
        state.dispose();
        expect(tf.memory().numTensors).toBe(loaded);
      }
      await model.dispose();
      expect(tf.memory().numTensors).toBe(before);
    });

    it("keeps a state valid after a step from it", async () => {
      const model = miniGpt(backend!);
      const { state } = await model.run("start", tokens([5, 6]));
      const one = await model.run("step", tokens([7]), state);
      const two = await model.run("step", tokens([7]), state);
      expect(two.outputs.logits!.data).toEqual(one.outputs.logits!.data);
      for (const s of [state, one.state, two.state]) s.dispose();
      await model.dispose();
    });

    it("leaves nothing behind after a run that fails", async () => {
      const { tf } = backend!;
      const model = miniGpt(backend!);
      const before = tf.memory().numTensors;
      await expect(model.run("start", tokens([1, 61]))).rejects.toThrow(
        "input `input_ids` holds 61 (element 1); it must be from 0 to 60",
      );
      await expect(model.run("start", tokens([1, -1]))).rejects.toThrow("holds -1 (element 1)");
      await expect(model.run("step", tokens([1]))).rejects.toThrow(
        "`step` needs the state of the previous run",
      );
      await expect(model.run("start", {})).rejects.toThrow("input `input_ids` is missing");
      expect(tf.memory().numTensors).toBe(before);
      await model.dispose();
      await expect(model.run("start", tokens([1]))).rejects.toThrow("disposed");
    });
  });
}

describe("two backends in one process", () => {
  it("do not change each other's runs", async () => {
    const models = [miniGpt(await openBackend("wasm")), miniGpt(await openBackend("cpu"))];
    const rows = drawn(1, 6, "two");
    const wanted = expected(rows);
    const runs = await Promise.all([0, 1, 0, 1].map((i) => models[i]!.run("start", tokens(...rows))));
    for (const { outputs, state } of runs) {
      expectClose(outputs.logits!.data, wanted.data, 1e-4);
      state.dispose();
    }
    for (const model of models) await model.dispose();
  });
});

describe("a tensor that is too large for the backend", () => {
  it("is refused with both sizes before anything runs", async () => {
    const wasm = await openBackend("wasm");
    const model = miniGpt({ ...wasm, limits: { tensor: 2 ** 12, total: undefined } });
    await expect(model.run("start", tokens(...drawn(4, 12, "large")))).rejects.toThrow(
      /^the largest tensor at past 0, batch 4, seq 12 takes \d.*, but a tensor on `wasm`.* can take at most/,
    );
    await model.dispose();
  });
});
