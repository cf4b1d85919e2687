import type { ForAlongExpr, ForExpr } from "../../grammar/ast.js";
import { Builder } from "../ir/build.js";
import { join } from "../ir/path.js";
import { evaluate } from "./expressions.js";
import { toTensor } from "./operands.js";
import type { MapLoop, Scope } from "./scope.js";
import { axisSize } from "./shapes.js";
import { runBody } from "./statements.js";
import { limits } from "./tracer.js";
import { asNumber, count, tensorVal, unknown, type Val } from "./values.js";

/** `for i in 0 ..< n { … }`: a list; weights are named by the index, outer names are carried from round to round. */
export function evaluateFor(expr: ForExpr, scope: Scope): Val {
  const [first, beyond] = [evaluate(expr.range.from, scope), expr.range.to && evaluate(expr.range.to, scope)];
  if (first.kind === "unknown" || beyond?.kind === "unknown") return unknown;
  const from = asNumber(first);
  const end = beyond && asNumber(beyond);
  const step = expr.range.step ? asNumber(evaluate(expr.range.step, scope)) : 1;
  if (from === undefined || end === undefined || step === undefined || step <= 0) {
    if (!scope.tracer.generic) scope.tracer.report("for/range-unknown", {}, expr.range.span);
    return unknown;
  }
  const last = expr.range.inclusive ? end : end - 1;
  const rounds = Math.floor((last - from) / step) + 1;
  if (rounds > limits.rounds) {
    scope.tracer.report("limit/rounds", { rounds, limit: limits.rounds }, expr.range.span);
    return unknown;
  }
  const name = scope.line || "for";
  const items: Val[] = [];
  const records: Val[] = [];
  for (let i = 0; i < rounds && scope.tracer.step(expr.span); i++) {
    const members = new Map<string, Val>();
    const inner = scope.inner({
      path: join(join(scope.path, name), String(i)),
      members,
      states: new Map(scope.states),
      axes: scope.axes.inner(),
    });
    inner.vars.set(expr.name.text, count(from + i * step));
    inner.line = "";
    items.push(runBody(expr.body, inner));
    records.push({ kind: "record", members, body: expr.body, owner: scope.instance });
    // Each round's states are its own; the layer, which finishes them all, keeps them under names that no line can have.
    for (const [key, slot] of inner.states) {
      if (scope.states.get(key) !== slot) scope.states.set(`${name}.${i}.${key}`, slot);
    }
  }
  scope.members.set(name, { kind: "list", items: records });
  return { kind: "list", items };
}

/** `for c along C { … }`: one place after another in one body's workspace, each of its results stacked along `C`. */
export function evaluateForAlong(expr: ForAlongExpr, scope: Scope): Val {
  const size = axisSize(scope, expr.axis);
  if (!size) return unknown;
  const inner = new Builder(scope.builder);
  const loop: MapLoop = {
    variable: expr.name.text,
    axis: expr.axis.text,
    size,
    outer: scope.builder,
    inner,
    mapped: new Map(),
  };
  const body = scope.inner({ builder: inner, along: loop, axes: scope.axes.inner() });
  const place = scope.builder.op("iota", [], { size });
  const index = inner.input({ dtype: "i32", shape: [] }, expr.name.text);
  loop.mapped.set(place, index);
  body.vars.set(expr.name.text, tensorVal(index, []));
  const result = runBody(expr.body, body);
  if (result.kind === "unknown") return unknown;
  const vals = result.kind === "tuple" ? result.items : [result];
  const tensors = vals.flatMap((val) => toTensor(body, { val, span: expr.span }) ?? []);
  if (tensors.length < vals.length) return unknown;
  if (tensors.some((tensor) => tensor.axes.includes(expr.axis.text))) {
    scope.tracer.report("for/axis-in-result", { axis: expr.axis.text }, expr.span);
    return unknown;
  }
  const outputs = tensors.map((tensor) => inner.use(tensor.value));
  const used = new Set([...outputs, ...inner.nodes.flatMap((n) => n.inputs)]);
  const captured = inner.captured.filter((v) => used.has(inner.use(v)));
  const mapped = [...loop.mapped].filter(([, v]) => used.has(v) || v === index);
  const region = {
    inputs: [...mapped.map(([, v]) => v), ...captured.map((v) => inner.use(v))],
    nodes: inner.nodes,
    outputs,
  };
  const inputs = [...mapped.map(([v]) => v), ...captured];
  const stacked = scope.builder.node("map", inputs, { mapped: mapped.length, body: region });
  const items = stacked.map((v, i) => tensorVal(v, [expr.axis.text, ...tensors[i]!.axes]));
  return items.length === 1 ? items[0]! : { kind: "tuple", items };
}
