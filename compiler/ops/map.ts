import { Dim } from "../dim/dim.js";
import { Builder } from "../ir/build.js";
import { gradient, inlineRegion } from "../ir/grad.js";
import type { Value } from "../ir/graph.js";
import { arrayOf, countOf, emptyArray, withShape } from "./array.js";
import { expectOperands } from "./call.js";
import type { NdArray, OpDef } from "./define.js";
import { regionCost } from "./region-cost.js";
import { sampleRegion } from "./sample-region.js";

/** The body at one place after another along axis 0 of the first `mapped` operands; results are stacked. */
export const map: OpDef<"map"> = {
  name: "map",
  infer(inputs, { mapped, body }, check) {
    const length = inputs[0]?.shape[0] ?? Dim.one;
    check.that(mapped >= 1 && mapped <= inputs.length, `${mapped} of ${inputs.length} operands are mapped`);
    for (const [i, x] of inputs.slice(0, mapped).entries()) {
      check.that(x.shape.length > 0, `operand ${i + 1} of \`map\` is a scalar`);
      check.same(length, x.shape[0] ?? length, `axis 0 of operand ${i + 1} of \`map\``);
    }
    expectOperands(inputs, body, mapped, check);
    return body.outputs.map(({ dtype, shape }) => ({ dtype, shape: [length, ...shape] }));
  },
  cost: ({ inputs, attrs }) => regionCost(attrs.body, inputs[0]!.shape[0]!),
  // A map of the body's derivative: what operands used whole get at each place is summed.
  vjp(b, { inputs, attrs: { mapped, body } }, cotangents) {
    const known = cotangents.flatMap((c) => c ?? []);
    if (known.length === 0) return inputs.map(() => undefined);
    const inner = new Builder(b);
    const slices = body.inputs.slice(0, mapped).map((v) => inner.input(v, v.name));
    const arriving = cotangents.map((c, i) => (c ? inner.input(body.outputs[i]!, "cotangent") : undefined));
    const params = [...slices, ...body.inputs.slice(mapped).map((v) => inner.input(v, v.name))];
    const { nodes, outputs } = inlineRegion(inner, body, params, "");
    const found = gradient(inner, nodes, outputs, arriving, params);
    const region = inner.region(found.flatMap((v) => v ?? []));
    const attrs = { mapped: mapped + known.length, body: region };
    const operands = [...inputs.slice(0, mapped), ...known, ...inputs.slice(mapped), ...inner.captured];
    const stacked = region.outputs.length > 0 ? [...b.node("map", operands, attrs)] : [];
    return found.map((v, i): Value | undefined => {
      const stack = v && stacked.shift()!;
      return stack && i >= mapped ? b.op("reduce_sum", [stack], { axes: [0] }) : stack;
    });
  },
  evaluate(inputs, { mapped, body }, context) {
    const length = inputs[0]!.shape[0]!;
    const results = body.outputs.map(({ dtype, shape }) =>
      emptyArray(dtype, [length, ...shape.map((d) => context.size(d))]),
    );
    for (let place = 0; place < length; place++) {
      const args = inputs.map((x, i) => (i < mapped ? at(x, place) : x));
      for (const [i, part] of context.run(body, args).entries()) {
        results[i]!.data.set(part.data, place * part.data.length);
      }
    }
    return results;
  },
  samples: [
    {
      name: "map of a product with a table",
      inputs: [
        { dtype: "f32", shape: [3, 2, 4] },
        { dtype: "f32", shape: [4, 2] },
      ],
      attrs: {
        mapped: 1,
        body: sampleRegion(
          [
            [2, 4],
            [4, 2],
          ],
          (b, [x, w]) => [b.op("tanh", [b.op("einsum", [x!, w!], { equation: "ab,bc->ac" })], {})],
        ),
      },
    },
    {
      name: "map of two operands to two results",
      inputs: [
        { dtype: "f32", shape: [4] },
        { dtype: "f32", shape: [4, 3] },
        { dtype: "f32", shape: [] },
      ],
      attrs: {
        mapped: 2,
        body: sampleRegion([[], [3], []], (b, [s, x, c]) => [
          b.op("mul", [b.op("mul", [s!, x!], {}), c!], {}),
          b.op("reduce_sum", [x!], { axes: [0] }),
        ]),
      },
    },
    {
      name: "map of lookups, exactly",
      inputs: [
        { dtype: "i32", shape: [2, 2], data: [1, 0, 2, 2] },
        { dtype: "f32", shape: [3], data: [5, 6, 7] },
      ],
      attrs: {
        mapped: 1,
        body: sampleRegion([[2], [3]], (b, [i, x]) => [b.op("gather", [x!, i!], { axis: 0, batch: 0 })], [
          "i32",
        ]),
      },
      expect: [[6, 5, 7, 7]],
    },
    {
      name: "map over nothing",
      inputs: [{ dtype: "f32", shape: [0, 3] }],
      attrs: { mapped: 1, body: sampleRegion([[3]], (b, [x]) => [b.op("exp", [x!], {})]) },
    },
  ],
};

function at(x: NdArray, place: number): NdArray {
  const shape = x.shape.slice(1);
  const count = countOf(shape);
  const part: NdArray = { dtype: x.dtype, shape, data: x.data.subarray(place * count, (place + 1) * count) };
  return shape.length === 0 ? arrayOf(x.dtype, shape, part.data) : withShape(part, shape);
}
