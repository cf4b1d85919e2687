import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { isView } from "../../compiler/cost/liveness.js";
import type { Value } from "../../compiler/ir/graph.js";
import type { TrainingStep } from "../../compiler/train/step.js";
import { modelOf } from "../parity/models.js";
import { sizesOf, stepOf } from "./support.js";

interface Row {
  readonly spec: string;
  readonly model: string;
  readonly variant: string;
  readonly batch: number;
  readonly seq: number;
  readonly bytes: number;
}

/** What PyTorch's autograd keeps of `transformers`' models (tools/fixtures/kept.py). */
const { rows } = JSON.parse(readFileSync(new URL("./fixtures/kept.json", import.meta.url), "utf8")) as {
  rows: readonly Row[];
};

/** Bytes of what the forward pass and the loss made and the rest of the step reads, each buffer once. */
function keptBytes({ graph }: TrainingStep, told: Readonly<Record<string, number>>): number {
  const sizes = sizesOf(graph, told);
  const last = graph.nodes.findIndex((node) => node.outputs.includes(graph.outputs[0]!));
  const buffers = new Map<Value, Value>();
  const bufferOf = (value: Value) => buffers.get(value) ?? value;
  for (const node of graph.nodes) if (isView(node)) buffers.set(node.outputs[0]!, bufferOf(node.inputs[0]!));
  const made = new Set(graph.nodes.slice(0, last + 1).flatMap((node) => node.outputs.map(bufferOf)));
  for (const value of graph.inputs) made.delete(value);
  const read = new Set(graph.nodes.slice(last + 1).flatMap((node) => node.inputs.map(bufferOf)));
  let bytes = 0;
  for (const { dtype, shape } of [...read].filter((value) => made.has(value)))
    bytes += shape.reduce((count, dim) => count * dim.at(sizes), dtype === "bool" ? 1 : 4);
  return bytes;
}

describe("what a step keeps for its backward pass, beside what PyTorch's autograd does", () => {
  // Of norms, activations and rotary turns neither inner values nor results are kept: they are computed anew.
  it.each([
    ["Gpt2Small", "", 0.611],
    ["Gpt2Small", "torch's own gelu", 0.797],
    ["BertBasePretraining", "", 0.777],
    ["TinyLlama", "", 0.841],
  ])("%s %s: %d of it", (model, variant, ratio) => {
    const { spec, batch, seq, bytes } = rows.find((row) => row.model === model && row.variant === variant)!;
    const kept = keptBytes(stepOf(modelOf(`specs/${spec}`, model)), { batch, seq, past: 0 });
    expect(kept / bytes).toBeCloseTo(ratio, 3);
  });

  it("is told of every peer", () => {
    expect(rows.length).toBe(4);
  });
});
