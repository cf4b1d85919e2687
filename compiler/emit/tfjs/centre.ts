import { Dim } from "../../dim/dim.js";
import { newValue } from "../../ir/build.js";
import type { Graph, Node, NodeOf, Region, Type, Value } from "../../ir/graph.js";
import { rewriteRegions, withValues } from "../../ir/traverse.js";
import { parseEquation } from "../../ops/einsum.js";
import { Rewrite } from "../passes/rewrite.js";
import { epsilonOf } from "../probe.js";
import { type Plan, planCentring, projectionTo } from "./centre-plan.js";

/** The norm of vectors whose mean is 0 already; no layer of a user's can have this name. */
export const centredNorm = "centred layer_norm";

/**
 * A layer norm takes the mean off its vectors. Where all that is read of a sum are such norms, as of the residual stream
 * of a model with norms before its layers, what is added to the sum may have mean 0 from the start: the mean of a
 * projection is taken off its weights, when a model is loaded, and that of the embeddings once a pass. Then no norm has
 * a mean to take off. Weights `alone` stay as they are.
 */
export function centreSums(graph: Graph, alone: ReadonlySet<string>): Graph {
  const plan = planCentring(graph, alone);
  return plan ? rewriteRegions(graph, (region) => centred(region, plan)) : graph;
}

function centred(region: Region, plan: Plan): Region {
  const rewrite = new Rewrite(region, plan.weights, new Map());
  const instead = new Map<Node, readonly Node[]>();
  for (const node of region.nodes) {
    const [out] = node.outputs;
    if (!out) continue;
    if (plan.projections.has(out)) {
      const found = projectionTo(rewrite, out)!;
      const { right, result } = parseEquation(found.einsum.attrs.equation);
      const weight = lessMean(found.weight, right.indexOf(result.at(-1)!));
      const inputs = [found.einsum.inputs[0]!, weight.value];
      instead.set(found.einsum, [...weight.nodes, { ...found.einsum, inputs }]);
      if (!found.sum) continue;
      const [product, added] = found.sum.inputs as [Value, Value];
      const shift = lessMean(added, added.shape.length - 1);
      instead.set(found.sum, [...shift.nodes, { ...found.sum, inputs: [product, shift.value] }]);
      continue;
    }
    const isNorm = node.op === "call" && plan.norms.has(out);
    if (!isNorm && !node.outputs.some((v) => plan.taken.has(v))) continue;
    const outputs = node.outputs.map((v) => (plan.taken.has(v) ? newValue(v, v.name) : v));
    const means = node.outputs.flatMap((v, i) =>
      plan.taken.has(v) ? lessMean(outputs[i]!, v.shape.length - 1, v).nodes : [],
    );
    instead.set(node, [withValues(isNorm ? normOf(node) : node, node.inputs, outputs), ...means]);
  }
  return rewrite.replace((node) => instead.get(node));
}

/** Nodes that take the mean along an axis off a value; the last gives `result`, or a value of its own. */
function lessMean(x: Value, axis: number, result = newValue(x, x.name)): { nodes: Node[]; value: Value } {
  const kept = x.shape.map((d, i) => (i === axis ? Dim.one : d));
  const { nodes, add } = lines();
  const mean = meanOf(x, axis, add);
  const column = add("reshape", [mean], { shape: kept }, { dtype: "f32", shape: kept });
  nodes.push({ op: "sub", inputs: [x, column], attrs: {}, outputs: [result] });
  return { nodes, value: result };
}

type Add = ReturnType<typeof lines>["add"];

function lines() {
  const nodes: Node[] = [];
  const add = (op: Node["op"], inputs: readonly Value[], attrs: object, type: Type, name = "mean"): Value => {
    const value = newValue(type, name);
    nodes.push({ op, inputs, attrs, outputs: [value] } as Node);
    return value;
  };
  return { nodes, add };
}

function meanOf(x: Value, axis: number, add: Add): Value {
  const shape = x.shape.filter((_, i) => i !== axis);
  const total = add("reduce_sum", [x], { axes: [axis] }, { dtype: "f32", shape }, "total");
  const share = numberOf(1 / Number(x.shape[axis]!.int), add);
  return add("mul", [total, share], {}, total);
}

function numberOf(number: number, add: Add): Value {
  return add("constant", [], { dtype: "f32", shape: [], data: [number] }, { dtype: "f32", shape: [] });
}

/** The norm without its mean. */
function normOf(node: NodeOf<"call">): Node {
  const inputs = node.attrs.body.inputs.map((v) => newValue(v, v.name));
  const [x, scale, shift] = inputs as [Value, Value?, Value?];
  const { nodes, add } = lines();
  const axis = x.shape.length - 1;
  const variance = meanOf(add("mul", [x, x], {}, x, "square"), axis, add);
  const raised = add("add", [variance, numberOf(epsilonOf(node), add)], {}, variance, "variance");
  const factor = add("rsqrt", [raised], {}, raised, "factor");
  const shape = [...factor.shape, Dim.one];
  let y = add("mul", [x, add("reshape", [factor], { shape }, { dtype: "f32", shape })], {}, x, "norm");
  if (scale) y = add("mul", [y, scale], {}, x, "norm");
  if (shift) y = add("add", [y, shift], {}, x, "norm");
  const body = { inputs, nodes, outputs: [y] };
  return { ...node, attrs: { ...node.attrs, name: centredNorm, body } };
}
