import type { Dim } from "../../dim/dim.js";
import type { Placed } from "../../weights/layout.js";

/** A value by its name in the ONNX graph. */
export interface Named {
  readonly kind: "named";
  readonly name: string;
  /** What it is a reshape of, so that a reshape of it need not go by it. */
  readonly seenFrom?: { readonly name: string; readonly shape: readonly Dim[] };
}

/** A weight in the weight file, seen with a shape of its own; it becomes an initializer where it is used. */
export interface Stored {
  readonly kind: "stored";
  readonly placed: Placed;
  readonly shape: readonly number[];
}

/** What stands for a value of our graph. */
export type Ref = Named | Stored;

export function named(name: string): Named {
  return { kind: "named", name };
}
