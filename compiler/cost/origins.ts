import type { Node } from "../ir/graph.js";

/**
 * What a value was computed from, from least to most. `rows` are rows of a weight picked by data (an embedding, the
 * values of a memory, an expert's matrix) that nothing was computed from yet.
 */
export const origins = ["constant", "weight", "rows", "activation"] as const;
export type Origin = (typeof origins)[number];

/** The origin of a node's results from those of its operands. */
export function originOf(node: Node, inputs: readonly Origin[]): Origin {
  switch (node.op) {
    case "gather": {
      const [table, index] = [inputs[0]!, inputs[1]!];
      return table === "weight" && atLeast(index, "rows")
        ? "rows"
        : highest([table, index === "weight" ? "weight" : "constant"]);
    }
    case "scatter_add":
      return highest(inputs.slice(1));
    case "select": {
      const values = highest(inputs.slice(1));
      // A condition on data makes constants data, but leaves rows what they are (`where(here, row, 0)`).
      return atLeast(inputs[0]!, "rows") && !atLeast(values, "rows") ? "activation" : mixed(inputs.slice(1));
    }
    case "add":
    case "sub":
    case "mul":
    case "div":
    case "concat":
      return mixed(inputs);
    case "reshape":
    case "transpose":
    case "broadcast":
    case "slice":
    case "pad":
    case "cast":
    case "stop_gradient":
    case "neg":
      return highest(inputs);
    default: {
      const origin = highest(inputs);
      return origin === "rows" ? "activation" : origin;
    }
  }
}

/** Scaled or shifted rows are rows still; rows with rows are an activation. */
function mixed(inputs: readonly Origin[]): Origin {
  return inputs.filter((o) => o === "rows").length > 1 ? "activation" : highest(inputs);
}

function highest(inputs: readonly Origin[]): Origin {
  return inputs.reduce((a, b) => (atLeast(a, b) ? a : b), "constant" as Origin);
}

function atLeast(a: Origin, b: Origin): boolean {
  return origins.indexOf(a) >= origins.indexOf(b);
}
