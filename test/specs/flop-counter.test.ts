import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { costOf } from "../../compiler/cost/analyse.js";
import { figure, modelOf } from "../parity/models.js";
import { stepOf } from "../train/support.js";

interface Row {
  readonly spec: string;
  readonly model: string;
  readonly parameters: number;
  readonly batch: number;
  readonly seq: number;
  readonly past: number;
  readonly flops: number;
  /** Forwards and backwards from the cross-entropy of the logits; null where there is none to count. */
  readonly train: number | null;
}

/** What PyTorch's FlopCounterMode counted on `transformers`' models with eager attention (tools/fixtures/flops.py). */
const { rows } = JSON.parse(readFileSync(new URL("./fixtures/flops.json", import.meta.url), "utf8")) as {
  rows: readonly Row[];
};

it.each(rows)("$model at $batch x $seq after $past: parameters and FLOPs of FlopCounterMode", (row) => {
  const at = { batch: BigInt(row.batch), seq: BigInt(row.seq), past: BigInt(row.past) };
  const spec = `specs/${row.spec}`;
  expect(figure(spec, row.model, "params.total")).toBe(BigInt(row.parameters));
  expect(figure(spec, row.model, "flops.forward", at)).toBe(BigInt(row.flops));
});

const trained = rows.filter((row) => row.train !== null);

const specs = new Map(trained.map(({ model, spec }) => [model, spec]));

describe.each([...specs])("%s in training", (model, spec) => {
  // Nothing that the loss or an optimizer does is a product of matrices.
  const { flops } = costOf(stepOf(modelOf(`specs/${spec}`, model)).graph);
  it.each(trained.filter((row) => row.model === model))(
    "at $batch x $seq: the FLOPs of FlopCounterMode forwards and backwards, three times those forwards",
    ({ batch, seq, train, flops: forwards }) => {
      expect(flops.evaluate({ batch: BigInt(batch), seq: BigInt(seq) })).toEqual([BigInt(train!), 1n]);
      // Both factors of every product depend on weights: even the first layer's, on the embedding.
      expect(train).toBe(3 * forwards);
    },
  );
});

it("counts training for a model of each kind that has logits", () => {
  expect([...specs.keys()]).toEqual(["Gpt2Small", "Gpt2XL", "BertBasePretraining", "TinyLlama"]);
});

it("holds the three models that issue 4 names, whole passes and steps", () => {
  expect(new Set(rows.map((r) => r.model))).toEqual(
    new Set(["Gpt2Small", "Gpt2XL", "BertBase", "BertLarge", "BertBasePretraining", "TinyLlama"]),
  );
  expect(rows.filter((r) => r.past > 0).map((r) => r.model)).toEqual(["Gpt2Small", "TinyLlama"]);
});
