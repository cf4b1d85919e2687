import { describe, expect, it } from "vitest";
import { figure } from "../parity/models.js";

// As in parameters.test.ts, no number here is read off the specs.

describe("specs/llama.arch", () => {
  const [L, d, V, kv, hidden] = [22n, 2048n, 32_000n, 4n * 64n, 5632n];

  it("TinyLlama has the parameters of its checkpoint, which are those of the closed form", () => {
    const block = 2n * d * d + 2n * d * kv + 3n * d * hidden + 2n * d;
    expect(figure("specs/llama.arch", "TinyLlama", "params.total")).toBe(2n * V * d + L * block + d);
    expect(2n * V * d + L * block + d).toBe(1_100_048_384n);
  });

  it("takes 2 FLOPs for each weight of a product, and 4 d for each pair of positions in each block", () => {
    const weights = L * (2n * d * d + 2n * d * kv + 3n * d * hidden) + d * V;
    for (const seq of [1n, 7n, 2048n]) {
      const due = 2n * seq * weights + L * 4n * seq * seq * d;
      expect(figure("specs/llama.arch", "TinyLlama", "flops.forward", { batch: 1n, seq })).toBe(due);
    }
  });

  it("keeps keys and values of 4 heads of 64 in each block", () => {
    expect(figure("specs/llama.arch", "TinyLlama", "memory.cache", { batch: 1n, seq: 1n, past: 100n })).toBe(
      100n * L * 2n * kv * 4n,
    );
  });
});

describe("specs/bert.arch", () => {
  const spec = "specs/bert.arch";
  /** Of the released checkpoints, without heads (fact sheet 6.2). */
  const published = [
    { model: "BertBase", vocab: 30_522n, layers: 12n, d: 768n, total: 109_482_240n },
    { model: "BertLarge", vocab: 30_522n, layers: 24n, d: 1024n, total: 335_141_888n },
    { model: "BertBaseCased", vocab: 28_996n, layers: 12n, d: 768n, total: 108_310_272n },
    { model: "BertLargeCased", vocab: 28_996n, layers: 24n, d: 1024n, total: 333_579_264n },
    { model: "BertSmall", vocab: 30_522n, layers: 4n, d: 512n, total: 28_763_648n },
    { model: "BertMedium", vocab: 30_522n, layers: 8n, d: 512n, total: 41_373_184n },
    { model: "BertTiny", vocab: 30_522n, layers: 2n, d: 128n, total: 4_385_920n },
  ] as const;

  it.each(published)("$model has the published parameters", ({ model, vocab, layers, d, total }) => {
    const block = 12n * d * d + 13n * d;
    const closed = (vocab + 512n + 2n) * d + 2n * d + layers * block + d * d + d;
    expect(closed).toBe(total);
    expect(figure(spec, model, "params.total")).toBe(total);
  });

  it.each([
    ["BertBasePretraining", 768n, 109_482_240n, 110_106_428n],
    ["BertLargePretraining", 1024n, 335_141_888n, 336_226_108n],
  ] as const)("%s adds its two heads", (model, d, body, total) => {
    expect(body + d * d + d + 2n * d + 30_522n + 2n * d + 2n).toBe(total);
    expect(figure(spec, model, "params.total")).toBe(total);
  });

  it.each(published)("$model has the FLOPs of the closed form", ({ model, layers, d }) => {
    for (const T of [1n, 128n, 512n]) {
      const encoder = layers * (24n * T * d * d + 4n * T * T * d);
      if (model === "BertBase" && T === 512n) expect(encoder).toBe(96_636_764_160n);
      expect(figure(spec, model, "flops.forward", { batch: 2n, seq: T })).toBe(2n * (encoder + 2n * d * d));
    }
  });
});

describe("specs/transformer.arch", () => {
  const spec = "specs/transformer.arch";
  const total = (d: bigint, ff: bigint) =>
    37_000n * d +
    6n * (4n * d * d + 2n * d * ff + ff + 5n * d) +
    6n * (8n * d * d + 2n * d * ff + ff + 7n * d);

  it.each([
    ["TransformerBase", 512n, 63_045_632n],
    ["TransformerBig", 1024n, 214_171_648n],
  ] as const)("%s has the parameters of the closed form", (model, d, due) => {
    expect(total(d, 4n * d)).toBe(due);
    expect(figure(spec, model, "params.total")).toBe(due);
  });

  it("with norms before the layers adds one norm at the end of each stack", () => {
    expect(figure(spec, "TransformerBaseT2T", "params.total")).toBe(63_045_632n + 4n * 512n);
  });

  it("has OPUS-MT as transformers counts it, but for its sines and with the biases of its head", () => {
    const [sines, biases] = [2n * 512n * 512n, 58_101n];
    expect(figure(spec, "OpusMtEnDe", "params.total")).toBe(74_410_496n - sines + biases);
  });

  it("costs encoder, decoder and the attention between them", () => {
    const [d, ff, S, T] = [512n, 2048n, 7n, 5n];
    const encoder = 6n * (S * (8n * d * d + 4n * d * ff) + 4n * S * S * d);
    const decoder = 6n * (T * (12n * d * d + 4n * d * ff) + S * 4n * d * d + 4n * T * T * d + 4n * T * S * d);
    const at = { batch: 2n, seq: T, source: S };
    const due = 2n * (encoder + decoder + 2n * T * d * 37_000n);
    expect(figure(spec, "TransformerBase", "flops.forward", at)).toBe(due);
  });

  it("neither reads the input again nor projects it when it decodes", () => {
    const [d, ff, S] = [512n, 2048n, 7n];
    const step = 6n * (12n * d * d + 4n * d * ff + 4n * 10n * d + 4n * S * d) + 2n * d * 37_000n;
    const at = { batch: 1n, seq: 1n, source: S, past: 9n };
    expect(figure(spec, "TransformerBase", "flops.decode", at)).toBe(step);
  });
});

describe("specs/opt.arch", () => {
  it.each([
    ["Opt125M", 768n, 125_239_296n],
    ["Opt1_3B", 2048n, 1_315_758_080n],
  ] as const)("%s is as transformers counts it, but for two rows of positions", (model, d, theirs) => {
    expect(figure("specs/opt.arch", model, "params.total")).toBe(theirs - 2n * d);
  });
});

describe("specs/moe.arch", () => {
  const spec = "specs/moe.arch";
  interface Size {
    readonly V: bigint;
    readonly d: bigint;
    readonly kv: bigint;
    readonly L: bigint;
    readonly ff: bigint;
  }
  const small: Size = { V: 32_000n, d: 512n, kv: 512n, L: 8n, ff: 1024n };
  const mixtral: Size = { V: 32_000n, d: 4096n, kv: 1024n, L: 32n, ff: 14_336n };
  const body = ({ V, d, kv, L, ff }: Size, experts: bigint) =>
    V * d + d + L * (2n * d * d + 2n * d * kv + 2n * d + 8n * d + 3n * experts * d * ff);

  it.each([
    ["MoeSmall", small, 141_861_376n],
    ["Mixtral8x7B", mixtral, 46_702_792_704n],
  ] as const)("%s has all experts in its total, and two of eight active", (model, size, total) => {
    expect(body(size, 8n) + size.V * size.d).toBe(total);
    expect(figure(spec, model, "params.total")).toBe(total);
    const at = { batch: 2n, seq: 128n };
    expect(figure(spec, model, "params.active", at)).toBe(body(size, 2n) + size.d);
  });

  it("costs the router and the two chosen experts, not all eight", () => {
    const { V, d, kv, L, ff } = small;
    const T = 7n;
    const products = L * (2n * d * d + 2n * d * kv + 8n * d + 2n * 3n * d * ff) + d * V;
    const due = 2n * T * products + L * 4n * T * T * d;
    expect(figure(spec, "MoeSmall", "flops.forward", { batch: 1n, seq: T })).toBe(due);
  });
});
