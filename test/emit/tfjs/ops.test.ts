import { beforeAll, describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { OpDef, Sample } from "../../../compiler/ops/define.js";
import { type OpName, ops } from "../../../compiler/ops/index.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { present } from "../../runtime/present.js";
import { expectClose } from "./close.js";
import { load, plainGraph, runGraph, sourceOf } from "./run-graph.js";

const dtypes = { f32: "float32", i32: "int32", bool: "bool" } as const;

const cases = (Object.keys(ops) as OpName[]).flatMap((op) =>
  (ops[op] as OpDef<OpName>).samples.map((sample: Sample<OpName>) => ({ op, sample })),
);

for (const { name, backend, absent } of await present()) {
  describe.skipIf(!backend)(backend ? `ops on ${name}` : `ops on ${name}: left out, ${absent}`, () => {
    beforeAll(() => {
      // Small tensors would be computed in JavaScript, and the kernels go untested.
      if (name === "webgpu") backend!.tf.env().set("WEBGPU_CPU_FORWARD", false);
    });
    for (const { op, sample } of cases) {
      it(`${op}: ${sample.name}`, async () => {
        const arrays = sampleInputs(sample);
        const graph = plainGraph(sample.name, (b) =>
          b.node(
            op,
            arrays.map((a) => b.input({ dtype: a.dtype, shape: a.shape.map((n) => Dim.of(n)) }, "")),
            sample.attrs,
          ),
        );
        const expected = evaluateRegion(graph, arrays);
        const { results, left } = await runGraph(backend!, await load(sourceOf(graph)), arrays);
        expected.forEach((array, i) => {
          expect(results[i]!.shape).toEqual(array.shape);
          expect(results[i]!.dtype).toBe(dtypes[array.dtype]);
          expectClose(results[i]!.data, array.data, 1e-4);
        });
        expect(left, "tensors left behind").toBe(0);
      });
    }
  });
}
