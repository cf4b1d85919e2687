import { Dim } from "../dim/dim.js";
import { arrayOf } from "./array.js";
import type { OpDef } from "./define.js";
import { traffic } from "./traffic.js";

/** Integers 0, 1, … below `size`. */
export const iota: OpDef<"iota"> = {
  name: "iota",
  infer(_, { size }, check) {
    check.atMost(Dim.zero, size, "size of `iota`");
    return [{ dtype: "i32", shape: [size] }];
  },
  cost: traffic,
  vjp: () => [],
  evaluate(_, { size }, context) {
    const count = context.size(size);
    return [
      arrayOf(
        "i32",
        [count],
        Array.from({ length: count }, (_, i) => i),
      ),
    ];
  },
  samples: [
    { name: "iota of 5", inputs: [], attrs: { size: Dim.of(5) }, expect: [[0, 1, 2, 3, 4]] },
    { name: "iota of 1", inputs: [], attrs: { size: Dim.one }, expect: [[0]] },
    { name: "iota of nothing", inputs: [], attrs: { size: Dim.zero }, expect: [[]] },
  ],
};
