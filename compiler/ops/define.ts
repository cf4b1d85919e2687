import type { Dim } from "../dim/dim.js";
import type { Builder } from "../ir/build.js";
import type { DType, NodeOf, Region, Type, Value } from "../ir/graph.js";
import type { Attrs, OpName } from "./attrs.js";
import type { Cost } from "./cost-vector.js";

/** A plain array for the reference evaluator: row-major; floats in double precision, so that it is an oracle. */
export interface NdArray {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Float64Array | Int32Array | Uint8Array;
}

/** How a shape rule says what is wrong; a comparison that cannot be decided passes. */
export interface Check {
  /** Reports `message` where `ok` is false. */
  that(ok: boolean, message: string): void;
  /** Reports where the two are surely unequal. */
  same(a: Dim, b: Dim, what: string): void;
  /** Reports where `a` is surely greater than `b`. */
  atMost(a: Dim, b: Dim, what: string): void;
}

/** What an evaluator needs of its surroundings. */
export interface EvalContext {
  /** The value of a dim at this run. */
  size(dim: Dim): number;
  /** Runs a body. */
  run(region: Region, inputs: readonly NdArray[]): readonly NdArray[];
}

/** One input of a sample: `data`, or numbers drawn from the sample's seed (`distinct`: no two equal; `index`: 0 … below − 1). */
export interface SampleInput {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data?: readonly number[];
  readonly fill?: "normal" | "positive" | "distinct" | { readonly index: number };
}

/** One case that every backend and the derivative are tested on. Shapes in `attrs` are constant dims. */
export interface Sample<K extends OpName> {
  readonly name: string;
  readonly inputs: readonly SampleInput[];
  readonly attrs: Attrs[K];
  /** Exact expected outputs where the evaluator itself is to be checked, ties and corner cases above all. */
  readonly expect?: readonly (readonly number[])[];
}

/** The facts about an op, and no backend: what it means, costs, and how it is differentiated. */
export interface OpDef<K extends OpName> {
  readonly name: K;
  /** Types of the outputs. Total: with wrong input it reports to `check` and still answers. */
  infer(inputs: readonly Type[], attrs: Attrs[K], check: Check): readonly Type[];
  /** What one execution costs; entries left out are 0 by the rule, not by omission of a rule. */
  cost(node: NodeOf<K>): Partial<Cost>;
  /**
   * Cotangents of the inputs from those of the outputs (`undefined`: does not matter); `undefined` for an input that
   * has no derivative (integers, conditions). Built with primitive ops in `b`, where the node's values are defined.
   */
  vjp(
    b: Builder,
    node: NodeOf<K>,
    cotangents: readonly (Value | undefined)[],
  ): readonly (Value | undefined)[];
  evaluate(inputs: readonly NdArray[], attrs: Attrs[K], context: EvalContext): readonly NdArray[];
  readonly samples: readonly Sample<K>[];
}
