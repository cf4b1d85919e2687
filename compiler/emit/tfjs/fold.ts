import { Dim } from "../../dim/dim.js";
import { newValue } from "../../ir/build.js";
import type { Node, NodeOf, Region, Value } from "../../ir/graph.js";
import { elements, sameShape } from "../../ir/traverse.js";
import { parseEquation } from "../../ops/einsum.js";
import { Rewrite } from "../passes/rewrite.js";

/** A region, and the values in it that are known when a model is loaded. */
export interface Folded<R extends Region> {
  readonly region: R;
  readonly fixed: ReadonlySet<Value>;
}

type Call = NodeOf<"call">;
type Einsum = NodeOf<"einsum">;

/** `einsum(x, weight) + shift`, or without a shift. */
interface Projection {
  readonly einsum: Einsum;
  readonly weight: Value;
  readonly sum: NodeOf<"add"> | undefined;
}

/** Ops that make weights of weights, as `arrange` does them when a model is loaded. */
const ofWeights: ReadonlySet<string> = new Set([
  "reshape",
  "transpose",
  "concat",
  "mul",
  "div",
  "add",
  "sub",
  "reduce_sum",
  "einsum",
]);

/** The weights of a region, and what is made of them and numbers alone in no more room. */
export function fixedIn(region: Region, weights: ReadonlySet<Value>): ReadonlySet<Value> {
  const fixed = new Set(weights);
  const numbers = new Set<Value>();
  for (const node of region.nodes) {
    const [out] = node.outputs;
    if (node.op === "constant") numbers.add(out!);
    else if (ofWeights.has(node.op) && node.inputs.every((v) => fixed.has(v) || numbers.has(v))) {
      const room = Dim.sum(node.inputs.filter((v) => fixed.has(v)).map(elements));
      if (elements(out!).atMost(room) === "yes") fixed.add(out!);
    }
  }
  return fixed;
}

/**
 * A number that a projection is multiplied or divided by, as queries are by the root of their size, is taken up by its
 * weight and shift. What they become stands first in the region, as if it were given.
 */
export function foldFactors<R extends Region>(region: R, weights: ReadonlySet<Value>): Folded<R> {
  const rewrite = new Rewrite(region, weights, new Map());
  const first: Node[] = [];
  const fixed = new Set(weights);
  const instead = new Map<Node, readonly Node[]>();
  for (const node of region.nodes) {
    if (node.op !== "mul" && node.op !== "div") continue;
    const [result, by] = node.inputs as [Value, Value];
    const number = rewrite.number(by);
    const found = projectionOf(rewrite, result);
    const shift = found?.sum && rewrite.weightUnder(found.sum.inputs[1]!);
    if (number === undefined || !found || rewrite.onlyReader(result) !== node || by.shape.length > 0)
      continue;
    if (found.sum && (!shift || rewrite.onlyReader(found.sum.inputs[1]!) !== found.sum)) continue;
    const constant = rewrite.node("constant", [], { dtype: "f32", shape: [], data: [number] }, by);
    first.push(constant);
    const scaled = (value: Value): Value => {
      const made = rewrite.node(node.op, [value, constant.outputs[0]!], {}, value);
      first.push(made);
      fixed.add(made.outputs[0]!);
      return made.outputs[0]!;
    };
    const { einsum, sum } = found;
    const product = { ...einsum, inputs: [einsum.inputs[0]!, scaled(found.weight)] };
    if (sum) {
      const added = rewrite.node(
        "reshape",
        [scaled(shift!)],
        { shape: sum.inputs[1]!.shape },
        sum.inputs[1]!,
      );
      instead.set(sum, [
        added,
        { ...sum, inputs: [sum.inputs[0]!, added.outputs[0]!], outputs: node.outputs },
      ]);
    }
    instead.set(einsum, [sum ? product : { ...product, outputs: node.outputs }]);
    instead.set(node, []);
  }
  if (first.length === 0) return { region, fixed };
  const replaced = rewrite.replace((node) => instead.get(node));
  return { region: { ...replaced, nodes: [...first, ...replaced.nodes] }, fixed };
}

/** The projection that a value is, where nothing else reads its parts. */
function projectionOf(rewrite: Rewrite<Region>, value: Value): Projection | undefined {
  const node = rewrite.producer(value);
  const sum = node?.op === "add" ? node : undefined;
  const einsum = sum ? rewrite.producer(sum.inputs[0]!) : node;
  if (einsum?.op !== "einsum" || (sum && rewrite.onlyReader(sum.inputs[0]!) !== sum)) return undefined;
  const [x, weight] = einsum.inputs as [Value, Value];
  if (!rewrite.isWeight(weight) || rewrite.isWeight(x) || rewrite.onlyReader(weight) !== einsum)
    return undefined;
  return { einsum, weight, sum };
}

/**
 * `(x * scale + shift) @ W + c`, as after a norm, as `x @ (scale * W) + (shift @ W + c)`: two steps less in each pass,
 * and the weights are multiplied once. `fixed` are the values known when a model is loaded.
 */
export function foldNorms<R extends Region>(region: R, fixed: ReadonlySet<Value>): R {
  const rewrite = new Rewrite(region, fixed, new Map());
  const instead = new Map<Node, readonly Node[]>();
  for (const node of region.nodes) {
    const scaled = scaledRows(rewrite, node);
    const readers = scaled && rewrite.readersOf(node.outputs[0]!);
    const all = readers?.map((reader) =>
      readingRows(rewrite, reader, node.outputs[0]!, scaled!.shift !== undefined),
    );
    if (!scaled || !all || all.length === 0 || !all.every((found) => found !== undefined)) continue;
    for (const { einsum, weight, sum } of all) takeUp(rewrite, instead, scaled, { einsum, weight, sum });
    for (const part of scaled.nodes) instead.set(part, []);
  }
  return rewrite.replace((node) => instead.get(node));
}

/** Rows of which each place has a scale and perhaps a shift, both known when a model is loaded. */
interface ScaledRows {
  readonly x: Value;
  readonly scale: Value;
  readonly shift: Value | undefined;
  readonly nodes: readonly Node[];
}

function scaledRows(rewrite: Rewrite<Region>, node: Node): ScaledRows | undefined {
  const row = (v: Value | undefined) => (v && v.shape.length === 1 && rewrite.isWeight(v) ? v : undefined);
  if (node.op === "mul") {
    const [x, scale] = [node.inputs[0]!, row(node.inputs[1])];
    if (!scale || rewrite.isWeight(x) || !x.shape.at(-1)?.equals(scale.shape[0]!)) return undefined;
    return { x, scale, shift: undefined, nodes: [node] };
  }
  if (node.op !== "add") return undefined;
  const [product, shift] = [node.inputs[0]!, row(node.inputs[1])];
  const inner = rewrite.producer(product);
  if (!shift || inner?.op !== "mul" || rewrite.onlyReader(product) !== node) return undefined;
  const scaled = scaledRows(rewrite, inner);
  return scaled && { ...scaled, shift, nodes: [inner, node] };
}

/** The projection that a reader of rows is, if it multiplies their last axis and, where told, a shift is added to it. */
function readingRows(
  rewrite: Rewrite<Region>,
  reader: Node,
  rows: Value,
  shifted: boolean,
): Projection | undefined {
  if (reader.op !== "einsum" || reader.inputs[0] !== rows) return undefined;
  const [product] = reader.outputs as [Value];
  const after = rewrite.onlyReader(product);
  const found = projectionOf(rewrite, after?.op === "add" ? after.outputs[0]! : product);
  const { left, right, result } = parseEquation(reader.attrs.equation);
  const inner = left.at(-1)!;
  const shared = left.filter((l) => right.includes(l));
  if (found?.einsum !== reader || shared.join() !== inner || result.includes(inner)) return undefined;
  if (!shifted) return found;
  const c = found.sum?.inputs[1];
  const columns = found.weight.shape.filter((_, axis) => right[axis] !== inner);
  return c && rewrite.isWeight(c) && sameShape(wide(c.shape), wide(columns)) ? found : undefined;
}

const wide = (shape: readonly Dim[]) => shape.filter((d) => !d.isOne);

function takeUp(
  rewrite: Rewrite<Region>,
  instead: Map<Node, readonly Node[]>,
  { x, scale, shift }: ScaledRows,
  { einsum, weight, sum }: Projection,
): void {
  const { left, right } = parseEquation(einsum.attrs.equation);
  const inner = left.at(-1)!;
  const shape = weight.shape.map((d, axis) => (right[axis] === inner ? d : Dim.one));
  const column = rewrite.node("reshape", [scale], { shape }, scale);
  const scaled = rewrite.node("mul", [weight, column.outputs[0]!], {}, weight);
  instead.set(einsum, [column, scaled, { ...einsum, inputs: [x, scaled.outputs[0]!] }]);
  if (!shift || !sum) return;
  const c = sum.inputs[1]!;
  const columns = right.filter((l) => l !== inner);
  const equation = `${inner},${right.join("")}->${columns.join("")}`;
  const product = rewrite.node("einsum", [shift, weight], { equation }, c);
  const moved = rewrite.node("reshape", product.outputs, { shape: c.shape }, c);
  const whole = rewrite.node("add", [moved.outputs[0]!, c], {}, c);
  instead.set(sum, [product, moved, whole, { ...sum, inputs: [sum.inputs[0]!, whole.outputs[0]!] }]);
}

/**
 * Where a layer ends in scaling and shifting rows by weights, and one other layer alone reads them to multiply them by
 * weights, the scaling moves into that: there `foldNorms` finds it.
 */
export function sinkNorms<R extends Region>(region: R, weights: ReadonlySet<Value>): R {
  const rewrite = new Rewrite(region, weights, new Map());
  const instead = new Map<Node, Node>();
  for (const node of region.nodes) {
    if (node.op !== "call") continue;
    let now: Call = node;
    node.inputs.forEach((value, i) => {
      const norm = rewrite.producer(value);
      if (norm?.op !== "call" || rewrite.onlyReader(value) !== node || now.inputs.indexOf(value) !== i)
        return;
      const end = scaledEnd(norm, weights);
      const given = new Set(node.attrs.body.inputs.filter((_, k) => weights.has(node.inputs[k]!)));
      if (!end || !onlyProjects(node.attrs.body, node.attrs.body.inputs[i]!, given, end.rows.length > 1))
        return;
      const bare = newValue(value, value.name);
      const inputs = norm.inputs.filter((_, k) => !end.dropped.has(k));
      instead.set(norm, { ...norm, inputs, attrs: { ...norm.attrs, body: end.body }, outputs: [bare] });
      now = withScaling(now, i, bare, end.rows);
    });
    if (now !== node) instead.set(node, now);
  }
  return rewrite.replace((node) => (instead.has(node) ? [instead.get(node)!] : undefined));
}

/** A norm without the scaling that it ends in, and the weights of that: the scale, and the shift if it has one. */
interface ScaledEnd {
  readonly body: Region;
  readonly dropped: ReadonlySet<number>;
  readonly rows: readonly Value[];
}

function scaledEnd({ inputs, attrs: { body } }: Call, weights: ReadonlySet<Value>): ScaledEnd | undefined {
  const own = new Set(body.inputs.filter((_, i) => weights.has(inputs[i]!)));
  const rewrite = new Rewrite(body, own, new Map());
  const last = body.outputs.length === 1 ? rewrite.producer(body.outputs[0]!) : undefined;
  const scaled = last && scaledRows(rewrite, last);
  if (!scaled || !sameShape(scaled.x.shape, body.outputs[0]!.shape)) return undefined;
  const rows = [scaled.scale, ...(scaled.shift ? [scaled.shift] : [])];
  const at = rows.map((v) => body.inputs.indexOf(v));
  if (at.some((i) => i < 0) || rows.some((v) => rewrite.readersOf(v).length !== 1)) return undefined;
  const dropped = new Set(at);
  const nodes = body.nodes.filter((node) => !scaled.nodes.includes(node));
  return {
    body: { inputs: body.inputs.filter((_, i) => !dropped.has(i)), nodes, outputs: [scaled.x] },
    dropped,
    rows: at.map((i) => inputs[i]!),
  };
}

/** Whether a body only multiplies one of its inputs by weights, and adds shifts to the products where told. */
function onlyProjects(body: Region, x: Value, weights: ReadonlySet<Value>, shifted: boolean): boolean {
  const rewrite = new Rewrite(body, weights, new Map());
  const readers = rewrite.readersOf(x);
  const projects = (reader: Node) => {
    if (reader.op !== "einsum" || reader.inputs[0] !== x || !rewrite.isWeight(reader.inputs[1]!))
      return false;
    const sum = rewrite.onlyReader(reader.outputs[0]!);
    return !shifted || (sum?.op === "add" && rewrite.weightUnder(sum.inputs[1]!) !== undefined);
  };
  return readers.length > 0 && !body.outputs.includes(x) && readers.every(projects);
}

/** The call with its input number `at` unscaled, and the scaling at the start of its body. */
function withScaling(call: Call, at: number, bare: Value, rows: readonly Value[]): Call {
  const { body } = call.attrs;
  const x = body.inputs[at]!;
  const inner = newValue(x, x.name);
  const own = rows.map((v) => newValue(v, v.name));
  const [scale, shift] = own as [Value, Value | undefined];
  const scaled = shift ? newValue(x, x.name) : x;
  const nodes: Node[] = [{ op: "mul", inputs: [inner, scale], attrs: {}, outputs: [scaled] }];
  if (shift) nodes.push({ op: "add", inputs: [scaled, shift], attrs: {}, outputs: [x] });
  const inputs = [...body.inputs.map((v, i) => (i === at ? inner : v)), ...own];
  return {
    ...call,
    inputs: [...call.inputs.map((v, i) => (i === at ? bare : v)), ...rows],
    attrs: { ...call.attrs, body: { ...body, inputs, nodes: [...nodes, ...body.nodes] } },
  };
}
