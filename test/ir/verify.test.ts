import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { newValue } from "../../compiler/ir/build.js";
import type { Graph, Node } from "../../compiler/ir/graph.js";
import { verify } from "../../compiler/ir/verify.js";
import { gptGraph } from "../cost/mini-gpt.js";
import { randomGraph } from "./random-graph.js";

const sound = gptGraph({ vocab: 11, context: 16, dim: 8, heads: 2, layers: 2 }, "step");

/** The graph with one node in another's place. */
function replaced(graph: Graph, op: Node["op"], change: (node: Node) => Node): Graph {
  const at = graph.nodes.findIndex((node) => node.op === op);
  return { ...graph, nodes: graph.nodes.with(at, change(graph.nodes[at]!)) };
}

describe("verify", () => {
  test("finds nothing in sound graphs", () => {
    expect(verify(sound)).toEqual([]);
    for (let seed = 0; seed < 20; seed++) expect(verify(randomGraph(seed))).toEqual([]);
  });

  test("a use before its definition", () => {
    const graph = { ...sound, nodes: [...sound.nodes].reverse() };
    expect(verify(graph)[0]).toMatch(/operand %\d+.* is not defined here/);
  });

  test("a second definition", () => {
    const graph = { ...sound, nodes: [...sound.nodes, sound.nodes[0]!] };
    expect(verify(graph)).toEqual([expect.stringMatching(/is defined twice$/)]);
  });

  test("a recorded type that the shape rule does not give", () => {
    const graph = replaced(sound, "add", (node) => {
      const wrong = { ...node.outputs[0]!, shape: [Dim.of(1), Dim.of(2)] };
      return { ...node, outputs: [wrong] } as Node;
    });
    const found = verify(graph).join("\n");
    expect(found).toMatch(/add: result 0 is recorded as f32\[1, 2\], by its shape rule f32\[batch, seq, 8\]/);
  });

  test("a broken shape rule", () => {
    const graph = replaced(
      sound,
      "call",
      (node) => ({ ...node, inputs: [...node.inputs].reverse() }) as Node,
    );
    expect(verify(graph).join("\n")).toMatch(/operand 0 is f32\[11, 8\], its body takes i32\[batch, seq\]/);
  });

  test("a body that reaches outside", () => {
    const graph = replaced(sound, "call", (node) => {
      if (node.op !== "call") return node;
      const body = { ...node.attrs.body, outputs: [newValue(node.outputs[0]!, "stranger")] };
      return { ...node, attrs: { ...node.attrs, body } };
    });
    expect(verify(graph)).toEqual([
      expect.stringMatching(/call > outputs: %\d+ \(stranger\) is not defined here/),
    ]);
  });

  test("ports that are not the graph's inputs and outputs", () => {
    expect(verify({ ...sound, inputs: sound.inputs.slice(1) })[0]).toMatch(/inputs but \d+ ports/);
    expect(verify({ ...sound, outputPorts: [...sound.outputPorts].reverse() })[0]).toMatch(
      /output port `.*` is not output 0/,
    );
  });

  test("an undeclared symbol, and a weight of a size known at run time only", () => {
    const symbols = sound.symbols.filter((s) => s.name !== "past");
    expect(verify({ ...sound, symbols }).join("\n")).toMatch(/uses the undeclared symbol `past`/);
    const inputPorts = sound.inputPorts.map((port, i) => {
      if (i !== 0) return port;
      const weight = { kind: "weight", init: { kind: "ones" }, lookup: false, within: undefined } as const;
      return { role: "weight" as const, name: "w", value: port.value, weight };
    });
    expect(verify({ ...sound, inputPorts })[0]).toMatch(/the shape of weight `w` is not constant/);
  });
});
