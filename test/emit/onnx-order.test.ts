import { expect, test } from "vitest";
import { resultsLast } from "../../compiler/emit/onnx/order.js";

const node = (name: string, input: string[], inner: string[] = []) => ({
  name,
  opType: "Loop",
  input,
  output: [name],
  attribute: inner.length > 0 ? [{ g: { node: [{ input: inner, output: [`${name}/inner`] }] } }] : [],
});

test("what only makes results comes last, the last one first; what a subgraph reads stays", () => {
  const nodes = [
    node("long", ["x"]),
    node("state", ["long"]),
    node("bound", ["x"]),
    node("later", ["long"]),
    node("logits", ["later"], ["bound"]),
  ];
  expect(resultsLast(nodes).map(({ name }) => name)).toEqual(["long", "bound", "later", "logits", "state"]);
});
