import type { Constraint, ModelDecl, ProfileDecl, Span } from "../../grammar/ast.js";
import type { Graph } from "../ir/graph.js";
import type { Checkpoint } from "../weights/checkpoint.js";
import type { LearnedCount } from "./learned.js";

/** A constraint that applies to a model: its own, or inherited from a base. */
export interface ModelConstraint {
  readonly kind: "budget" | "expect";
  readonly constraint: Constraint;
  /** It names a profile that does not exist (reported), so the sizes to check it at are unknown. */
  readonly isAdrift?: boolean;
  readonly profile: ProfileDecl | undefined;
  /** The model that declares it. */
  readonly model: ModelDecl;
}

/** A field after late binding, as a report shows it. */
export interface FieldValue {
  readonly name: string;
  readonly value: bigint | number | boolean | string;
  readonly span: Span;
}

/**
 * One block of a stack: `path` is `blocks.5`; `slots` name its layers (`ffn` → `pkm`), `idle` those that its
 * wiring never uses.
 */
export interface BlockInfo {
  readonly path: string;
  readonly slots: Readonly<Record<string, string>>;
  readonly idle: readonly string[];
}

/** `start` with `training` true: without states, and with the loss terms of its layers after its results. */
export type TrainingTrace =
  | { readonly kind: "graph"; readonly graph: Graph; readonly terms: number }
  | { readonly kind: "not-yet"; readonly why: string };

/**
 * A model after late binding, traced to graphs. Both graphs have the same weights.
 * `start` begins with empty state: symbols `batch`, `seq`. `step` continues: symbols `batch`, `seq`, `past`, with the
 * states as inputs. Without state the two are one.
 */
export interface ModelInstance {
  readonly name: string;
  readonly decl: ModelDecl;
  readonly fields: readonly FieldValue[];
  readonly blocks: readonly BlockInfo[];
  readonly constraints: readonly ModelConstraint[];
  /** How other tools' weight files store this model's weights: its own sections and those of its bases. */
  readonly checkpoints: readonly Checkpoint[];
  /** Counts that weights decide (`learned`); without known weights, each has its largest value. */
  readonly learned: readonly LearnedCount[];
  readonly start: Graph;
  readonly step: Graph;
  /** The same model as a training step runs it; traced when first asked for. */
  readonly training: () => TrainingTrace;
  /** A layer reads `decoding`, so `step` with an empty past differs from `start`: two ONNX files. */
  readonly separateStep: boolean;
}
