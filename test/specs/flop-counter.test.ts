import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { figure } from "../parity/models.js";

interface Row {
  readonly spec: string;
  readonly model: string;
  readonly parameters: number;
  readonly batch: number;
  readonly seq: number;
  readonly past: number;
  readonly flops: number;
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

it("holds the three models that issue 4 names, whole passes and steps", () => {
  expect(new Set(rows.map((r) => r.model))).toEqual(
    new Set(["Gpt2Small", "Gpt2XL", "BertBase", "BertLarge", "TinyLlama"]),
  );
  expect(rows.filter((r) => r.past > 0).map((r) => r.model)).toEqual(["Gpt2Small", "TinyLlama"]);
});
