import { expect } from "vitest";
import { Dim } from "../../compiler/dim/dim.js";
import { Builder } from "../../compiler/ir/build.js";
import { evaluateRegion } from "../../compiler/ir/evaluate.js";
import { gradient } from "../../compiler/ir/grad.js";
import type { Region, Type, Value } from "../../compiler/ir/graph.js";
import { arrayOf } from "../../compiler/ops/array.js";
import type { NdArray } from "../../compiler/ops/define.js";
import { generator } from "../../compiler/ops/samples.js";

type Trace = (b: Builder, inputs: readonly Value[]) => readonly Value[];

/**
 * Holds the derivatives of what `trace` builds against central differences, for random cotangents of all float
 * outputs. Places where the slopes on both sides differ (ties, kinks) have no derivative and are left out. Gives how
 * many elements were compared.
 */
export function checkGradient(trace: Trace, inputs: readonly NdArray[]): number {
  const forward = build(inputs, trace);
  const first = evaluateRegion(forward, inputs);
  const draw = generator("cotangents");
  const seeds = first.map((r) =>
    arrayOf(
      r.dtype,
      r.shape,
      Array.from(r.data, () => draw() * 2 - 1),
    ),
  );
  const floats = seeds.flatMap((s, i) => (s.dtype === "f32" ? [i] : []));

  const derivatives: (Value | undefined)[] = [];
  const backward = build([...inputs, ...floats.map((i) => seeds[i]!)], (b, values) => {
    const args = values.slice(0, inputs.length);
    const outputs = trace(b, args);
    const cotangents = outputs.map((_, i) =>
      floats.includes(i) ? values[inputs.length + floats.indexOf(i)] : undefined,
    );
    derivatives.push(...gradient(b, b.nodes, outputs, cotangents, args));
    for (const [i, d] of derivatives.entries())
      if (d) expect(d.shape.map(String)).toEqual(args[i]!.shape.map(String));
    return derivatives.flatMap((d) => d ?? []);
  });
  const found = [...evaluateRegion(backward, [...inputs, ...floats.map((i) => seeds[i]!)])];

  // The difference from the start, element by element: a huge element elsewhere must not swallow it.
  const loss = (args: readonly NdArray[]) => {
    const results = evaluateRegion(forward, args);
    let total = 0;
    for (const i of floats)
      for (const [j, x] of results[i]!.data.entries()) total += (x - first[i]!.data[j]!) * seeds[i]!.data[j]!;
    return total;
  };
  let compared = 0;
  for (const [i, input] of inputs.entries()) {
    const derivative = derivatives[i] ? found.shift() : undefined;
    if (input.dtype !== "f32") {
      expect(derivative, `input ${i} has no derivative`).toBeUndefined();
      continue;
    }
    for (let at = 0; at < input.data.length; at++) {
      const step = 1e-5 * Math.max(1, Math.abs(input.data[at]!));
      const moved = (by: number) => {
        const data = Float64Array.from(input.data);
        data[at]! += by;
        return loss(inputs.map((x, k) => (k === i ? { ...x, data } : x)));
      };
      const [below, above] = [moved(-step), moved(step)];
      const [left, right] = [-below / step, above / step];
      const slope = (above - below) / (2 * step);
      if (!Number.isFinite(slope) || Math.abs(left - right) > 1e-2 * (1 + Math.abs(slope))) continue;
      const given = derivative?.data[at] ?? 0;
      const error = Math.abs(given - slope) / (1 + Math.abs(slope));
      expect(error, `input ${i} at ${at}: ${given}, by differences ${slope}`).toBeLessThan(1e-6);
      compared++;
    }
  }
  return compared;
}

function build(inputs: readonly NdArray[], trace: Trace): Region {
  const b = new Builder();
  return b.region(
    trace(
      b,
      inputs.map((x, i) => b.input(typeOf(x), `x${i}`)),
    ),
  );
}

export function typeOf({ dtype, shape }: NdArray): Type {
  return { dtype, shape: shape.map((n) => Dim.of(n)) };
}
