import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import type { Builder } from "../../../compiler/ir/build.js";
import { evaluateGraph } from "../../../compiler/ir/evaluate.js";
import type { Value } from "../../../compiler/ir/graph.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { present } from "../../runtime/present.js";
import { expectClose } from "./close.js";
import { load, plainGraph, runGraph, sourceOf } from "./run-graph.js";

type Layer = (b: Builder, inputs: readonly Value[]) => Value;

const last = (b: Builder, x: Value): Value => {
  const axes = [x.shape.length - 1];
  const column = [...x.shape.slice(0, -1), Dim.of(1)];
  return b.op("reshape", [b.op("reduce_sum", [x], { axes })], { shape: column });
};
const width = (b: Builder, x: Value) => b.scalar(x.shape.at(-1)!.at({}));

const rootMeanSquare: Layer = (b, [x]) => {
  const mean = b.op("div", [last(b, b.op("mul", [x!, x!], {})), width(b, x!)], {});
  return b.op("mul", [x!, b.op("rsqrt", [b.op("add", [mean, b.scalar(1e-6)], {})], {})], {});
};

/** Two totals, of which the second reads the first; then a row and a matrix. */
const normal: Layer = (b, [scale, x, shift]) => {
  const centred = b.op("sub", [x!, b.op("div", [last(b, x!), width(b, x!)], {})], {});
  const variance = b.op("div", [last(b, b.op("mul", [centred, centred], {})), width(b, x!)], {});
  const deviation = b.op("sqrt", [b.op("add", [variance, b.scalar(1e-3)], {})], {});
  return b.op("add", [b.op("mul", [b.op("div", [centred, deviation], {}), scale!], {}), shift!], {});
};

const gate: Layer = (b, [x, y]) => {
  const bent = b.op("tanh", [b.op("mul", [x!, b.scalar(-40)], {})], {});
  return b.op("mul", [b.op("neg", [bent], {}), b.op("logistic", [b.op("exp", [y!], {})], {})], {});
};

const gelu: Layer = (b, [x]) => {
  const area = b.op("add", [b.op("erf", [b.op("div", [x!, b.scalar(Math.SQRT2)], {})], {}), b.scalar(1)], {});
  return b.op("mul", [b.op("mul", [x!, b.scalar(0.5)], {}), area], {});
};

/** A total without its axis meets the columns of a square. */
const misaligned: Layer = (b, [x]) =>
  b.op("exp", [b.op("sub", [x!, b.op("reduce_sum", [x!], { axes: [1] })], {})], {});

const cases: readonly {
  name: string;
  layer: Layer;
  shapes: readonly (readonly number[])[];
  fused: boolean;
}[] = [
  { name: "a root mean square", layer: rootMeanSquare, shapes: [[2, 3, 700]], fused: true },
  { name: "a root mean square of one", layer: rootMeanSquare, shapes: [[5, 1]], fused: true },
  {
    name: "a root mean square in six axes",
    layer: rootMeanSquare,
    shapes: [[1, 2, 1, 2, 2, 33]],
    fused: true,
  },
  { name: "a root mean square of no rows", layer: rootMeanSquare, shapes: [[0, 4]], fused: false },
  { name: "a norm with a row and a matrix", layer: normal, shapes: [[17], [3, 5, 17], [5, 17]], fused: true },
  { name: "a norm with a column", layer: normal, shapes: [[17], [5, 17], [5, 1]], fused: false },
  { name: "more rows than groups of one axis", layer: rootMeanSquare, shapes: [[70_000, 3]], fused: true },
  { name: "gelu", layer: gelu, shapes: [[300]], fused: true },
  { name: "a gate", layer: gate, shapes: [[3, 70], [70]], fused: true },
  { name: "a total without its axis", layer: misaligned, shapes: [[4, 4]], fused: false },
  { name: "one step", layer: (b, [x]) => b.op("exp", [x!], {}), shapes: [[4, 4]], fused: false },
];

const graphOf = (layer: Layer, shapes: readonly (readonly number[])[]) =>
  plainGraph("rows", (b: Builder) => {
    const inputs = shapes.map((shape, i) =>
      b.input({ dtype: "f32", shape: shape.map((n) => Dim.of(n)) }, `x${i}`),
    );
    return b.call("layer", inputs, (c, given) => [layer(c, given)], { path: "layer" });
  });

describe("a layer that works along the last axis", () => {
  it.each(cases)("is one kernel of webgpu where it can be: $name", ({ layer, shapes, fused }) => {
    expect(/return perRow\(/.test(sourceOf(graphOf(layer, shapes)))).toBe(fused);
  });

  it("reads so", () => {
    expect(sourceOf(graphOf(rootMeanSquare, [[2, 8]]))).toContain(
      'if (tf.getBackend() === "webgpu") return perRow(tf, [x0], ["sum", "(x0 * x0)"],\n' +
        '    "(x0 * inverseSqrt(((r0 / 8.0) + 0.000001)))");',
    );
  });
});

for (const { name, backend, absent } of await present()) {
  describe.skipIf(!backend)(backend ? `on ${name}` : `on ${name}: left out, ${absent}`, () => {
    it.each(cases)("$name", async ({ layer, shapes }) => {
      const graph = graphOf(layer, shapes);
      const inputs = sampleInputs({
        name: "rows",
        inputs: shapes.map((shape) => ({ dtype: "f32" as const, shape })),
      });
      const expected = evaluateGraph(graph, Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])));
      const { results, left } = await runGraph(backend!, await load(sourceOf(graph)), inputs);
      expect(results[0]!.shape).toEqual(expected.y0!.shape);
      expectClose(results[0]!.data, expected.y0!.data, 1e-4);
      expect(left).toBe(0);
    });
  });
}
