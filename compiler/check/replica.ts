import type { Builder } from "../ir/build.js";
import type { Node, Value } from "../ir/graph.js";
import { decide, type LearnedCount } from "./learned.js";
import type { TracedState, Tracer } from "./tracer.js";
import { type Tensor, tensorVal, type Val } from "./values.js";

/** One block as it was traced: blocks that are written alike differ in nothing but their path. */
export interface Template {
  readonly path: string;
  readonly node: Node & { readonly op: "call" };
  /** Where each operand of the node is found: in the inputs, states and weights, one after another; -1 for others. */
  readonly operands: readonly number[];
  readonly results: readonly Tensor[];
  readonly states: readonly TracedState[];
  /** How many terms of the loss it has. */
  readonly losses: number;
  /** The block's own weights, in the order in which they were declared. */
  readonly weights: readonly Value[];
  /** What its weights decided: only a block whose weights decide the same is alike. */
  readonly learned: readonly LearnedCount[];
}

/** The template of a block that has just run as the last node of `builder`; undefined where it did not come to that. */
export function templateOf(
  builder: Builder,
  path: string,
  inputs: readonly Val[],
  result: Val,
  { states, losses, weights, learned }: Pick<Template, "states" | "losses" | "weights" | "learned">,
): Template | undefined {
  const node = builder.nodes.at(-1);
  const results = (result.kind === "tuple" ? result.items : [result]).flatMap((v) =>
    v.kind === "tensor" ? [v.tensor] : [],
  );
  const given = inputs.flatMap((v) => (v.kind === "tensor" ? [v.tensor.value] : []));
  // A state that belongs to a layer outside the block cannot be had twice.
  const owned = states.every((s) => s.info.path.startsWith(`${path}.`));
  const whole = owned && results.length > 0 && results.every((r, i) => node?.outputs[i] === r.value);
  // One value in two places (two streams that begin as one) is two values in the next block.
  const apart = given.every((v) => node?.inputs.indexOf(v) === node?.inputs.lastIndexOf(v));
  if (node?.op !== "call" || !whole || !apart || given.length !== inputs.length) return undefined;
  const places = new Map([...given, ...states.map((s) => s.input), ...weights].map((v, i) => [v, i]));
  const operands = node.inputs.map((v) => places.get(v) ?? -1);
  return { path, node, operands, results, states, losses, weights, learned };
}

function renamer(template: Template, path: string): (name: string) => string {
  const { length } = template.path;
  return (name) =>
    name[length] === "." && name.startsWith(template.path) ? path + name.slice(length) : name;
}

/** Do the weights of the block at `path` decide what those of the template did? */
export function decidesAlike(tracer: Tracer, template: Template, path: string): boolean {
  const rename = renamer(template, path);
  return template.learned.every((count) => {
    const { value } = decide({ ...count, weights: count.weights.map(rename) }, tracer.known);
    return value === count.value;
  });
}

/**
 * Another block written like the template, at `path`: its own weights and states, the very same body, and what the
 * template took from outside. The inputs have the types that the template's had.
 */
export function replicate(
  tracer: Tracer,
  builder: Builder,
  template: Template,
  path: string,
  inputs: readonly Value[],
): Val {
  const rename = renamer(template, path);
  for (const count of template.learned)
    tracer.learned.push({ ...count, path: rename(count.path), weights: count.weights.map(rename) });
  const past = template.states.map(({ input }) => input && tracer.top.input(input, rename(input.name)));
  const weights = template.weights.map((weight) => tracer.weightLike(weight, rename) ?? weight);
  const own = [...inputs, ...past, ...weights];
  const operands = template.node.inputs.map(
    (v, i) => own[template.operands[i]!] ?? tracer.weightLike(v, rename) ?? v,
  );
  const { attrs } = template.node;
  const copy = {
    ...template.node,
    attrs: { ...attrs, path: rename(attrs.path) },
  };
  const outputs = builder.copy(copy as Node, operands);
  for (const [i, state] of template.states.entries()) {
    tracer.states.push({
      ...state,
      info: { ...state.info, path: rename(state.info.path) },
      input: past[i],
      output: outputs[template.results.length + i]!,
    });
  }
  tracer.losses.push(...outputs.slice(outputs.length - template.losses));
  const results = template.results.map((r, i) => tensorVal(outputs[i]!, r.axes));
  return results.length === 1 ? results[0]! : { kind: "tuple", items: results };
}
