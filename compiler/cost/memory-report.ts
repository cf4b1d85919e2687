import type { Node, Value } from "../ir/graph.js";
import type { OpName } from "../ops/index.js";
import type { AtPoint } from "./at-point.js";
import type { FlatRules } from "./flat.js";

/** Sizes of run time, by name. */
export type Sizes = Readonly<Record<string, bigint>>;

/** What a runtime does otherwise than running op by op, each result in a place of its own. */
export interface ScheduleRules extends FlatRules {
  /** Bytes that a node needs beside operands and results. */
  scratch(node: Node, bytes: (value: Value) => bigint, point: AtPoint): bigint;
  /** Whether states are read back to the host with the outputs. */
  readonly readsStates: boolean;
}

/** Bytes at the moment of a run at which most are held. The terms add up to `total`. */
export interface MemoryReport {
  readonly weights: bigint;
  readonly buffers: bigint;
  /** What was handed in, held throughout, and what the next step gets, from when it is made. */
  readonly states: bigint;
  /** Inputs and intermediate results alive at that moment. */
  readonly activations: bigint;
  /** Scratch of the op that runs at that moment. */
  readonly workspace: bigint;
  readonly total: bigint;
  /** Of states and values, the most while ops run, and what the host is given at the end beside them. */
  readonly heap: bigint;
  readonly readBack: bigint;
  /** The op and instance that runs at that moment. */
  readonly peak: { readonly op: Moment; readonly path: string };
}

/** An op that runs, or what comes before and after all of them. */
export type Moment = OpName | "inputs" | "outputs";
