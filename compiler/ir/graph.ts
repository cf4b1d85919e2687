import type { Dim } from "../dim/dim.js";
import type { Attrs, OpName } from "../ops/index.js";

/** `i32` holds every integer (token ids, indices, positions); runtimes may widen it. */
export type DType = "f32" | "i32" | "bool";

export interface Type {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

/** A value is defined once, by a region's inputs or by one node; identity is the object. */
export interface Value extends Type {
  /** Unique within a graph; only for printing. */
  readonly id: number;
  /** A readable hint for generated code and the text form, not unique. */
  readonly name: string;
}

export interface NodeOf<K extends OpName> {
  readonly op: K;
  readonly inputs: readonly Value[];
  readonly attrs: Attrs[K];
  readonly outputs: readonly Value[];
}

export type Node = { [K in OpName]: NodeOf<K> }[OpName];

/** A straight line of nodes in execution order, closed over its inputs. Bodies of `call` and `map` are regions. */
export interface Region {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly Value[];
  /** Where its layer says how: what a backward pass uses so that it need not keep the inputs. */
  readonly inverse?: Inverse;
}

/** How inputs of a region come back from its outputs. A pass that changes the region's inputs or outputs drops it. */
export interface Inverse {
  readonly body: Region;
  /** What each input of `body` is: an output of the region, by its index, or another of its values. */
  readonly given: readonly (number | Value)[];
  /** Which input of the region each output of `body` is, by its index. */
  readonly back: readonly number[];
}

/** How a weight starts. `std` and bounds are plain numbers; a source is drawn from a generator keyed by name and seed. */
export type Init =
  | { readonly kind: "zeros" }
  | { readonly kind: "ones" }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "normal"; readonly mean: number; readonly std: number }
  | { readonly kind: "uniform"; readonly low: number; readonly high: number };

/** A weight is trained; a buffer is stored with the weights but not trained (running statistics, fixed random draws). */
export interface WeightInfo {
  readonly kind: "weight" | "buffer";
  readonly init: Init;
  /** Rows are read sparsely: total and active parameters differ, the gradient is rows. */
  readonly lookup: boolean;
  /** Clamped to this range after each training step. */
  readonly within: readonly [number, number] | undefined;
}

/** What a layer keeps from step to step. */
export interface StateInfo {
  /** `blocks.5.attn` */
  readonly path: string;
  /** The name in the layer: `keys` */
  readonly name: string;
  /** The axis that grows with every step, if one does: its index in the shape. */
  readonly grows: number | undefined;
  /** Largest length of the growing axis. */
  readonly bound: Dim | undefined;
}

export type InputPort =
  | { readonly role: "data"; readonly name: string; readonly value: Value }
  | { readonly role: "weight"; readonly name: string; readonly value: Value; readonly weight: WeightInfo }
  | { readonly role: "state"; readonly name: string; readonly value: Value; readonly state: StateInfo };

export type OutputPort =
  | { readonly role: "data"; readonly name: string; readonly value: Value }
  | { readonly role: "state"; readonly name: string; readonly value: Value; readonly state: StateInfo };

/** A condition on run-time sizes that could not be decided; a session checks it before each run. */
export interface Assumption {
  readonly left: Dim;
  readonly relation: "==" | "<=" | "<";
  readonly right: Dim;
  /** In the user's words, for the error of a run that breaks it. */
  readonly reason: string;
}

/** A size known only at run time, with the least value it can take (`past` may be 0, the others at least 1). */
export interface SymbolInfo {
  readonly name: string;
  readonly least: bigint;
  /** What it is where a run does not say: the default of a `count` that `forward` takes. */
  readonly usual?: bigint;
  /** Of what states keep, where that is not all of `past`: how much a pass over whole sequences leaves. */
  readonly left?: Dim;
}

/** A whole model. `inputs` and `outputs` are the values of the ports, in the same order. */
export interface Graph extends Region {
  readonly name: string;
  readonly inputPorts: readonly InputPort[];
  readonly outputPorts: readonly OutputPort[];
  readonly symbols: readonly SymbolInfo[];
  readonly assumptions: readonly Assumption[];
}
