import type { NodeOf, Value } from "../../ir/graph.js";
import { sameShape } from "../../ir/traverse.js";
import { epsilonOf } from "../probe.js";
import type { Body } from "./body.js";
import { centredNorm } from "./centre.js";
import { code, destructured, list, type Operand, type Variable } from "./lines.js";
import type { LowerRegion } from "./module.js";
import { isLayerNorm, isSoftmax } from "./rewrite.js";
import { reshape } from "./structure.js";

/** Library functions that tfjs has in a form that is right on every backend; false where it does not fit. */
const matched: Readonly<Record<string, (body: Body, node: NodeOf<"call">) => boolean>> = {
  softmax(body, node) {
    const [x] = node.inputs;
    if (!x || !isSoftmax(node)) return false;
    const out = node.outputs[0]!;
    const name = out.name || "weights";
    const { scores, bias } = scoresOf(body, x);
    const root = body.behind(body.tensor(scores));
    // Only the last axes matter, so the tensor behind a view does as well.
    const axes = bias?.shape ?? x.shape.slice(-1);
    const { of, dims } =
      root && sameShape(root.dims.slice(-axes.length), axes)
        ? root
        : { of: body.tensor(scores), dims: x.shape };
    body.helper("spread");
    body.helper("perRow");
    const sourceOf = (takes: boolean) =>
      code`${body.helper("softmax")}(${list([code`tf`, of, code`${String(takes)}`, ...(bias ? [body.tensor(bias)] : [])])})`;
    const made = body.takingLine(sourceOf(false), of, sourceOf(true), name);
    body.bind(out, reshape(body, made, dims, out.shape, name));
    return true;
  },
  layer_norm(body, node) {
    if (!isLayerNorm(node)) return false;
    normLine(body, node, "layerNorm");
    return true;
  },
  [centredNorm](body, node) {
    normLine(body, node, "centredNorm");
    return true;
  },
};

/** What a softmax is of: scores, and a mask of their last axes that is added to them; the lines of the sum go unread. */
function scoresOf(body: Body, x: Value): { readonly scores: Value; readonly bias: Value | undefined } {
  const [scores, bias] = body.sums.get(x)?.inputs ?? [];
  const fits = bias && bias.shape.length > 1 && sameShape(bias.shape, x.shape.slice(-bias.shape.length));
  return scores && fits && sameShape(scores.shape, x.shape)
    ? { scores, bias }
    : { scores: x, bias: undefined };
}

function normLine(body: Body, node: NodeOf<"call">, helper: "layerNorm" | "centredNorm"): void {
  const tensors = node.inputs.map((v) => body.tensor(v));
  const [x, ...rows] = tensors as [Variable, ...Variable[]];
  body.helper("spread");
  body.helper("perRow");
  const source = code`${body.helper(helper)}(${list([code`tf`, x, code`${epsilonOf(node)}`, ...rows])})`;
  body.bind(node.outputs[0]!, body.line(source, node.outputs[0]!.name || "norm", body.noteOf(node)));
}

const isLiteral = (operand: Operand) =>
  operand.kind !== "variable" && /^-?([0-9.e+-]+|Infinity|NaN)$/.test(operand.text);

export function lowerCall(body: Body, node: NodeOf<"call">, lower: LowerRegion): void {
  const { name, path, body: region } = node.attrs;
  if (Object.hasOwn(matched, name) && matched[name]!(body, node)) return;
  const known = new Map<number, Operand>();
  node.inputs.forEach((value, i) => {
    const operand = body.operand(value);
    if (isLiteral(operand)) known.set(i, operand);
  });
  const tensor = (i: number) => body.tensor(node.inputs[i]!);
  const fixed = new Set<number>();
  node.inputs.forEach((value, i) => {
    const operand = body.operand(value);
    if (operand.kind === "variable" && operand.fixed) fixed.add(i);
  });
  const f = body.module.define(name, region, known, fixed, body.typical, lower);
  const arranged = f.arranged.flatMap(({ arrangement, inputs }) =>
    body.arranged(arrangement, inputs.map(tensor)),
  );
  const given = [...f.parameters.map(tensor), ...arranged];
  if (f.needsSizes) body.needSizes();
  const source = code`${f.name}(${list([code`tf`, ...(f.needsSizes ? [code`sizes`] : []), ...given])})`;
  const place = path.slice(path.lastIndexOf(".") + 1);
  const hints = new Array<string>(f.results).fill("");
  f.origins.forEach((origin, i) => {
    if ("result" in origin)
      hints[origin.result] = node.outputs[i]!.name || (/^\d*$/.test(place) ? name : place);
  });
  const note = body.noteOf(node);
  const results =
    f.results === 0
      ? []
      : f.results === 1
        ? [body.line(source, hints[0]!, note)]
        : body.several(source, hints, destructured, note);
  f.origins.forEach((origin, i) => {
    const operand =
      "result" in origin ? results[origin.result]! : body.operand(node.inputs[origin.argument]!);
    body.bind(node.outputs[i]!, operand);
  });
}

export function lowerMap(body: Body, node: NodeOf<"map">, lower: LowerRegion): void {
  const { mapped, body: region } = node.attrs;
  const f = body.module.define("place", region, new Map(), new Set(), body.typical, lower);
  const given = node.inputs.map((v) => body.tensor(v));
  if (f.needsSizes) body.needSizes();
  // The helper frees each place after its use, so a place that is only passed on must be copied.
  const places = node.inputs.slice(0, mapped).map((_, i) => `$${i}`);
  const operands = [...places.map((text) => code`${text}`), ...given.slice(mapped)];
  const call = code`${f.name}(${list([code`tf`, ...(f.needsSizes ? [code`sizes`] : []), ...operands])})`;
  const results = f.origins.map((origin) => {
    if ("argument" in origin) return code`tf.clone(${operands[origin.argument]!})`;
    return f.results === 1 ? code`$result` : code`$result[${origin.result}]`;
  });
  const inner = f.results === 0 ? code`[${list(results)}]` : undefined;
  const lambda = inner
    ? code`(${places.join(", ")}) => ${inner}`
    : code`(${places.join(", ")}) => { const $result = ${call}; return [${list(results)}]; }`;
  const hints = node.outputs.map((v) => v.name || "places");
  const source = code`${body.helper("mapPlaces")}(tf, [${list(given.slice(0, mapped))}], ${lambda})`;
  const stacked = body.several(source, hints, destructured);
  node.outputs.forEach((v, i) => {
    body.bind(v, stacked[i]!);
  });
}
