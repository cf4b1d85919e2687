import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { Type } from "../../../compiler/ir/graph.js";
import type { OpDef, Sample } from "../../../compiler/ops/define.js";
import { type OpName, ops } from "../../../compiler/ops/index.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { bytesOf, distance, graphOf, runOnnx } from "./support.js";

const profiles = ["default", "modern"] as const;

describe.each(Object.keys(ops) as OpName[])("%s", (name) => {
  const op = ops[name] as OpDef<OpName>;
  it.each(op.samples.map((s) => [s.name, s] as [string, Sample<OpName>]))("%s", async (_, sample) => {
    const types: Type[] = sample.inputs.map((i) => ({
      dtype: i.dtype,
      shape: i.shape.map((n) => Dim.of(n)),
    }));
    const graph = graphOf(types, (b, inputs) => b.node(name, inputs, sample.attrs));
    const inputs = sampleInputs(sample);
    const expected = evaluateRegion(graph, inputs);
    for (const profile of profiles) {
      const got = await runOnnx(bytesOf(graph, { profile }), graph, inputs);
      got.forEach((array, i) => expect(distance(array, expected[i]!)).toBeLessThan(1e-5));
    }
  });
});
