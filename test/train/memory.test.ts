import { describe, expect, it } from "vitest";
import type { ModelInstance } from "../../compiler/check/instance.js";
import { costOf } from "../../compiler/cost/analyse.js";
import { costJson, costText } from "../../compiler/cost/report-text.js";
import { type TrainingMemory, trainingMemory } from "../../compiler/cost/train-memory.js";
import { createMemoryHost } from "../../compiler/memory-host.js";
import { createNodeHost } from "../../compiler/node-host.js";
import { createService } from "../../compiler/service.js";
import type { Optimizer } from "../../compiler/train/optimizer-names.js";
import { trainingStep } from "../../compiler/train/step.js";
import { modelOf, service } from "../parity/models.js";
import { stepOf } from "./support.js";

const library = createNodeHost(".");
const std = Object.fromEntries(library.std().map((name) => [name, library.read(name) ?? ""]));

/** The one model of a text. */
function modelIn(text: string): ModelInstance {
  const { value, diagnostics } = createService(createMemoryHost({ "a.arch": text }, std)).instance("a.arch");
  if (!value) throw new Error(diagnostics.map((d) => d.message).join("\n"));
  return value;
}

function memoryOf(
  instance: ModelInstance,
  at: Readonly<Record<string, bigint>>,
  optimizer: Optimizer = "adam",
): TrainingMemory {
  return trainingMemory(stepOf(instance, optimizer), at);
}

const flopsOf = (instance: ModelInstance, at: Readonly<Record<string, bigint>>) =>
  costOf(stepOf(instance).graph).flops.evaluate(at)[0];

/** Perceptrons of two matrices [D, D], one after another, on `seq` positions. */
const plain = (blocks: number, dim = 64) => `
model Plain {
  blocks {
    slot ffn: layer = mlp(hidden = ${dim}, act = relu, bias = false)
    slot wiring: layer = straight(ffn)
  }
  blocks ${blocks} {}
  forward(x: [B T D = ${dim}]) -> (logits: [B T D]) { return blocks(x) }
}
layer straight(x: [.. D], inner: layer) -> [.. D] { return inner(x) }
`;

describe("what a step holds", () => {
  it("is by hand what it is for perceptrons", () => {
    const [batch, seq, dim, blocks] = [1n, 1024n, 64n, 4n];
    const at = { batch, seq };
    const instance = modelIn(plain(Number(blocks), Number(dim)));
    const matrix = 4n * dim * dim;
    const rows = 4n * seq * dim;
    for (const [optimizer, slots] of [
      ["adam", 2n],
      ["adamw", 2n],
      ["sgd", 0n],
    ] as const) {
      const memory = memoryOf(instance, at, optimizer);
      expect(memory.weights).toBe(2n * blocks * matrix);
      expect(memory.optimizer).toBe(slots * 2n * blocks * matrix);
      expect(memory.buffers).toBe(0n);
      const { weights, optimizer: kept, gradients, activations, workspace } = memory;
      expect(memory.total).toBe(weights + kept + gradients + activations + workspace);
      // Each perceptron leaves its input, its hidden units before relu (computed anew behind it); the input, given, stays; the loss
      // works on its logits with as many again, three at once, and a condition a byte wide.
      const left = 2n * blocks * rows;
      expect(memory.activations).toBeGreaterThan(left);
      expect(memory.activations).toBeLessThan(left + 5n * rows);
    }
  });

  it("grows with a block by its weights, their slots and what it leaves", () => {
    const at = { batch: 2n, seq: 512n };
    const [few, many] = [memoryOf(modelIn(plain(4)), at), memoryOf(modelIn(plain(5)), at)];
    expect(many.activations - few.activations).toBe(2n * 4n * 2n * 512n * 64n);
    expect(many.weights - few.weights).toBe(2n * 4n * 64n * 64n);
    expect(many.optimizer - few.optimizer).toBe(2n * (many.weights - few.weights));
  });

  it("holds every derivative when the last of many large weights is done", () => {
    const memory = memoryOf(modelIn(plain(12, 512)), { batch: 1n, seq: 4n });
    expect(memory.gradients).toBe(memory.weights);
  });
});

/** A reversible stack. LSH layers choose buckets, which are kept. */
const reversible = (blocks: number, attn: string, inverse = true) => `
import { reversible_decoder } from "std"
model Deep : reversible_decoder {
  vocab = 64
  seq   = 256
  dim   = 32
  heads = 2
  blocks ${blocks} {
    attn   = ${attn}
    ffn    = mlp(hidden = 128, act = relu)
    wiring = ${inverse ? "reversible" : "coupled"}(attn, ffn)
  }
}
layer coupled(a: [.. D], b: [.. D], attn: layer, ffn: layer, norm_a: layer = layer_norm(), norm_b: layer = layer_norm()) -> (a: [.. D], b: [.. D]) {
  u = a + attn(norm_a(b))
  return (u, b + ffn(norm_b(u)))
}
`;

describe("layers with an inverse", () => {
  const at = { batch: 1n, seq: 256n };
  const local = "local_attention(heads, chunk = 16, causal = true)";
  const lsh = "lsh_attention(heads, chunk = 16, rounds = 2, buckets = [16], causal = true)";
  const activations = (blocks: number, attn: string, inverse?: boolean) => {
    const { total, weights, buffers, optimizer, gradients } = memoryOf(
      modelIn(reversible(blocks, attn, inverse)),
      at,
    );
    return { held: total - weights - buffers - optimizer, weights, gradients };
  };

  it("leave nothing: a deeper stack holds more weights and derivatives alone", () => {
    const [few, many, more] = [4, 8, 16].map((n) => activations(n, local)) as [
      any: ReturnType<typeof activations>,
      ...ReturnType<typeof activations>[],
    ];
    const perBlock = (many!.weights - few.weights) / 4n;
    expect(many!.held - few.held).toBeLessThanOrEqual(4n * perBlock);
    expect(more!.held - many!.held).toBeLessThanOrEqual(8n * perBlock);
    const [plainFew, plainMany] = [4, 8].map((n) => activations(n, local, false).held);
    expect(plainMany! - plainFew!).toBeGreaterThan(8n * (many!.held - few.held));
  });

  it("leave the buckets of hashes, a number for each head, round and position", () => {
    const [few, many] = [8, 16].map((n) => activations(n, lsh));
    const weights = many!.weights - few!.weights;
    const buckets = 8n * 4n * 2n * 2n * 256n;
    const more = many!.held - few!.held;
    expect(more).toBeGreaterThan(buckets);
    expect(more).toBeLessThanOrEqual(buckets + weights);
  });

  it("cost the forward products once or twice more", () => {
    const [kept, anew] = [false, true].map((inverse) => flopsOf(modelIn(reversible(4, local, inverse)), at));
    expect(Number(anew! / 1000n) / Number(kept! / 1000n)).toBeGreaterThan(1.2);
    expect(Number(anew! / 1000n) / Number(kept! / 1000n)).toBeLessThan(1.34);
  });
});

describe("of published models", () => {
  it("Reformer trains on 64K tokens within 16 GB, and a Transformer of its size does not", () => {
    const at = { batch: 1n, seq: 65_536n };
    const { total, activations, weights, optimizer } = memoryOf(
      modelOf("specs/reformer.arch", "ReformerEnwik8"),
      at,
    );
    expect(total).toBeLessThan(16_000_000_000n);
    expect(optimizer).toBe(2n * weights);
    // The sheet's own reckoning: two streams and their derivatives once, 1.08 GB; beside them one sublayer's workspace.
    expect(activations).toBeGreaterThan(1_080_000_000n);
    const dense = modelIn(`import { reversible_decoder } from "std"
model Dense : reversible_decoder {
  vocab = 258
  seq = 65_536
  dim = 1024
  heads = 8
  blocks 12 {
    attn = attention(heads, causal = true)
    ffn = mlp(hidden = 4096)
  }
}`);
    expect(memoryOf(dense, at).total).toBeGreaterThan(100_000_000_000n);
  });

  it("GPT-2 takes three forward passes", () => {
    const at = { batch: 1n, seq: 1024n };
    expect(flopsOf(modelOf("specs/gpt2.arch", "Gpt2Small"), at)).toBe(3n * 291_648_307_200n);
  });

  it("grow as polynomials do", () => {
    const { value } = service.cost("specs/gpt2.arch", {
      model: "Gpt2Small",
      at: { seq: 512n },
      optimizer: "adamw",
    });
    const flops = value!.metrics.get("flops.train");
    expect(flops).toMatchObject({ kind: "value", unit: "flop" });
    expect(`${flops?.kind === "value" ? flops.polynomial : ""}`).toBe(
      "110592*batch*seq^2 + 741192192*batch*seq",
    );
    const json = costJson(value!);
    const terms = ["weights", "buffers", "optimizer", "gradients", "activations", "workspace"] as const;
    expect(json["memory.train"]).toBe(
      terms.reduce((sum, term) => sum + (json[`memory.train(adamw).${term}`] as bigint), 0n),
    );
    expect(costText(value!)).toMatch(
      /training step \(adamw\): .* = weights 474\.7 MiB \+ optimizer 949\.4 MiB/,
    );
  });
});

it("says in a report why there is no figure", () => {
  const asked = { model: "TinyPerceiver", optimizer: "adam" } as const;
  const { value } = service.cost("specs/small-perceiver.arch", asked);
  expect(value!.metrics.get("memory.train")).toMatchObject({ kind: "no-data" });
  const why = "a loss is defined only for a result named `logits`, but `forward` returns `last_hidden_state`";
  expect(costText(value!)).toContain(`training step (adam): unknown: ${why}\n`);
  expect(costJson(value!)["memory.train.why"]).toBe(why);
});

describe("what has no figure", () => {
  const whyOf = (text: string) => {
    const step = trainingStep(modelIn(text), "adam");
    return step.kind === "step" ? "" : `${step.kind}: ${step.why}`;
  };
  const around = (layer: string, body = "return inner(x)") => `
model M {
  slot inner: layer = ${layer}
  forward(x: [B T D = 8]) -> (logits: [B T D]) { ${body} }
}
layer dropping(x: [.. D], rate: number) -> [.. D] { return dropout(x, rate) }
layer costly(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  y = for t along T {
    loss mean(w, D)
    x[T = t] * w
  }
  return y
}
layer chosen(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  (best, at) = topk(x * w, 4, D -> K)
  return x + mean(best, K)
}
layer twice(a: [.. D], b: [.. D], f: layer) -> (a: [.. D], b: [.. D]) {
  u = a + f(b)
  return (u, b + f(u))
  inverse (u, w) {
    b = w - f(u)
    return (u - f(b), b)
  }
}`;

  it("is dropout, while it drops", () => {
    expect(whyOf(around("dropping(0.1)"))).toBe(
      "not-yet: the model uses `dropout`, which no training graph has yet",
    );
    expect(whyOf(around("dropping(0)"))).not.toContain("dropout");
  });

  it("is a step too large to be made", () => {
    expect(whyOf(plain(4096).replace("return inner(x)", "return inner(inner(x))"))).toMatch(
      /^not-yet: the forward pass alone has \d+ operations, but archc can build/,
    );
  });

  it("is a loss of each place", () => {
    expect(whyOf(around("costly()"))).toBe(
      "not-yet: the model uses a `loss` within `for … along`, which no training graph has yet",
    );
  });

  it("is a reversible layer that runs one twice which chooses", () => {
    const text = around("twice(f = chosen())", "(a, b) = inner(x, x)\n return a + b");
    expect(whyOf(text)).toContain(
      "calls `inner.f` twice, and the backward pass cannot tell the two calls' choices apart",
    );
    expect(whyOf(text.replace("chosen()", "mlp(hidden = 8)"))).toBe("");
  });
});

it("checks the lines that training alone runs", () => {
  const text = (line: string) => `
model M {
  slot inner: layer = only()
  forward(x: [B T D = 8]) -> (logits: [B T D]) { return inner(x) }
}
layer only(x: [.. T D]) -> [.. T D] {
  weight w: [D]
  if training {
    y: [.. T D] = ${line}
    return y
  }
  return x * w
}`;
  const codes = (line: string) =>
    createService(createMemoryHost({ "a.arch": text(line) }, std))
      .diagnostics("a.arch")
      .map((d) => d.code);
  expect(codes("x * w * 2")).toEqual([]);
  expect(codes("concat(x, x, D D -> E)").length).toBe(1);
});
