import type { NodeOf, Value } from "../../ir/graph.js";
import { regionKey } from "../../ir/passes/key.js";
import { axesOf, epsilonOf, type Formula, formulas, meansTheSame } from "../probe.js";
import type { Emitter } from "./emitter.js";
import { type FusedName, mayFuse } from "./fused-names.js";
import { lean } from "./lean.js";
import type { Attribute } from "./proto.js";
import { named, type Ref } from "./ref.js";

type Call = NodeOf<"call">;
type Fuse = (e: Emitter, node: Call, x: string, inputs: readonly Ref[]) => Ref | string | undefined;

function axisOf(node: Call): number {
  return Number(node.attrs.args.axis);
}

/** The formula must be that of the body, with the operands in this order. */
function holds(e: Emitter, node: Call, name: keyof typeof formulas, order: readonly number[] = [0]): boolean {
  if (order.length !== node.inputs.length) return false;
  const formula: Formula = formulas[name];
  const key = `${name} ${order} ${JSON.stringify(node.attrs.args)} ${regionKey(node.attrs.body)}`;
  return e.remember(key, () =>
    meansTheSame(node, (xs) =>
      formula(
        order.map((i) => xs[i]!),
        node,
      ),
    ),
  );
}

function simple(name: keyof typeof formulas, emit: (e: Emitter, node: Call, x: string) => string): Fuse {
  return (e, node, x) => (holds(e, node, name) ? emit(e, node, x) : undefined);
}

/** One op with a result of its operand's shape; before a reshape that leaves the axis, if there is one, alone. */
function before(
  name: keyof typeof formulas,
  type: string,
  attributes: (axis: number) => Readonly<Record<string, Attribute>>,
  axisOf: (node: Call) => number = () => 0,
): Fuse {
  return (e, node, x, inputs) => {
    if (!holds(e, node, name)) return undefined;
    const { shape } = node.outputs[0]!;
    const axis = axisOf(node);
    const early = lean(e, shape, node.inputs, inputs);
    if (!early?.dropped || early.dropped.includes(axis)) return e.op(type, [x], attributes(axis));
    const moved = axis - early.dropped.filter((d) => d < axis).length;
    const y = e.op(type, [e.name(early.inputs[0]!)], attributes(moved));
    return e.reshape(named(y), early.shape, shape);
  };
}

/** Over the last axis, scaled and shifted by vectors; the body shows which operand is which. */
const layerNorm: Fuse = (e, node, x, inputs) => {
  if (node.inputs.length !== 3) return undefined;
  const last = node.inputs[0]!.shape.at(-1);
  const vector = (v: Value): boolean =>
    v.shape.length === 1 && last !== undefined && v.shape[0]!.equals(last);
  if (!node.inputs.slice(1).every(vector)) return undefined;
  for (const [scale, shift] of [
    [1, 2],
    [2, 1],
  ] as const) {
    if (!holds(e, node, "layer_norm", [0, scale, shift])) continue;
    const weights = [e.name(inputs[scale]!), e.name(inputs[shift]!)];
    return e.op("LayerNormalization", [x, ...weights], { axis: -1, epsilon: { float: epsilonOf(node) } });
  }
  return undefined;
};

/** In the order of nodes that runtimes know as one: opset 20 has no op for it. */
const rmsNorm: Fuse = (e, node, x, inputs) => {
  const [value, weight] = node.inputs;
  const last = value!.shape.at(-1);
  if (node.inputs.length !== 2 || last === undefined || weight!.shape.length !== 1) return undefined;
  if (!weight!.shape[0]!.equals(last) || !holds(e, node, "rms_norm", [0, 1])) return undefined;
  const square = e.op("Pow", [x, e.scalar("f32", 2)]);
  const mean = e.op("ReduceMean", [square, e.ints([-1])], { keepdims: 1 });
  const root = e.op("Sqrt", [e.op("Add", [mean, e.scalar("f32", epsilonOf(node))])]);
  return e.op("Mul", [e.op("Div", [x, root]), e.name(inputs[1]!)]);
};

/** A user's layer of the same name may mean something else. */
const rows: Readonly<Record<FusedName, Fuse>> = {
  softmax: before("softmax", "Softmax", (axis) => ({ axis }), axisOf),
  log_softmax: before("log_softmax", "LogSoftmax", (axis) => ({ axis }), axisOf),
  logsumexp: simple("logsumexp", (e, node, x) =>
    e.op("ReduceLogSumExp", [x, e.ints([axisOf(node)])], { keepdims: 0 }),
  ),
  mean: simple("mean", (e, node, x) => e.op("ReduceMean", [x, e.ints(axesOf(node))], { keepdims: 0 })),
  relu: before("relu", "Relu", () => ({})),
  gelu: before("gelu", "Gelu", () => ({ approximate: "none" })),
  gelu_tanh: before("gelu_tanh", "Gelu", () => ({ approximate: "tanh" })),
  layer_norm: layerNorm,
  rms_norm: rmsNorm,
};

/** The call as one ONNX op, where there is one that means what its body says. */
export function fuse(e: Emitter, node: Call, inputs: readonly Ref[]): readonly Ref[] | undefined {
  const { name } = node.attrs;
  if (!mayFuse(name) || node.outputs.length !== 1 || inputs.length === 0) return undefined;
  const result = rows[name](e, node, e.name(inputs[0]!), inputs);
  return result === undefined ? undefined : [typeof result === "string" ? named(result) : result];
}
