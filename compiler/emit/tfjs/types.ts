import type { Graph } from "../../ir/graph.js";
import { key } from "./names.js";
import { shapeText } from "./text.js";

type Port = { readonly role: string; readonly name: string; readonly value: Graph["inputs"][number] };

/** The declarations of a generated module. */
export function typesText(start: Graph, step: Graph): string {
  const fields = (ports: readonly Port[], role: string, indent: string) =>
    ports
      .filter((p) => p.role === role)
      .map(
        (p) =>
          `${indent}/** ${p.value.dtype} ${shapeText(p.value)} */\n${indent}readonly ${key(p.name)}: Tensor;\n`,
      )
      .join("");
  const own = (names: readonly Port[], role: string) =>
    `readonly [${names
      .filter((p) => p.role === role)
      .map((p) => JSON.stringify(p.name))
      .join(", ")}]`;
  const sizes = [...new Set([...start.symbols, ...step.symbols].map((s) => s.name))];
  return `import type * as tfjs from "@tensorflow/tfjs-core";

type Tensor = tfjs.Tensor;

/** Weights by name, as in weights.safetensors. */
export type Weights = Readonly<Record<string, Tensor>>;

/** Weights as \`start\` and \`step\` take them, some side by side or turned. */
export type Arranged = Readonly<Record<string, Tensor>>;

/** Run-time sizes by name. */
export interface Sizes {
${sizes.map((name) => `  readonly ${key(name)}: number;\n`).join("")}}

export interface Inputs {
${fields(start.inputPorts, "data", "  ")}}

/** What the run before left. */
export interface PastStates {
${fields(step.inputPorts, "state", "  ")}}

/** Tensors that the caller owns and frees. */
export interface Results {
  readonly outputs: {
${fields(start.outputPorts, "data", "    ")}  };
  readonly states: {
${fields(step.outputPorts, "state", "    ")}  };
}

export declare const model: {
  readonly name: string;
  readonly inputs: ${own(start.inputPorts, "data")};
  readonly outputs: ${own(start.outputPorts, "data")};
  readonly pastStates: ${own(step.inputPorts, "state")};
  readonly nextStates: ${own(step.outputPorts, "state")};
  /** Integer inputs that count rows of a table: all must be below this. */
  readonly below: Readonly<Record<string, number>>;
  /** Weights that \`arrange\` replaces, in the order in which it reads them. */
  readonly arranged: readonly string[];
};

/** Elements of the largest tensor of a run, weights aside, at these sizes. */
export declare function largest(sizes: Sizes, run: "start" | "step"): number;

/** Once, after loading; takes the weights over, and frees those that it replaces. */
export declare function arrange(tf: typeof tfjs, w: Weights): Arranged;

/** A whole sequence from nothing; \`given\` holds sizes that no input's shape tells. */
export declare function start(tf: typeof tfjs, w: Arranged, inputs: Inputs, given?: Partial<Sizes>): Results;

/** Continues with the states that the run before gave. */
export declare function step(tf: typeof tfjs, w: Arranged, inputs: Inputs & PastStates, given?: Partial<Sizes>): Results;
`;
}
