import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { HostTensor } from "../../runtime/model.js";
import { figure, modelOf } from "./models.js";
import { expectNear, slice } from "./near.js";
import { fullPass } from "./passes.js";
import type { Tensors } from "./reference.js";
import { buildWith, on, readTensors, targets, toleranceOf } from "./targets.js";

const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const about = JSON.parse(readFileSync(fixture("bert.json"), "utf8")) as { parameters: number };
const peer = await readTensors(fixture("bert.safetensors"));
const spec = "test/parity/fixtures/bert.arch";

const given = (name: string): HostTensor => {
  const tensor = peer[name];
  if (!tensor) throw new Error(`the peer has no \`${name}\``);
  return tensor;
};
const built = (model: string) => buildWith(modelOf(spec, model), (name) => given(name).data);
const whole = await built("SmallBert");
const pretraining = await built("SmallBertPretraining");
const maskedLm = await built("SmallBertMaskedLm");
const sentences = await built("SmallSentences");

/** Two sentences in each sequence; padding follows the shorter of the two. */
const inputs: Tensors = Object.fromEntries(
  ["input_ids", "attention_mask", "token_type_ids"].map((name) => [name, given(`expected.${name}`)]),
);

describe("a BERT of Python's transformers with the same weights", () => {
  it("has the same weights: names, shapes, count", () => {
    const ours = pretraining.instance.start.inputPorts.flatMap((p) =>
      p.role === "weight" ? [[p.name, p.value.shape.map((d) => Number(d.int))] as const] : [],
    );
    const theirs = Object.entries(peer).filter(([name]) => !name.startsWith("expected."));
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs.map(([name, t]) => [name, t.shape])));
    expect(figure(spec, "SmallBertPretraining", "params.total")).toBe(BigInt(about.parameters));
  });

  it.each(targets)("gives the same states and pooled first token, with padding: %s", async (target) => {
    const { outputs } = await on(whole, target, (model) => fullPass(model, inputs));
    expect(Object.keys(outputs)).toEqual(["last_hidden_state", "pooler_output"]);
    for (const [name, tensor] of Object.entries(outputs))
      expectNear(tensor, given(`expected.${name}`), toleranceOf(target), name);
  });

  it.each(targets)("gives the same logits of both heads, with padding: %s", async (target) => {
    const { outputs } = await on(pretraining, target, (model) => fullPass(model, inputs));
    expect(Object.keys(outputs)).toEqual(["prediction_logits", "seq_relationship_logits"]);
    for (const [name, tensor] of Object.entries(outputs))
      expectNear(tensor, given(`expected.${name}`), toleranceOf(target), name);
  });

  it("guesses masked tokens without a pooler", async () => {
    const { outputs } = await on(maskedLm, "onnx", (model) => fullPass(model, inputs));
    expectNear(outputs.logits, given("expected.prediction_logits"), 1e-4, "logits");
    expect(Object.keys(maskedLm.weights).filter((name) => /^(pooler|relation)/.test(name))).toEqual([]);
  });
});

describe("the mean over the tokens", () => {
  it.each(targets)("leaves padding out: %s", async (target) => {
    const { outputs } = await on(sentences, target, (model) => fullPass(model, inputs));
    const states = given("expected.last_hidden_state");
    const [batch, , dim] = states.shape as [number, number, number];
    for (let row = 0; row < batch; row++) {
      const kept = Array.from(slice(inputs.attention_mask!, 0, row, 1).data).filter((m) => m === 1).length;
      const rows = slice(slice(states, 0, row, 1), 1, 0, kept);
      const mean = Float32Array.from({ length: dim }, (_, d) =>
        Array.from({ length: kept }, (_, t) => rows.data[t * dim + d]!).reduce((a, b) => a + b / kept, 0),
      );
      const due: HostTensor = { dtype: "f32", shape: [1, dim], data: mean };
      expectNear(slice(outputs.pooler_output!, 0, row, 1), due, toleranceOf(target), `sentence ${row}`);
    }
  });
});
