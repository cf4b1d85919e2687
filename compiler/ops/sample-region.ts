import { Dim } from "../dim/dim.js";
import { Builder } from "../ir/build.js";
import type { DType, Region, Value } from "../ir/graph.js";

/**
 * A body for samples, traced when it is first read: ops cannot be used while the table of ops is still being loaded.
 */
export function sampleRegion(
  shapes: readonly (readonly number[])[],
  trace: (b: Builder, inputs: readonly Value[]) => readonly Value[],
  dtypes: readonly DType[] = [],
): Region {
  let traced: Region | undefined;
  const region = (): Region => {
    if (!traced) {
      const b = new Builder();
      const inputs = shapes.map((shape, i) =>
        b.input({ dtype: dtypes[i] ?? "f32", shape: shape.map((n) => Dim.of(n)) }, `x${i}`),
      );
      traced = b.region(trace(b, inputs));
    }
    return traced;
  };
  return {
    get inputs() {
      return region().inputs;
    },
    get nodes() {
      return region().nodes;
    },
    get outputs() {
      return region().outputs;
    },
  };
}
