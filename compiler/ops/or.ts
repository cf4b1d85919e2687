import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** One or both. */
export const or: OpDef<"or"> = binary({
  name: "or",
  takes: ["bool"],
  counts: "elementwise",
  of: (x, y) => x | y,
  samples: [
    {
      name: "or of all",
      inputs: [
        { dtype: "bool", shape: [2, 2], data: [0, 0, 1, 1] },
        { dtype: "bool", shape: [2, 2], data: [0, 1, 0, 1] },
      ],
      attrs: {},
      expect: [[0, 1, 1, 1]],
    },
    {
      name: "or a row",
      inputs: [
        { dtype: "bool", shape: [4, 3] },
        { dtype: "bool", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "or both spread",
      inputs: [
        { dtype: "bool", shape: [2, 1, 3] },
        { dtype: "bool", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "or a scalar",
      inputs: [
        { dtype: "bool", shape: [2, 2, 1, 3] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "or scalars",
      inputs: [
        { dtype: "bool", shape: [] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "or of nothing",
      inputs: [
        { dtype: "bool", shape: [0] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
  ],
});
