import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { optimize } from "../../compiler/ir/passes/optimize.js";
import { graphText } from "../../compiler/ir/text.js";
import { gptGraph } from "../cost/mini-gpt.js";
import { randomGraph } from "./random-graph.js";

const tiny = { vocab: 11, context: 16, dim: 8, heads: 2, layers: 2 };

describe("the text form", () => {
  test("of a small GPT, as it is written and optimized", () => {
    const text = `${graphText(gptGraph(tiny, "step"))}\n${graphText(optimize(gptGraph(tiny, "step")))}`;
    const file = new URL("fixtures/tiny-gpt.txt", import.meta.url);
    if (process.env.UPDATE) writeFileSync(file, text);
    expect(text).toBe(readFileSync(file, "utf8"));
  });

  test("says nothing of ids: building again gives the same text", () => {
    for (let seed = 0; seed < 20; seed++)
      expect(graphText(randomGraph(seed))).toBe(graphText(randomGraph(seed)));
  });

  test("48 layers have the functions of one", () => {
    const functions = (layers: number) =>
      graphText(gptGraph({ ...tiny, layers }, "step"))
        .match(/^fn \w+/gm)
        ?.join();
    expect(functions(48)).toBe(functions(1));
  });

  test("long constants are cut, and still told apart", () => {
    const text = (last: number) => {
      const b = new Builder();
      const data = Array.from({ length: 100 }, (_, i) => (i === 99 ? last : i));
      const value = b.op("constant", [], { dtype: "f32", shape: [100], data });
      const outputPorts = [{ role: "data" as const, name: "y", value }];
      return graphText({
        name: "g",
        ...b.region([value]),
        inputPorts: [],
        outputPorts,
        symbols: [],
        assumptions: [],
      });
    };
    expect(text(1)).toContain("100 in all");
    expect(text(1)).not.toBe(text(2));
  });

  test("sizes are polynomials", () => {
    const b = new Builder();
    const value = b.op("iota", [], { size: Dim.symbol("seq").plus(Dim.symbol("past", 0)) });
    const outputPorts = [{ role: "data" as const, name: "y", value }];
    const symbols = [{ name: "seq", least: 1n }];
    const text = graphText({
      name: "g",
      ...b.region([value]),
      inputPorts: [],
      outputPorts,
      symbols,
      assumptions: [],
    });
    expect(text).toBe("graph g(seq >= 1) {\n  %0 = iota(): i32[seq + past]\n  output y = %0\n}\n");
  });
});
