import type { Builder } from "../ir/build.js";
import type { DType, Type, Value } from "../ir/graph.js";
import { broadcastArray, commonShape, emptyArray } from "./array.js";
import type { OpName } from "./attrs.js";
import type { Check, NdArray, OpDef, Sample } from "./define.js";
import { meet } from "./spread.js";
import { elements, traffic } from "./traffic.js";

interface Facts<K extends OpName> {
  readonly name: K;
  /** Dtypes that the (first) operand may have. */
  readonly takes: readonly DType[];
  /** Dtype of the result; that of the operands where left out. */
  readonly gives?: DType;
  /** One pass over the elements of the arithmetic unit, or of the slower one for transcendental functions. */
  readonly counts: "elementwise" | "transcendental";
  readonly samples: readonly Sample<K>[];
}

/** An op on the elements of one operand. `vjp` gives the operand's cotangent; left out: it has none. */
export function unary<K extends OpName>(
  facts: Facts<K> & {
    of(x: number): number;
    vjp?(b: Builder, cotangent: Value, x: Value, result: Value): Value;
  },
): OpDef<K> {
  const { name, takes, counts, samples } = facts;
  return {
    name,
    samples,
    infer(inputs, _, check) {
      const type = operand(inputs, 0, name, check);
      expectType(type, takes, name, check);
      return [{ dtype: facts.gives ?? type.dtype, shape: type.shape }];
    },
    cost: (node) => ({ [counts]: elements(node.outputs[0]!), ...traffic(node) }),
    vjp(b, node, [cotangent]) {
      if (!cotangent || !facts.vjp || node.inputs[0]!.dtype !== "f32") return [undefined];
      return [facts.vjp(b, cotangent, node.inputs[0]!, node.outputs[0]!)];
    },
    evaluate([x]) {
      const result = emptyArray(facts.gives ?? x!.dtype, x!.shape);
      const { data } = result;
      const source = x!.data;
      for (let i = 0; i < data.length; i++) data[i] = facts.of(source[i]!);
      return [result];
    },
  };
}

/** An op on the elements of two operands, which spread to meet. */
export function binary<K extends OpName>(
  facts: Facts<K> & {
    of(x: number, y: number): number;
    vjp?(
      b: Builder,
      cotangent: Value,
      x: Value,
      y: Value,
      result: Value,
    ): readonly [Value | undefined, Value | undefined];
  },
): OpDef<K> {
  const { name, takes, counts, samples } = facts;
  return {
    name,
    samples,
    infer(inputs, _, check) {
      const [left, right] = [operand(inputs, 0, name, check), operand(inputs, 1, name, check)];
      expectType(left, takes, name, check);
      check.that(left.dtype === right.dtype, `\`${name}\` of ${left.dtype} and ${right.dtype}`);
      return [{ dtype: facts.gives ?? left.dtype, shape: meet([left, right], check) }];
    },
    cost: (node) => ({ [counts]: elements(node.outputs[0]!), ...traffic(node) }),
    vjp(b, node, [cotangent]) {
      const [x, y] = node.inputs;
      if (!cotangent || !facts.vjp || x!.dtype !== "f32") return [undefined, undefined];
      return facts.vjp(b, cotangent, x!, y!, node.outputs[0]!);
    },
    evaluate: ([x, y]) => [zip(x!, y!, facts.gives ?? x!.dtype, facts.of)],
  };
}

function zip(x: NdArray, y: NdArray, dtype: DType, of: (x: number, y: number) => number): NdArray {
  const shape = commonShape([x.shape, y.shape]);
  const result = emptyArray(dtype, shape);
  const { data } = result;
  const n = data.length;
  const right = y.data.length === 1 || y.data.length === n ? y.data : broadcastArray(y, shape).data;
  const left = x.data.length === 1 || x.data.length === n ? x.data : broadcastArray(x, shape).data;
  const [stepLeft, stepRight] = [left.length === n ? 1 : 0, right.length === n ? 1 : 0];
  for (let i = 0; i < n; i++) data[i] = of(left[i * stepLeft]!, right[i * stepRight]!);
  return result;
}

/** The operand at `index`, or a stand-in after a report. */
export function operand(inputs: readonly Type[], index: number, name: string, check: Check): Type {
  check.that(index < inputs.length, `\`${name}\` has no operand ${index + 1}`);
  return inputs[index] ?? { dtype: "f32", shape: [] };
}

/** Reports a wrong dtype. */
export function expectType(type: Type, takes: readonly DType[], name: string, check: Check): void {
  check.that(takes.includes(type.dtype), `\`${name}\` takes ${takes.join(" or ")}, not ${type.dtype}`);
}
