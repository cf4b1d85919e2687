import type { Constraint, ModelDecl, ProfileDecl, Span } from "../../grammar/ast.js";
import type { Graph } from "../ir/graph.js";
import type { Checkpoint } from "../weights/checkpoint.js";
import type { LearnedCount } from "./learned.js";

/** A constraint that holds for a model: its own, or inherited from a base. */
export interface ModelConstraint {
  readonly kind: "budget" | "expect";
  readonly constraint: Constraint;
  /** It names a profile that is not there (reported): at which sizes its lines would hold is not known. */
  readonly isAdrift?: boolean;
  readonly profile: ProfileDecl | undefined;
  /** The model that states it. */
  readonly model: ModelDecl;
}

/** A field after late binding, as a report shows it. */
export interface FieldValue {
  readonly name: string;
  readonly value: bigint | number | boolean | string;
  readonly span: Span;
}

/**
 * One block of a stack: `path` is `blocks.5`; `slots` say what stands in it (`ffn` → `pkm`), `idle` which of these its
 * wiring never asked for.
 */
export interface BlockInfo {
  readonly path: string;
  readonly slots: Readonly<Record<string, string>>;
  readonly idle: readonly string[];
}

/** `start` where `training` holds: without states, and behind its results the terms of the loss that layers add. */
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
  /** How foreign weight files hold this model's weights: its own sections, and those of its bases. */
  readonly checkpoints: readonly Checkpoint[];
  /** Counts that weights decide (`learned`); each is as large as it can be where the weights are not known. */
  readonly learned: readonly LearnedCount[];
  readonly start: Graph;
  readonly step: Graph;
  /** The same model as a training step runs it; traced when first asked for. */
  readonly training: () => TrainingTrace;
  /** A layer reads `decoding`, so that `step` with nothing past is not `start`: two ONNX files. */
  readonly separateStep: boolean;
}
