import { expect } from "vitest";
import { evaluateGraph } from "../../compiler/ir/evaluate.js";
import { arrayOf } from "../../compiler/ops/array.js";
import { generator } from "../../compiler/ops/samples.js";
import type { TrainingStep } from "../../compiler/train/step.js";
import { type Arrays, gradientsOf, lossOf } from "./support.js";

/** Inputs with one weight moved along a direction drawn by its name. */
function moved(inputs: Arrays, name: string, by: number): Arrays {
  const draw = generator(`along ${name}`);
  const { data, shape } = inputs[name]!;
  return {
    ...inputs,
    [name]: arrayOf(
      "f32",
      shape,
      Array.from(data, (x) => x + by * (draw() * 2 - 1)),
    ),
  };
}

/** Holds the derivative by every weight to the slope of the loss along one direction; `smooth` of them have one. */
export function expectSlopes(
  step: TrainingStep,
  inputs: Arrays,
  sizes: Readonly<Record<string, number>>,
  least = 0.9,
): void {
  const found = gradientsOf(step, inputs, sizes);
  const loss = lossOf(step);
  const at = (weight: string, by: number) =>
    evaluateGraph(loss, moved(inputs, weight, by), sizes).loss!.data[0]!;
  const h = 1e-6;
  const here = evaluateGraph(loss, inputs, sizes).loss!.data[0]!;
  let smooth = 0;
  for (const [weight, derivative] of found) {
    const draw = generator(`along ${weight}`);
    const due = derivative.reduce((sum, x) => sum + x * (draw() * 2 - 1), 0);
    const [below, above] = [at(weight, -h), at(weight, h)];
    // A hash, a maximum or the best k may change on the way: no derivative says what then becomes of the loss.
    const [left, right] = [(here - below) / h, (above - here) / h];
    if (Math.abs(left - right) > 1e-4 * (1e-2 + Math.abs(left))) continue;
    smooth++;
    const slope = (above - below) / (2 * h);
    expect(Math.abs(slope - due), `${weight}: ${due}, by differences ${slope}`).toBeLessThan(
      1e-8 + 1e-5 * Math.abs(slope),
    );
  }
  expect(smooth).toBeGreaterThan(least * found.size);
}
