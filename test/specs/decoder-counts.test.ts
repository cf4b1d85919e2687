import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { figure, service } from "../parity/models.js";

interface Row {
  readonly spec: string;
  readonly model: string;
  readonly checkpoint: string;
  readonly parameters: number;
  /** Not of a mixture of experts: which run depends on numbers. */
  readonly flops?: number;
  readonly decode?: number;
}

/** What `transformers` and PyTorch's FlopCounterMode count of released configurations (tools/fixtures/decoder_counts.py). */
const { rows, seq } = JSON.parse(
  readFileSync(new URL("./fixtures/decoder-counts.json", import.meta.url), "utf8"),
) as { rows: readonly Row[]; seq: number };

it.each(rows)("$model has the parameters of $checkpoint", ({ spec, model, parameters }) => {
  expect(figure(`specs/${spec}`, model, "params.total")).toBe(BigInt(parameters));
});

describe.each(rows.filter((row) => row.flops !== undefined))(
  "$model has the FLOPs that FlopCounterMode counts",
  ({ spec, model, flops, decode }) => {
    it("of one pass", () => {
      const at = { batch: 1n, seq: BigInt(seq) };
      expect(figure(`specs/${spec}`, model, "flops.forward", at)).toBe(BigInt(flops!));
    });

    it("of one token after others", () => {
      const at = { batch: 1n, seq: 1n, past: BigInt(seq - 1) };
      expect(figure(`specs/${spec}`, model, "flops.decode", at)).toBe(BigInt(decode!));
    });
  },
);

it("holds every model of their specs, but one that test/specs/flop-counter.test.ts holds", () => {
  const specs = [...new Set(rows.map((row) => row.spec))];
  const models = specs.flatMap((spec) => service.models(`specs/${spec}`));
  expect(models.filter((model) => model !== "TinyLlama").sort()).toEqual(rows.map((r) => r.model).sort());
});
