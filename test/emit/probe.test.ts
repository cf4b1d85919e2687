import { describe, expect, it } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { formulas, meansTheSame } from "../../compiler/emit/probe.js";
import { Builder } from "../../compiler/ir/build.js";
import type { Node, NodeOf, Value } from "../../compiler/ir/graph.js";
import { softmaxBody } from "./onnx/bodies.js";

/** A call of a layer `name` on operands of these sizes. */
function callOf(
  name: keyof typeof formulas,
  shapes: readonly (readonly (number | Dim)[])[],
  body: (b: Builder, inputs: readonly Value[]) => Value,
  args: Readonly<Record<string, number>> = {},
): NodeOf<"call"> {
  const b = new Builder();
  const inputs = shapes.map((shape, i) =>
    b.input({ dtype: "f32", shape: shape.map((n) => (typeof n === "number" ? Dim.of(n) : n)) }, `x${i}`),
  );
  const outputs = b.call(name, inputs, (inner, own) => [body(inner, own)], { args, path: "" });
  const node: Node = b.region(outputs).nodes[0]!;
  if (node.op !== "call") throw new Error("no call");
  return node;
}

/** The mean of the last axis of a body that knows its size. */
function divided(b: Builder, x: Value, by: number): Value {
  return b.op("div", [b.op("reduce_sum", [x], { axes: [x.shape.length - 1] }), b.scalar(by)], {});
}

const is = (node: NodeOf<"call">) =>
  meansTheSame(node, (xs) => formulas[node.attrs.name as keyof typeof formulas](xs, node));
const batch = Dim.symbol("batch");

describe("what a body means", () => {
  it("is found out for large sizes as fast as for small ones", () => {
    const large = callOf("softmax", [[batch, 8, 4096, 50_176]], (b, [x]) => softmaxBody(b, x!), { axis: 3 });
    const began = process.cpuUsage();
    expect(is(large)).toBe(true);
    const { user } = process.cpuUsage(began);
    expect(user / 1e6).toBeLessThan(0.2);
  });

  it("is found out where the body knows its size, however many rows there are", () => {
    const mean = (by: number) =>
      callOf("mean", [[batch, 50_176, 512]], (b, [x]) => divided(b, x!, by), { axis: 2 });
    expect(is(mean(512))).toBe(true);
    expect(is(mean(511))).toBe(false);
    // A size that small samples have: the body is no mean of 512 numbers.
    expect(is(mean(5))).toBe(false);
    expect(is(mean(7))).toBe(false);
  });

  it("is found out where an axis of rows has the size of the one that is worked along", () => {
    const square = callOf("mean", [[512, 512]], (b, [x]) => divided(b, x!, 512), { axis: 1 });
    expect(is(square)).toBe(true);
  });

  it("is not taken from small sizes where the body does something else with one part of an axis", () => {
    const part = (b: Builder, x: Value) => {
      const cut = (start: number, size: number) =>
        b.op("slice", [x], { axis: 1, start: Dim.of(start), size: Dim.of(size) });
      const doubled = b.op("mul", [cut(8, 24), b.scalar(2)], {});
      return softmaxBody(b, b.op("concat", [cut(0, 8), doubled], { axis: 1 }));
    };
    expect(is(callOf("softmax", [[batch, 32, 16]], (b, [x]) => part(b, x!), { axis: 2 }))).toBe(false);
  });
});
