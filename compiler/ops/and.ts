import type { OpDef } from "./define.js";
import { binary } from "./elementwise.js";

/** Both. */
export const and: OpDef<"and"> = binary({
  name: "and",
  takes: ["bool"],
  counts: "elementwise",
  of: (x, y) => x & y,
  samples: [
    {
      name: "and of all",
      inputs: [
        { dtype: "bool", shape: [2, 2], data: [0, 0, 1, 1] },
        { dtype: "bool", shape: [2, 2], data: [0, 1, 0, 1] },
      ],
      attrs: {},
      expect: [[0, 0, 0, 1]],
    },
    {
      name: "and a row",
      inputs: [
        { dtype: "bool", shape: [4, 3] },
        { dtype: "bool", shape: [3] },
      ],
      attrs: {},
    },
    {
      name: "and both spread",
      inputs: [
        { dtype: "bool", shape: [2, 1, 3] },
        { dtype: "bool", shape: [4, 1] },
      ],
      attrs: {},
    },
    {
      name: "and a scalar",
      inputs: [
        { dtype: "bool", shape: [2, 2, 1, 3] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "and scalars",
      inputs: [
        { dtype: "bool", shape: [] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
    {
      name: "and of nothing",
      inputs: [
        { dtype: "bool", shape: [0] },
        { dtype: "bool", shape: [] },
      ],
      attrs: {},
    },
  ],
});
