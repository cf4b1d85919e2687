import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import type { HostTensor, Model } from "../../runtime/model.js";
import { Session } from "../../runtime/session.js";
import { figure, modelOf, service } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { stirred } from "./stirred.js";
import { type Built, buildFrom, buildWith, on, readTensors, SLOW, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("perceiver-ar.json"), "utf8")) as {
  parameters: Record<string, number>;
};
const peers = "test/parity/fixtures/perceiver-ar.arch";
const small = "specs/small-perceiver-ar.arch";

describe.each([
  ["krasserm", "Krasserm"],
  ["lucidrains", "Lucidrains"],
])("a Perceiver AR for PyTorch, its file read by the checkpoint: %s", (name, model) => {
  let built: Built;
  let due: Tensors;

  beforeAll(async () => {
    built = await buildFrom(modelOf(peers, model), fixture(`perceiver-ar-${name}.weights.safetensors`));
    due = await readTensors(fixture(`perceiver-ar-${name}.expected.safetensors`));
  });

  it("has as many parameters", () => {
    expect(figure(peers, model, "params.total")).toBe(BigInt(about.parameters[name]!));
  });

  it.each(targets)("gives the same logits of the last positions: %s", { timeout: SLOW }, async (target) => {
    const { outputs } = await on(built, target, (run) => fullPass(run, { input_ids: due.input_ids! }));
    // The peers' frequencies are single precision, whatever the type of their weights.
    expectNear(outputs.logits, due.logits!, Math.max(toleranceOf(target), 1e-5), "logits");
  });
});

const LENGTH = 11;
const ids: HostTensor = {
  dtype: "i32",
  shape: [2, LENGTH],
  data: Int32Array.from({ length: 2 * LENGTH }, (_, i) => (i * 37 + 11) % 64),
};
const first = (length: number): Tensors => ({ input_ids: slice(ids, 1, 0, length) });

describe.each(service.models(small))("%s", (model) => {
  let built: Built;
  beforeAll(async () => {
    built = await buildWith(modelOf(small, model), stirred);
  });

  it("reads all that is before the latents, and nothing behind a position", async () => {
    const logits = async (change: number) => {
      const data = Int32Array.from(ids.data);
      data[change] = (data[change]! + 1) % 64;
      const { outputs } = await on(built, "reference", (run) =>
        fullPass(run, { input_ids: { ...ids, data } }, { latents: 4 }),
      );
      return slice(outputs.logits!, 0, 0, 1);
    };
    const due = await logits(2 * LENGTH - 1);
    expect(due.shape).toEqual([1, 4, 256]);
    const early = await logits(0);
    for (let n = 0; n < 4; n++) expect(slice(early, 1, n, 1)).not.toEqual(slice(due, 1, n, 1));
    const late = await logits(LENGTH - 2);
    expect(slice(late, 1, 0, 2)).toEqual(slice(due, 1, 0, 2));
    for (let n = 2; n < 4; n++) expect(slice(late, 1, n, 1)).not.toEqual(slice(due, 1, n, 1));
  });

  it.each(targets)("a step is a pass with as many more latents: %s", { timeout: SLOW }, async (target) => {
    const whole = await on(built, "reference", (run) => fullPass(run, first(LENGTH), { latents: 6 }));
    await on(built, target, async (run) => {
      let { state } = await run.run("start", first(LENGTH - 4), undefined, { latents: 2 });
      expect([state.past, state.kept]).toEqual([
        LENGTH - 4,
        target === "reference" ? {} : { past_latents: 2 },
      ]);
      for (const [begin, length] of [
        [LENGTH - 4, 1],
        [LENGTH - 3, 3],
      ] as const) {
        const next = await run.run("step", { input_ids: slice(ids, 1, begin, length) }, state);
        state.dispose();
        state = next.state;
        const due = slice(whole.outputs.logits!, 1, begin - (LENGTH - 6), length);
        expectNear(next.outputs.logits, due, toleranceOf(target), `logits from ${begin} on`);
      }
      const states = await state.read();
      for (const [name, tensor] of Object.entries(whole.states))
        expectNear(states[name], tensor, toleranceOf(target), name);
    });
  });

  it("begins anew with half of the latents when there are as many as there may be", async () => {
    await on(built, "onnx", async (run) => {
      const session = new Session(run, built.manifest);
      await session.start(first(4));
      const got: HostTensor[] = [];
      for (let i = 4; i < LENGTH; i++)
        got.push((await session.step({ input_ids: slice(ids, 1, i, 1) })).logits!);
      // Four latents, then five and six, then three anew, four, five, six, three anew.
      const due = await Promise.all(
        [5, 6, 3, 4, 5, 6, 3].map(async (latents, i) => lastOf(run, first(5 + i), latents)),
      );
      expect(session.recomputed).toBe(2);
      for (const [i, logits] of due.entries()) {
        expect(got[i]!.shape).toEqual([2, 1, 256]);
        expectNear(got[i], logits, 1e-5, `logits of position ${4 + i}`);
      }
    });
  });

  it.each(targets)(
    "more latents than inputs are as many as there are inputs: %s",
    { timeout: SLOW },
    async (target) => {
      for (const length of [1, 3, 5]) {
        // A latent without an input of its own sees nothing and is seen by none: the official code pads and masks it.
        const due = await on(built, "reference", (run) => fullPass(run, first(length), { latents: length }));
        expect(due.outputs.logits!.shape).toEqual([2, length, 256]);
        for (const latents of [length + 1, 6, 20]) {
          const { outputs, states } = await on(built, target, (run) =>
            fullPass(run, first(length), { latents }),
          );
          const what = `${latents} latents for ${length} inputs`;
          expectNear(outputs.logits, due.outputs.logits!, toleranceOf(target), what);
          expect(Object.keys(states).sort()).toEqual(Object.keys(due.states).sort());
          for (const [name, state] of Object.entries(due.states))
            expectNear(states[name], state, toleranceOf(target), `${what}: ${name}`);
        }
      }
    },
  );

  it("goes on from fewer inputs than latents until there are as many, and refuses more than it has room for", async () => {
    await on(built, "onnx", async (run) => {
      const session = new Session(run, built.manifest);
      session.counts = { latents: 20 };
      await session.start(first(2));
      for (let i = 2; i < 6; i++) {
        const { logits } = await session.step({ input_ids: slice(ids, 1, i, 1) });
        expectNear(logits, await lastOf(run, first(i + 1), i + 1), 1e-5, `logits of position ${i}`);
      }
      expect(session.recomputed).toBe(0);
      await expect(session.start(first(7))).rejects.toThrow(
        "has room for no more: `min(latents, seq)` (7) is more than 6",
      );
    });
  });

  it("is asked for numbers that it has", async () => {
    await on(built, "onnx", async (run) => {
      await expect(run.run("start", first(3), undefined, { latens: 2 })).rejects.toThrow(
        `\`${model}\` has no count \`latens\``,
      );
      await expect(run.run("start", first(3), undefined, { latents: 0 })).rejects.toThrow(
        "`latents` is 0; it must be at least 1",
      );
      await expect(run.run("start", first(3), undefined, { latents: 1.5 })).rejects.toThrow(
        "`latents` is 1.5; it must be a whole number",
      );
    });
  });
});

async function lastOf(run: Model, inputs: Tensors, latents: number): Promise<HostTensor> {
  const { logits } = (await fullPass(run, inputs, { latents })).outputs;
  return slice(logits!, 1, logits!.shape[1]! - 1, 1);
}

describe("keys that are scored piece by piece", () => {
  const built = (name: string) => buildWith(modelOf(small, name), stirred);

  it.each(targets)(
    "give what all at once give, wherever pieces end: %s",
    { timeout: SLOW },
    async (target) => {
      const [whole, pieces] = await Promise.all([built("TinyPerceiverAr"), built("TinyPerceiverArPieces")]);
      // Nothing before the latents; less than a piece of 5, one, one and a rest, two.
      for (const [length, latents] of [
        [3, 6],
        [9, 6],
        [11, 6],
        [11, 3],
        [11, 1],
      ] as const) {
        const run = (model: Model) => fullPass(model, first(length), { latents });
        const due = await on(whole, "reference", run);
        const got = await on(pieces, target, run);
        expectNear(got.outputs.logits, due.outputs.logits!, toleranceOf(target), `${length}, ${latents}`);
      }
    },
  );

  it("cost the same products, and their scores no memory that grows with the input", () => {
    const at = { seq: 65_536n, latents: 1024n };
    const long = (name: string, figureName: string) =>
      figure("specs/perceiver-ar.arch", name, figureName, at);
    const scores = 4n * 16n * 1024n * 65_536n;
    expect(long("PerceiverArCopy", "memory.inference") < scores).toBe(true);
    const flops = (name: string, seq: bigint) => figure(small, name, "flops.forward", { seq, latents: 6n });
    for (const seq of [4n, 6n, 10n, 11n, 20n, 24n])
      expect(flops("TinyPerceiverArPieces", seq)).toBe(flops("TinyPerceiverAr", seq));
  });
});

describe("its cost", () => {
  const at = (seq: bigint, latents: bigint) => ({ seq, latents });
  const name = "TinyPerceiverAr";

  it("grows with the input as its cross-attention alone does, and with the latents as a decoder's", () => {
    const cost = (seq: bigint, latents: bigint) => figure(small, name, "flops.forward", at(seq, latents));
    // Keys and values of a position, and each latent's scores and sums over it.
    expect(cost(21n, 6n) - cost(20n, 6n)).toBe(2n * 32n * (2n * 32n + 2n * 6n));
    expect(cost(22n, 6n) - cost(21n, 6n)).toBe(cost(21n, 6n) - cost(20n, 6n));
  });

  it("is of no more latents than there are inputs", () => {
    for (const name of ["flops.forward", "memory.inference", "memory.cache"]) {
      const cost = (latents: bigint) => figure(small, "TinyPerceiverAr", name, at(4n, latents));
      expect([cost(5n), cost(6n), cost(20n)]).toEqual([cost(4n), cost(4n), cost(4n)]);
      expect(cost(3n)).toBeLessThan(cost(4n));
    }
  });

  it("keeps keys and values of all positions once, and of the latents in each block", () => {
    const cache = figure(small, name, "memory.cache", at(20n, 6n));
    expect(cache).toBe(4n * 2n * 32n * (20n + 2n * 6n));
  });
});
