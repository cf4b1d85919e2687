import type { Graph } from "../graph.js";
import { commonSubexpressions } from "./cse.js";
import { eliminateDeadCode } from "./dce.js";
import { foldConstants } from "./fold.js";
import { groupMatrices } from "./group.js";
import { hoist } from "./hoist.js";
import { narrow } from "./narrow.js";

export { commonSubexpressions } from "./cse.js";
export { dropStates, eliminateDeadCode } from "./dce.js";
export { foldConstants } from "./fold.js";
export { groupMatrices } from "./group.js";
export { hoist } from "./hoist.js";
export { type Inlined, inline } from "./inline.js";
export { narrow } from "./narrow.js";
export { gatherInPieces } from "./pieces.js";

/** The passes of `optimize`, in order. Each gives a new graph with the same results and leaves its argument alone. */
export const passes: readonly { readonly name: string; run(graph: Graph): Graph }[] = [
  { name: "foldConstants", run: foldConstants },
  { name: "groupMatrices", run: groupMatrices },
  { name: "hoist", run: hoist },
  { name: "commonSubexpressions", run: commonSubexpressions },
  { name: "narrow", run: narrow },
  { name: "eliminateDeadCode", run: eliminateDeadCode },
];

/** What every backend and the cost report start from. */
export function optimize(graph: Graph): Graph {
  return passes.reduce((result, pass) => pass.run(result), graph);
}
