import type { Dim } from "../dim/dim.js";
import type { OpName } from "../ops/attrs.js";
import type { EvalContext, NdArray, OpDef } from "../ops/define.js";
import { ops } from "../ops/index.js";
import type { Assumption, Graph, Region, Value } from "./graph.js";

/** An input does not fit the graph: a fault of the caller. */
export class EvaluationError extends Error {}

type Sizes = Readonly<Record<string, number>>;

/**
 * Runs a graph in double precision: the oracle that backends are held against. `inputs` by port name; sizes of run
 * time follow from their shapes, or are given. The outputs by port name. Throws EvaluationError where an input is
 * missing or has another shape, or where an assumption does not hold.
 */
export function evaluateGraph(
  graph: Graph,
  inputs: Readonly<Record<string, NdArray>>,
  sizes: Sizes = {},
): Record<string, NdArray> {
  const given = graph.inputPorts.map((port) => {
    const array = inputs[port.name];
    if (!array) throw new EvaluationError(`the input \`${port.name}\` is missing`);
    return array;
  });
  const bound = bindSizes(
    graph.inputPorts.map((port) => port.value),
    given,
    sizes,
  );
  for (const assumption of graph.assumptions) expectHolds(assumption, bound);
  for (const [i, port] of graph.inputPorts.entries()) expectFits(port.name, port.value, given[i]!, bound);
  const results = evaluateRegion(
    {
      inputs: graph.inputPorts.map((p) => p.value),
      nodes: graph.nodes,
      outputs: graph.outputPorts.map((p) => p.value),
    },
    given,
    bound,
  );
  return Object.fromEntries(graph.outputPorts.map((port, i) => [port.name, results[i]!]));
}

/** Runs a region; `sizes` give a value to every symbol in it. An array goes when its last reader has run. */
export function evaluateRegion(
  region: Region,
  inputs: readonly NdArray[],
  sizes: Sizes = {},
): readonly NdArray[] {
  const known = new Map<Dim, number>();
  const context: EvalContext = {
    size(dim) {
      let value = known.get(dim);
      if (value === undefined) {
        value = dim.at(sizes);
        known.set(dim, value);
      }
      return value;
    },
    run: (body, args) => runNodes(body, args, context),
  };
  return runNodes(region, inputs, context);
}

function runNodes(region: Region, inputs: readonly NdArray[], context: EvalContext): readonly NdArray[] {
  const arrays = new Map<Value, NdArray>();
  for (const [i, value] of region.inputs.entries()) arrays.set(value, inputs[i]!);
  const lastReads = lastReadsOf(region);
  for (const [at, node] of region.nodes.entries()) {
    const operands = node.inputs.map((v) => arrays.get(v)!);
    const results = (ops[node.op] as OpDef<OpName>).evaluate(operands, node.attrs, context);
    for (const [i, value] of node.outputs.entries()) arrays.set(value, results[i]!);
    for (const value of lastReads[at]!) arrays.delete(value);
  }
  return region.outputs.map((v) => arrays.get(v)!);
}

/** By the nodes of a region; two regions may have these in common and give out different values. */
const plans = new WeakMap<
  readonly unknown[],
  { readonly outputs: readonly Value[]; readonly plan: readonly (readonly Value[])[] }
>();

/** For every node, the values that nothing reads after it. */
function lastReadsOf(region: Region): readonly (readonly Value[])[] {
  const known = plans.get(region.nodes);
  const same = (outputs: readonly Value[]) =>
    outputs.length === region.outputs.length && outputs.every((v, i) => v === region.outputs[i]);
  if (known && known.plan.length === region.nodes.length && same(known.outputs)) return known.plan;
  const seen = new Set<Value>(region.outputs);
  const plan: Value[][] = [];
  for (const node of [...region.nodes].reverse()) {
    const last = [...new Set([...node.inputs, ...node.outputs])].filter((v) => !seen.has(v));
    for (const value of last) seen.add(value);
    plan.push(last);
  }
  plan.reverse();
  plans.set(region.nodes, { outputs: region.outputs, plan });
  return plan;
}

/** Solves the shapes of the inputs for the symbols in them: dims that are linear in one symbol not known yet. */
export function bindSizes(values: readonly Value[], arrays: readonly NdArray[], sizes: Sizes = {}): Sizes {
  const bound: Record<string, number> = { ...sizes };
  const pairs = values.flatMap((v, i) =>
    v.shape.map((dim, axis) => ({ dim, size: arrays[i]!.shape[axis] ?? 1 })),
  );
  for (let progress = true; progress; ) {
    progress = false;
    for (const { dim, size } of pairs) {
      const unknown = [...dim.symbols].filter((name) => bound[name] === undefined);
      if (unknown.length !== 1) continue;
      const value = solve(dim, unknown[0]!, size, bound);
      if (value === undefined) continue;
      bound[unknown[0]!] = value;
      progress = true;
    }
  }
  return bound;
}

/** The whole number that makes `dim` be `size`, where one does and `dim` is linear in it. */
function solve(dim: Dim, symbol: string, size: number, sizes: Sizes): number | undefined {
  const at = (value: number) => {
    const [numerator, denominator] = dim.evaluate({ ...sizes, [symbol]: value });
    return Number(numerator) / Number(denominator);
  };
  const [zero, one] = [at(1), at(2)];
  if (one === zero) return undefined;
  const value = Math.round(1 + (size - zero) / (one - zero));
  return at(value) === size ? value : undefined;
}

function expectHolds({ left, relation, right, reason }: Assumption, sizes: Sizes): void {
  const [a, b] = [left.evaluate(sizes), right.evaluate(sizes)];
  const difference = a[0] * b[1] - b[0] * a[1];
  const holds = relation === "==" ? difference === 0n : relation === "<" ? difference < 0n : difference <= 0n;
  if (!holds) throw new EvaluationError(`${left} ${relation} ${right} does not hold: ${reason}`);
}

function expectFits(name: string, value: Value, array: NdArray, sizes: Sizes): void {
  const missing = value.shape.flatMap((d) => [...d.symbols]).find((s) => sizes[s] === undefined);
  if (missing) throw new EvaluationError(`the size \`${missing}\` does not follow from the inputs; give it`);
  const wanted = value.shape.map((d) => d.at(sizes));
  const fits = wanted.length === array.shape.length && wanted.every((n, i) => n === array.shape[i]);
  if (!fits || value.dtype !== array.dtype) {
    throw new EvaluationError(
      `\`${name}\` is ${array.dtype} [${array.shape}], the graph wants ${value.dtype} [${wanted}]`,
    );
  }
}
