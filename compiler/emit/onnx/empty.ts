import type { Dim } from "../../dim/dim.js";
import type { DType } from "../../ir/graph.js";
import type { Emitter } from "./emitter.js";

/** Whether a size may be 0 when the model runs (`past` is, at first). */
export function mayBeZero(size: Dim): boolean {
  return size.atMost(0) !== "no";
}

/** One more slice of zeros at the end of axis 0; for ops that runtimes fail on, or crash, when there is none. */
export function withSpare(e: Emitter, x: string, dtype: DType): string {
  return e.op("Pad", [x, e.ints([0, 1]), e.scalar(dtype, 0), e.ints([0])]);
}

/** Without it again. */
export function withoutSpare(e: Emitter, x: string, size: Dim): string {
  return e.op("Slice", [x, e.ints([0]), e.dims.size(size), e.ints([0])]);
}
