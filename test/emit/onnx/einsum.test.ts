import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Dim } from "../../../compiler/dim/dim.js";
import { evaluateRegion } from "../../../compiler/ir/evaluate.js";
import type { Type } from "../../../compiler/ir/graph.js";
import { sampleInputs } from "../../../compiler/ops/samples.js";
import { bytesOf, decode, distance, graphOf, operators, runOnnx, withWeights } from "./support.js";

interface Case {
  readonly equation: string;
  readonly sizes: Readonly<Record<string, number>>;
  /** Letters whose size is known only when the model runs. */
  readonly open: readonly string[];
}

const letters = ["a", "b", "c", "d", "e"];

const cases: fc.Arbitrary<Case> = fc
  .tuple(
    fc.shuffledSubarray(letters, { maxLength: 4 }),
    fc.shuffledSubarray(letters, { maxLength: 4 }),
    fc.shuffledSubarray(letters, { minLength: 5 }),
    fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 5, maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
    fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  )
  .map(([left, right, order, numbers, dropped, open]) => {
    const both = (l: string): boolean => left.includes(l) && right.includes(l);
    const kept = order.filter((l) =>
      both(l) ? !dropped[letters.indexOf(l)] : left.includes(l) || right.includes(l),
    );
    return {
      equation: `${left.join("")},${right.join("")}->${kept.join("")}`,
      sizes: Object.fromEntries(letters.map((l, i) => [l, numbers[i]!])),
      open: letters.filter((_, i) => open[i]),
    };
  });

async function agree({ equation, sizes, open }: Case): Promise<void> {
  const operands = equation.split("->")[0]!.split(",");
  const types: Type[] = operands.map((operand) => ({
    dtype: "f32",
    shape: [...operand].map((l) => (open.includes(l) ? Dim.symbol(l) : Dim.of(sizes[l]!))),
  }));
  const graph = graphOf(types, (b, inputs) => b.node("einsum", inputs, { equation }));
  const inputs = sampleInputs({
    name: equation,
    inputs: operands.map((operand) => ({ dtype: "f32", shape: [...operand].map((l) => sizes[l]!) })),
  });
  const [expected] = evaluateRegion(graph, inputs, sizes);
  const [got] = await runOnnx(bytesOf(graph), graph, inputs);
  expect(distance(got!, expected!)).toBeLessThan(1e-5);
}

describe("einsum", () => {
  it("agrees with the reference for any equation, with sizes known or open", async () => {
    await fc.assert(fc.asyncProperty(cases, agree), { numRuns: 150 });
  }, 60_000);

  const batch = Dim.symbol("batch");
  const seq = Dim.symbol("seq");
  const past = Dim.symbol("past", 0);

  it.each<[string, string, Dim[], number[], string[]]>([
    ["a projection", "btd,df->btf", [batch, seq, Dim.of(8)], [8, 6], ["MatMul"]],
    ["to heads", "btd,dhk->bthk", [batch, seq, Dim.of(8)], [8, 2, 4], ["MatMul", "Reshape"]],
    ["from heads", "bthk,hkd->btd", [batch, seq, Dim.of(2), Dim.of(4)], [2, 4, 8], ["Reshape", "MatMul"]],
    // Turned once, when the model is loaded: Gemm's result would have to be copied into three axes.
    ["a tied head", "btd,vd->btv", [batch, seq, Dim.of(8)], [20, 8], ["Transpose", "MatMul"]],
    ["heads of one", "btd,dhgk->bthgk", [batch, seq, Dim.of(8)], [8, 1, 1, 4], ["MatMul", "Unsqueeze"]],
  ])("writes %s without a copy of its weight at run time", async (_, equation, shape, weight, expected) => {
    const graph = withWeights([{ dtype: "f32", shape }], [{ name: "w", shape: weight }], (b, [x, w]) => [
      b.op("einsum", [x!, w!], { equation }),
    ]);
    expect(operators(decode(graph.bytes).graph!)).toEqual(expected);
  });

  it("writes scores and mixing as one product each", () => {
    const k = Dim.of(4);
    const h = Dim.of(2);
    const scores = graphOf(
      [
        { dtype: "f32", shape: [batch, h, seq, k] },
        { dtype: "f32", shape: [batch, h, past.plus(seq), k] },
      ],
      (b, inputs) => b.node("einsum", inputs, { equation: "bhtk,bhsk->bhts" }),
    );
    expect(operators(decode(bytesOf(scores)).graph!)).toEqual(["Transpose", "MatMul"]);
    const mixing = graphOf(
      [
        { dtype: "f32", shape: [batch, h, seq, past.plus(seq)] },
        { dtype: "f32", shape: [batch, h, past.plus(seq), k] },
      ],
      (b, inputs) => b.node("einsum", inputs, { equation: "bhts,bhsk->bthk" }),
    );
    expect(operators(decode(bytesOf(mixing)).graph!)).toEqual(["MatMul", "Transpose"]);
  });
});
