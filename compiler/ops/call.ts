import { gradient, inlineRegion } from "../ir/grad.js";
import type { Region, Type } from "../ir/graph.js";
import { ruleOf } from "./call-vjp.js";
import type { Check, OpDef } from "./define.js";
import { regionCost } from "./region-cost.js";
import { sampleRegion } from "./sample-region.js";

/**
 * A named body of primitive ops; means what the body means. Its derivative is that of the body, expanded, but for
 * library functions that have one of their own.
 */
export const call: OpDef<"call"> = {
  name: "call",
  infer(inputs, { body }, check) {
    expectOperands(inputs, body, 0, check);
    return body.outputs.map(({ dtype, shape }) => ({ dtype, shape }));
  },
  cost: ({ attrs }) => regionCost(attrs.body),
  vjp(b, node, cotangents) {
    const { body, path } = node.attrs;
    const { inputs } = node;
    const rule = ruleOf(node);
    if (rule && cotangents[0]) return [rule(b, node, cotangents[0])];
    const { nodes, outputs } = inlineRegion(b, body, inputs, path);
    return gradient(b, nodes, outputs, cotangents, inputs);
  },
  evaluate: (inputs, { body }, context) => context.run(body, inputs),
  samples: [
    {
      name: "call of a body with one result",
      inputs: [
        { dtype: "f32", shape: [2, 3] },
        { dtype: "f32", shape: [3] },
      ],
      attrs: {
        name: "scaled_tanh",
        path: "",
        args: { axis: 1 },
        body: sampleRegion([[2, 3], [3]], (b, [x, y]) => [b.op("mul", [b.op("tanh", [x!], {}), y!], {})]),
      },
    },
    {
      name: "call of a body with two results, one of them an operand",
      inputs: [{ dtype: "f32", shape: [4] }],
      attrs: {
        name: "square_and_self",
        path: "blocks.0.twice",
        args: {},
        body: sampleRegion([[4]], (b, [x]) => [b.op("mul", [x!, x!], {}), x!]),
      },
    },
  ],
};

/** Reports operands that do not fit the inputs of a body; those before `mapped` have one axis more in front. */
export function expectOperands(inputs: readonly Type[], body: Region, mapped: number, check: Check): void {
  check.that(
    inputs.length === body.inputs.length,
    `${inputs.length} operands for a body of ${body.inputs.length}`,
  );
  for (const [i, input] of body.inputs.entries()) {
    const given = inputs[i];
    if (!given) continue;
    const shape = i < mapped ? given.shape.slice(1) : given.shape;
    check.that(
      given.dtype === input.dtype,
      `operand ${i + 1} is ${given.dtype}, the body wants ${input.dtype}`,
    );
    check.that(
      shape.length === input.shape.length,
      `operand ${i + 1} and the body differ in their number of axes`,
    );
    for (const [axis, size] of input.shape.entries()) {
      check.same(shape[axis] ?? size, size, `axis ${axis} of operand ${i + 1} of a body`);
    }
  }
}
