import { Dim } from "../dim/dim.js";
import { arrayOf } from "./array.js";
import type { OpDef } from "./define.js";

/** A size of run time as an integer scalar; moves no bytes. */
export const size: OpDef<"size"> = {
  name: "size",
  infer: () => [{ dtype: "i32", shape: [] }],
  cost: () => ({}),
  vjp: () => [],
  evaluate: (_, { dim }, context) => [arrayOf("i32", [], [context.size(dim)])],
  samples: [
    { name: "size of 5", inputs: [], attrs: { dim: Dim.of(5) }, expect: [[5]] },
    { name: "size of 0", inputs: [], attrs: { dim: Dim.zero }, expect: [[0]] },
  ],
};
