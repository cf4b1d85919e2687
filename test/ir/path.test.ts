import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Builder } from "../../compiler/ir/build.js";
import type { Graph } from "../../compiler/ir/graph.js";
import { inline } from "../../compiler/ir/passes/optimize.js";
import { pathAt, pathFrom } from "../../compiler/ir/path.js";

describe("a path seen from an instance", () => {
  test("says the way in, after a `^` for each step out", () => {
    expect(pathFrom("", "blocks.0.attn")).toBe("blocks.0.attn");
    expect(pathFrom("blocks.0.wiring", "blocks.0.attn")).toBe("^.attn");
    expect(pathFrom("blocks.0.attn", "blocks.0.attn.rotary")).toBe("rotary");
    expect(pathFrom("blocks.0.ffn", "memory")).toBe("^.^.^.memory");
  });

  test("means the whole path again", () => {
    const path = fc.array(fc.constantFrom("a", "b", "0", "1"), { maxLength: 5 }).map((p) => p.join("."));
    const back = (base: string, to: string) => pathAt(base, pathFrom(base, to)) === to;
    fc.assert(fc.property(path, path, back));
  });

  test("is seen from further out as well", () => {
    const path = fc
      .array(fc.constantFrom("a", "b", "0"), { minLength: 1, maxLength: 4 })
      .map((p) => p.join("."));
    fc.assert(
      fc.property(path, path, path, (a, b, c) => {
        fc.pre(a !== b && b !== c);
        expect(pathAt(a, pathAt(pathFrom(a, b), pathFrom(b, c)))).toBe(c);
      }),
    );
  });
});

test("calls that stay after inlining still name their instances", () => {
  const b = new Builder();
  const x = b.input({ dtype: "f32", shape: [] }, "x");
  const exp = (inner: Builder, name: string, path: string, v = inner.inputs[0]!) =>
    inner.call(name, [v], (own, [w]) => [own.op("exp", [w!], {})], { path })[0]!;
  const [y] = b.call(
    "wiring",
    [x],
    (inner, [v]) => [
      inner.call("kept", [exp(inner, "gone", "blocks.0.attn", v)], (own) => [exp(own, "kept", "memory")], {
        path: "blocks.0.ffn",
      })[0]!,
    ],
    { path: "blocks.0.wiring" },
  );
  const graph: Graph = {
    name: "g",
    inputs: b.inputs,
    nodes: b.nodes,
    outputs: [y!],
    inputPorts: [{ role: "data", name: "x", value: x }],
    outputPorts: [{ role: "data", name: "y", value: y! }],
    symbols: [],
    assumptions: [],
  };
  const { graph: flat, paths } = inline(graph, (name) => name === "kept");
  expect(flat.nodes.map((n) => `${n.op} ${paths.get(n)}`)).toEqual([
    "exp blocks.0.attn",
    "call blocks.0.ffn",
  ]);
  const [, kept] = flat.nodes;
  const inside = kept?.op === "call" ? kept.attrs.body.nodes[0]! : undefined;
  expect(kept?.op === "call" && kept.attrs.path).toBe("blocks.0.ffn");
  expect(inside?.op === "call" && inside.attrs.path).toBe("^.^.^.memory");
});
