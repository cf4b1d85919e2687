import { describe, expect, test } from "vitest";
import { memoryAt } from "../../compiler/cost/memory.js";
import { metric } from "../../compiler/cost/metrics.js";
import { modelCost } from "../../compiler/cost/model.js";
import { Dim } from "../../compiler/dim/dim.js";
import { verify } from "../../compiler/ir/verify.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";

const service = createService(createNodeHost(new URL("../../specs", import.meta.url).pathname));
const tokens = Dim.symbol("batch").times(Dim.symbol("seq"));
const pairs = tokens.times(Dim.symbol("seq"));

describe("GPT-2 from its spec", () => {
  test.each([
    ["Gpt2Small", 12, 768],
    ["Gpt2Medium", 24, 1024],
    ["Gpt2Large", 36, 1280],
    ["Gpt2XL", 48, 1600],
  ])("%s: flops are L(24Td² + 4T²d) + 2TdV", (name, layers, d) => {
    const { value } = service.instance("gpt2.arch", name);
    const expected = tokens.times(24 * d * d * layers + 2 * d * 50257).plus(pairs.times(4 * d * layers));
    expect(modelCost(value!).costOf(value!.start).flops.equals(expected)).toBe(true);
    expect(verify(modelCost(value!).step)).toEqual([]);
  });
});

describe("the design's sample", () => {
  const { value: model } = service.instance("pkm-lm.arch", "PkmLM");
  const read = (name: string, point: Record<string, bigint>) => {
    const found = metric(model!, name, [], point);
    return found.kind === "value" ? found.value : found.why;
  };

  test("flops by the sheet's closed form", () => {
    const [layers, d, heads, keys, width, k] = [12, 1024, 4, 512, 256, 32];
    const memory = d * heads * width + heads * keys * width + heads * k * d;
    expect(memory).toBe(1_703_936);
    const dense = layers * 4 * d * d + (layers - 1) * 8 * d * d + memory + d * 50257;
    const expected = tokens.times(2 * dense).plus(pairs.times(4 * d * layers));
    expect(modelCost(model!).costOf(model!.start).flops.equals(expected)).toBe(true);
  });

  test("of the memory's table, a token uses heads · k rows", () => {
    const at = { batch: 3n, seq: 512n };
    const [total] = read("params.total", at) as [bigint, bigint];
    expect(read("params.active", at)).toEqual([total - 512n * 512n * 1024n + 4n * 32n * 1024n, 1n]);
  });

  test("the peak is where the memory's rows are gathered", () => {
    const { activations, peak } = memoryAt(modelCost(model!).prefill, { batch: 1n, seq: 512n });
    expect(peak.path).toBe("blocks.5.ffn");
    expect(activations > 512n * 4n * 32n * 1024n * 4n).toBe(true);
  });
});
